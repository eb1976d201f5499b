//! `dumptb` of any files: `SequenceFile`s, maps of them, text, text that is compressed, folders of all of them.

use std::io::Write;

use howdah_codec::Codec;
use howdah_sequence_file::WritableClass;

use super::sequences::{CODECS, pieces};
use super::{Files, Job, Maker, Verb};
use crate::cross::content;

impl Maker {
    /// Files, and a path or pattern with which they are dumped.
    pub(super) fn dump(&mut self) -> Job {
        let (pattern, files) = match self.dice.below(12) {
            0..4 => self.one_sequence_file(),
            4..7 => self.one_text(),
            7 => self.map_file(),
            8 => self.first_of_several(),
            _ => self.folder(),
        };
        self.reading();
        let mut files = files;
        let is_damaged = files.len() == 1 && self.dice.chance(30);
        if is_damaged {
            self.damage(&mut files[0].1);
        }
        self.job(Verb::Dump { pattern, is_damaged }, files)
    }

    fn one_sequence_file(&mut self) -> (String, Files) {
        let name =
            self.dice.one(&["part0", "part0", "part0.seq", "part0.gz", "part0.txt", "_part0"]);
        (format!("in/{name}"), vec![(name.to_owned(), self.any_sequence_file())])
    }

    fn any_sequence_file(&mut self) -> Vec<Vec<u8>> {
        let [key, value] =
            [(); 2].map(|()| content::CLASSES[self.dice.below(content::CLASSES.len())]);
        pieces(&self.sequence_file(key, value, false))
    }

    fn one_text(&mut self) -> (String, Files) {
        let (name, pieces) = self.any_text("part0");
        (format!("in/{name}"), vec![(name, pieces)])
    }

    /// A text file, which half of the time is compressed; a codec's name in capitals is one, too.
    fn any_text(&mut self, name: &str) -> (String, Vec<Vec<u8>>) {
        let (_, lines) = self.files("\t", false).swap_remove(0);
        if self.dice.chance(50) {
            return (name.to_owned(), lines);
        }
        let codec = CODECS[self.dice.below(CODECS.len())];
        let mut packed = Vec::new();
        let parts = if codec == Codec::Gzip { 1 + self.dice.below(3) } else { 1 };
        for part in lines.chunks(lines.len() / parts + 1) {
            let mut encoder = codec.encoder(&mut packed).unwrap();
            encoder.write_all(&part.concat()).unwrap();
            encoder.finish().unwrap();
        }
        let extension = codec.extension();
        let extension =
            if self.dice.chance(15) { extension.to_uppercase() } else { extension.to_owned() };
        (format!("{name}{extension}"), vec![packed])
    }

    /// A folder with `data` and `index`, which are both dumped.
    fn map_file(&mut self) -> (String, Files) {
        let (key, value) = (WritableClass::Text, WritableClass::Long);
        let data = self.sequence_file(key, value, false);
        let index = self.sequence_file(key, WritableClass::Long, false);
        let name = self.dice.one(&["in", "in/", "in/map"]);
        let folder = name.strip_prefix("in/").filter(|folder| !folder.is_empty());
        let within =
            |file: &str| folder.map_or(file.to_owned(), |folder| format!("{folder}/{file}"));
        let files = vec![(within("data"), pieces(&data)), (within("index"), pieces(&index))];
        (name.to_owned(), files)
    }

    /// Of several files only the first that matches is dumped.
    fn first_of_several(&mut self) -> (String, Files) {
        let patterns = [
            "in/*",
            "in/part?",
            "in/part[12]",
            "in/{part2,part1}",
            "in/{b,a}*",
            "in/zz*",
            "in/zz",
            "i*",
        ];
        let names = ["part1", "part2", "part10", "a", "b", "_c", ".d", "é"];
        let files = (0..=self.dice.below(3)).map(|_| {
            let name = names[self.dice.below(names.len())];
            (name.to_owned(), self.any_file(name).1)
        });
        let mut files: Files = files.collect();
        files.sort();
        files.dedup_by(|a, b| a.0 == b.0);
        (self.dice.one(&patterns).to_owned(), files)
    }

    /// All files of a folder are dumped; what Hadoop does with a folder in it is another matter.
    fn folder(&mut self) -> (String, Files) {
        let files = (0..=self.dice.below(4)).map(|file| {
            let hidden = if self.dice.chance(15) { self.dice.one(&["_", "."]) } else { "" };
            self.any_file(&format!("{hidden}part{file}"))
        });
        let mut files: Files = files.collect();
        if self.dice.chance(8) {
            files.push(("deeper/part".to_owned(), vec![b"a\n".to_vec()]));
        }
        ("in".to_owned(), files)
    }

    fn any_file(&mut self, name: &str) -> (String, Vec<Vec<u8>>) {
        match self.dice.below(5) {
            0 | 1 => (name.to_owned(), self.any_sequence_file()),
            2 | 3 => self.any_text(name),
            _ => {
                // What is too short for a header, or begins like one.
                let short = self.dice.one(&["", "S", "SEQ", "SE\n", "SEx\n", "\n", "\u{feff}a\n"]);
                (name.to_owned(), vec![short.as_bytes().to_vec()])
            }
        }
    }

    /// Properties of readers, of which `dumptb` knows some.
    fn reading(&mut self) {
        if self.dice.chance(8) {
            let most = [0, 1, 5, 40, 1000][self.dice.below(5)];
            self.set("mapreduce.input.linerecordreader.line.maxlength", &most);
        }
        if self.dice.chance(5) {
            self.set("textinputformat.record.delimiter", "a");
        }
        if self.dice.chance(5) {
            let bytes = [16, 100, 65_536][self.dice.below(3)];
            self.set("io.file.buffer.size", &bytes);
        }
    }

    /// Cuts a file, changes a byte, takes some out, or adds some.
    pub(super) fn damage(&mut self, pieces: &mut Vec<Vec<u8>>) {
        let mut bytes = pieces.concat();
        let at = self.dice.below(bytes.len() + 1);
        let end = (at + 1 + self.dice.below(20)).min(bytes.len());
        match self.dice.below(5) {
            0 | 1 => bytes.truncate(at),
            2 if at < bytes.len() => bytes[at] ^= 1 << self.dice.below(8),
            3 => drop(bytes.drain(at..end)),
            _ => {
                let count = self.dice.below(30);
                let more = content::bytes(&mut self.dice, count);
                drop(bytes.splice(at..at, more));
            }
        }
        *pieces = vec![bytes];
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use crate::random::make::{Kind, of_kind};

    #[test]
    fn files_of_each_codec_and_both_kinds_are_dumped() {
        let jobs = (0..300).map(|seed| of_kind(Kind::Dumptb, seed));
        let files: Vec<_> = jobs.flat_map(|job| job.files).collect();
        let endings: BTreeSet<&str> = files
            .iter()
            .filter_map(|(name, _)| name.rsplit_once('.'))
            .map(|(_, end)| end)
            .collect();
        for ending in ["gz", "bz2", "deflate", "snappy", "lz4"] {
            assert!(endings.contains(ending), "{ending}");
        }
        let (sequences, texts): (Vec<_>, Vec<_>) =
            files.iter().partition(|(_, pieces)| pieces.concat().starts_with(b"SEQ\x06"));
        assert!(sequences.len() > 50 && texts.len() > 50);
    }
}
