//! Jobs whose records stand between two tags: `StreamXmlRecordReader`.

use super::classes::TEXT;
use super::{Files, Maker};

/// Begins and ends that are bytes.
const MARKS: &[(&str, &str)] = &[
    ("<page>", "</page>"),
    ("<page>", "</page>"),
    ("<page", "</page>"),
    ("<page>", ">"),
    ("aab", "baa"),
    ("|", "|"),
    ("ab", "bcd"),
    ("«", "»"),
];
/// Begins and ends that are patterns.
const PATTERNS: &[(&str, &str)] = &[
    ("<page>", "</page>"),
    ("<page( [^>]*)?>", "</page ?>"),
    ("<page>|<b>", "</page>|</b>"),
    ("(?i)<page>", "(?i)</page>"),
    ("<page.*?>", "</page>"),
];
const PIECES: &[&str] = &[
    "<page>",
    "</page>",
    "<page>",
    "</page>",
    "<page a='b'>",
    "</page >",
    "<PAGE>",
    "<b>",
    "</b>",
    "<pa",
    "/page>",
    "<",
    ">",
    "a",
    "b",
    "ab",
    "bcd",
    "aab",
    "baa",
    "|",
    "x",
    " ",
    "\t",
    "\n",
    "one two",
    "<!--",
    "-->",
];
/// Slow matches of Hadoop's lose count where letters are not ASCII, and know CDATA sections in their own way.
const OF_FAST_MATCHES: &[&str] = &["é", "«", "»", "\u{1f600}", "<![CDATA[", "]]>"];

impl Maker {
    /// A job on files of tags: nested, cut, without their ends. They are shorter than what slow matches look ahead.
    pub(super) fn tagged(&mut self) -> Files {
        let is_slow = self.dice.chance(30);
        let files: Files = (0..=self.dice.below(3))
            .map(|file| {
                let count = [5, 20, 20, 60, 500][self.dice.below(5)];
                let pieces = (0..count).map(|_| self.piece(is_slow)).collect();
                (format!("part{file}.xml"), pieces)
            })
            .collect();
        let bytes: usize = files.iter().flat_map(|(_, pieces)| pieces).map(Vec::len).sum();
        let marks = if is_slow { PATTERNS } else { MARKS };
        let (begin, end) = marks[self.dice.below(marks.len())];
        let slow = if is_slow { ",slowmatch=true" } else { "" };
        let reader = format!("StreamXmlRecordReader,begin={begin},end={end}{slow}");
        self.option("-inputreader", &reader);
        if self.dice.chance(15) {
            let format = self.dice.one(&["StreamInputFormat", "KeyValueTextInputFormat"]);
            self.option("-inputformat", format);
        }
        if self.dice.chance(50) {
            let block = [7, 16, 50, 300][self.dice.below(4)].max(bytes / 8);
            self.set("fs.local.block.size", &block);
        }
        self.pass_on(TEXT, TEXT);
        files
    }

    fn piece(&mut self, is_slow: bool) -> Vec<u8> {
        let piece = match self.dice.below(10) {
            0 if !is_slow => self.dice.one(OF_FAST_MATCHES),
            _ => self.dice.one(PIECES),
        };
        piece.as_bytes().to_vec()
    }
}
