//! `loadtb` of any typed bytes: each code, values within values, streams that are cut or damaged.

use super::{Job, Maker, Verb};
use crate::cross::content;

impl Maker {
    /// A stream of keys and values, and a path that it is loaded into.
    pub(super) fn load(&mut self) -> Job {
        let values = match self.dice.below(10) {
            0 => 0,
            1 => 2 * self.dice.below(400),
            _ => 2 * self.dice.below(20),
        };
        let mut pieces: Vec<_> = (0..values).map(|_| self.typed_value(3)).collect();
        match self.dice.below(12) {
            0 => drop(pieces.pop()),
            1 => self.damage(&mut pieces),
            2 => {
                let at = self.dice.below(pieces.len() + 1);
                let stray = self.dice.one(&["\u{b}", "1", "\u{20}"]).as_bytes().to_vec();
                let stray = if self.dice.chance(60) { vec![255] } else { stray };
                pieces.insert(at, stray);
            }
            _ => {}
        }
        if self.dice.chance(60) {
            let kind = self.dice.one(&["NONE", "RECORD", "BLOCK", "BLOCK"]);
            self.set("io.seqfile.compression.type", kind);
        }
        if self.dice.chance(20) {
            let bytes = [1, 100, 5000][self.dice.below(3)];
            self.set("io.seqfile.compress.blocksize", &bytes);
        }
        let path = match self.dice.below(20) {
            0 => "in/stream",
            1 => "in",
            2 => "out/a/b/x",
            3 => "out/x.gz",
            _ => "out/x",
        };
        let files = vec![("stream".to_owned(), pieces)];
        self.job(Verb::Load { path: path.to_owned() }, files)
    }

    /// A value of any code, as bytes.
    fn typed_value(&mut self, depth: usize) -> Vec<u8> {
        let kinds = if depth == 0 { 9 } else { 13 };
        match self.dice.below(kinds) {
            0 => self.counted_bytes(0),
            1 => self.counted_bytes(7),
            2 => {
                let code = self.dice.below(151) as u8 + 50;
                self.counted_bytes(code)
            }
            3 => self.plain(1, 1),
            4 => self.plain(2, 1),
            5 => self.plain(3, 4),
            6 => self.plain(4, 8),
            7 => self.plain(5, 4),
            8 => self.plain(6, 8),
            9 => self.values(8, 1, depth),
            10 => self.values(10, 2, depth),
            _ => {
                let values = (0..self.dice.below(5)).flat_map(|_| self.typed_value(depth - 1));
                [9].into_iter().chain(values).chain([255]).collect()
            }
        }
    }

    /// A code with bytes behind their length: most often few.
    fn counted_bytes(&mut self, code: u8) -> Vec<u8> {
        let most = [1, 10, 10, 300, 70_000][self.dice.below(5)];
        let count = self.dice.below(most);
        let bytes = content::bytes(&mut self.dice, count);
        [&[code], &(count as u32).to_be_bytes()[..], &bytes].concat()
    }

    /// A code with so many bytes of any kind.
    fn plain(&mut self, code: u8, count: usize) -> Vec<u8> {
        [vec![code], content::bytes(&mut self.dice, count)].concat()
    }

    /// A code with values behind their count, which counts this many as one.
    fn values(&mut self, code: u8, of_each: usize, depth: usize) -> Vec<u8> {
        let count = self.dice.below(5);
        let values = (0..count * of_each).flat_map(|_| self.typed_value(depth - 1));
        let head = [code].into_iter().chain((count as u32).to_be_bytes());
        let head: Vec<u8> = head.collect();
        head.into_iter().chain(values).collect()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::random::make::{Kind, of_kind};

    #[test]
    fn every_code_is_loaded() {
        let jobs = (0..300).map(|seed| of_kind(Kind::Loadtb, seed));
        let pieces = jobs.flat_map(|job| job.files).flat_map(|(_, pieces)| pieces);
        let codes: BTreeSet<u8> = pieces.filter_map(|piece| piece.first().copied()).collect();
        let known = (0..=10).chain(50..=200).chain([255]);
        assert!(known.into_iter().all(|code| codes.contains(&code)));
    }
}
