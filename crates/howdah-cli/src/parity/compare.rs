//! Two outputs side by side: which files both have, and what is different in them.
//!
//! Everything here is a function of what it is given; files are read a line at a time, however large they are.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::hash::{DefaultHasher, Hasher};
use std::io::{self, BufRead, BufReader};
use std::path::{Path, PathBuf};

use howdah_codec::Codec;
use howdah_plan::reject::REJECTS_FOLDER;
use serde::Serialize;

/// How many lines that differ are shown of a file.
const SHOWN_LINES: usize = 10;

/// The files of an output: their names, as paths from its folder, and where they are.
pub(super) type Listing = BTreeMap<String, PathBuf>;

/// What a file of the output is on both sides.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(tag = "result", rename_all = "kebab-case")]
pub(super) enum Verdict {
    /// The same bytes, or the same lines once decompressed.
    Same {
        /// How many lines there are.
        lines: u64,
    },
    /// The same lines in another order.
    Reordered {
        /// How many lines there are.
        lines: u64,
        /// Those that are elsewhere, the first of them.
        differences: Vec<Difference>,
    },
    /// Other lines.
    Different {
        /// How many lines there are here, and how many Hadoop has written.
        lines: [u64; 2],
        /// The first of them.
        differences: Vec<Difference>,
        /// How many lines differ.
        differing: u64,
    },
    /// Hadoop has written none.
    OnlyHere,
    /// The run here has written none.
    OnlyHadoop,
    /// One of them cannot be read; the reason.
    Unreadable {
        /// Which, and why.
        reason: String,
    },
}

/// A line that is not the same on both sides, without what ends it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub(super) struct Difference {
    /// Its number, from 1.
    pub(super) line: u64,
    /// What it is here; `None` behind the last line.
    pub(super) here: Option<String>,
    /// What Hadoop has written.
    pub(super) hadoop: Option<String>,
}

/// Compares two outputs, file by file. `normal` makes lines of a file the same that are to be taken for the same.
pub(super) fn outputs(
    here: &Listing,
    hadoop: &Listing,
    normal: impl Fn(&str, Vec<u8>) -> Vec<u8>,
) -> Vec<(String, Verdict)> {
    let names: BTreeSet<&String> = here.keys().chain(hadoop.keys()).collect();
    let verdicts = names.into_iter().map(|name| {
        let verdict = match (here.get(name), hadoop.get(name)) {
            (Some(here), Some(hadoop)) => file(here, hadoop, |line| normal(name, line)),
            (Some(_), None) => Verdict::OnlyHere,
            (None, _) => Verdict::OnlyHadoop,
        };
        (name.clone(), verdict)
    });
    verdicts.collect()
}

/// Whether a file holds rejected records.
pub(super) fn holds_rejects(name: &str) -> bool {
    Path::new(name).starts_with(REJECTS_FOLDER)
}

fn file(here: &Path, hadoop: &Path, normal: impl Fn(Vec<u8>) -> Vec<u8>) -> Verdict {
    let compared = opened(here).map_err(|error| format!("the one written here: {error}"));
    let compared = compared.and_then(|here| {
        let hadoop = opened(hadoop).map_err(|error| format!("the one of Hadoop's: {error}"))?;
        lines(here, hadoop, normal).map_err(|error| error.to_string())
    });
    compared.unwrap_or_else(|reason| Verdict::Unreadable { reason })
}

/// A file's lines, decompressed if its name says so.
fn opened(path: &Path) -> io::Result<Box<dyn BufRead>> {
    let file = File::open(path)?;
    Ok(match Codec::of_path(path) {
        Some(codec) => Box::new(BufReader::new(codec.decoder(file)?)),
        None => Box::new(BufReader::new(file)),
    })
}

/// Compares two files, line by line.
fn lines(
    mut here: impl BufRead,
    mut hadoop: impl BufRead,
    normal: impl Fn(Vec<u8>) -> Vec<u8>,
) -> io::Result<Verdict> {
    let next = |side: &mut dyn BufRead| {
        let mut line = Vec::new();
        let read = side.read_until(b'\n', &mut line)?;
        Ok::<_, io::Error>((read > 0).then(|| normal(line)))
    };
    let (mut counts, mut sums) = ([0; 2], [Sum::default(); 2]);
    let (mut differences, mut differing) = (Vec::new(), 0);
    loop {
        let both = [next(&mut here)?, next(&mut hadoop)?];
        if let [None, None] = both {
            break;
        }
        for (side, line) in both.iter().enumerate() {
            if let Some(line) = line {
                counts[side] += 1;
                sums[side].add(line);
            }
        }
        let [here, hadoop] = both;
        if here != hadoop {
            differing += 1;
            if differences.len() < SHOWN_LINES {
                let line = counts[0].max(counts[1]);
                differences.push(difference(line, here.as_deref(), hadoop.as_deref()));
            }
        }
    }
    Ok(match differing {
        0 => Verdict::Same { lines: counts[0] },
        _ if counts[0] == counts[1] && sums[0] == sums[1] => {
            Verdict::Reordered { lines: counts[0], differences }
        }
        _ => Verdict::Different { lines: counts, differences, differing },
    })
}

/// A sum over lines that does not depend on their order.
///
/// It takes 128 bits however many lines there are, where sorting them would take the memory of both files. Different
/// lines have the same sum by a chance of one to 2^127, and nobody has a reason to look for such.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
struct Sum(u64, u64);

impl Sum {
    fn add(&mut self, line: &[u8]) {
        let hash = |seed: u8| {
            let mut hasher = DefaultHasher::new();
            hasher.write_u8(seed);
            hasher.write(line);
            hasher.finish()
        };
        self.0 = self.0.wrapping_add(hash(0));
        self.1 = self.1.wrapping_add(hash(1));
    }
}

/// Both lines, shown from a little before the place where they differ.
fn difference(line: u64, here: Option<&[u8]>, hadoop: Option<&[u8]>) -> Difference {
    /// Bytes before the first that differs; and all that are shown.
    const BEFORE: usize = 60;
    const SHOWN: usize = 160;
    let same = match (here, hadoop) {
        (Some(here), Some(hadoop)) => here.iter().zip(hadoop).take_while(|(a, b)| a == b).count(),
        _ => 0,
    };
    let from = same.saturating_sub(BEFORE);
    let shown = |line: &[u8]| {
        let (line, end) = match line.strip_suffix(b"\n") {
            Some(line) => (line, ""),
            None => (line, " (without an end of line)"),
        };
        let from = from.min(line.len());
        let to = line.len().min(from + SHOWN);
        let before = if from > 0 { "…" } else { "" };
        let behind = if to < line.len() { "…" } else { "" };
        format!("{before}{}{behind}{end}", text(&line[from..to]))
    };
    Difference { line, here: here.map(shown), hadoop: hadoop.map(shown) }
}

/// Bytes as text; each that is not UTF-8 as `\xNN`, so that no two look the same.
fn text(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.utf8_chunks() {
        text.push_str(chunk.valid());
        text.push_str(&chunk.invalid().escape_ascii().to_string());
    }
    text
}

/// A rejected record without the way to its file, which is another on each side.
pub(super) fn without_way(line: Vec<u8>) -> Vec<u8> {
    let Ok(serde_json::Value::Object(mut reject)) = serde_json::from_slice(&line) else {
        return line;
    };
    let Some(serde_json::Value::String(file)) = reject.get_mut("file") else { return line };
    if let Some((_, name)) = file.rsplit_once('/') {
        *file = name.to_owned();
    }
    let mut plain = serde_json::to_vec(&reject).unwrap_or_default();
    plain.push(b'\n');
    plain
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use proptest::prelude::*;

    use super::*;

    fn compared(here: &[u8], hadoop: &[u8]) -> Verdict {
        lines(here, hadoop, |line| line).unwrap()
    }

    fn different(line: u64, here: Option<&str>, hadoop: Option<&str>) -> Difference {
        Difference { line, here: here.map(str::to_owned), hadoop: hadoop.map(str::to_owned) }
    }

    #[test]
    fn the_same_lines_are_the_same() {
        assert_eq!(compared(b"", b""), Verdict::Same { lines: 0 });
        assert_eq!(compared(b"a\n\nb", b"a\n\nb"), Verdict::Same { lines: 3 });
    }

    #[test]
    fn lines_that_differ_are_named_and_shown() {
        assert_eq!(
            compared(b"a\t1\nb\t2\nc\t3\n", b"a\t1\nb\t3\n"),
            Verdict::Different {
                lines: [3, 2],
                differences: vec![
                    different(2, Some("b\t2"), Some("b\t3")),
                    different(3, Some("c\t3"), None)
                ],
                differing: 2,
            }
        );
        let Verdict::Different { differences, .. } = compared(b"a\n", b"a") else { panic!() };
        assert_eq!(differences, [different(1, Some("a"), Some("a (without an end of line)"))]);
        let Verdict::Different { differences, .. } = compared(b"\xff\n", b"\xfe\n") else {
            panic!()
        };
        assert_eq!(differences, [different(1, Some("\\xff"), Some("\\xfe"))]);
    }

    #[test]
    fn only_the_first_are_shown_and_of_long_ones_the_part_that_differs() {
        let numbers = |from: u32| (from..from + 50).map(|number| number.to_string());
        let text = |from| numbers(from).collect::<Vec<_>>().join("\n");
        let (here, hadoop) = (text(100), text(101));
        let Verdict::Different { differences, differing, .. } =
            compared(here.as_bytes(), hadoop.as_bytes())
        else {
            panic!()
        };
        assert_eq!((differences.len(), differing), (SHOWN_LINES, 50));
        let long = |end: &str| format!("{}{end}{}\n", "é".repeat(500), "y".repeat(500));
        let Verdict::Different { differences, .. } =
            compared(long("1").as_bytes(), long("2").as_bytes())
        else {
            panic!()
        };
        let here = differences[0].here.as_deref().unwrap();
        assert!(here.starts_with("…é") && here.contains("1y") && here.ends_with("y…"), "{here}");
        assert!(here.len() < 200);
    }

    #[test]
    fn another_order_is_not_another_content() {
        let Verdict::Reordered { lines: 3, differences } = compared(b"a\nb\nc\n", b"b\na\nc\n")
        else {
            panic!()
        };
        assert_eq!(differences.len(), 2);
        // The same lines, one of them another number of times.
        let verdict = compared(b"a\na\nb\n", b"a\nb\nb\n");
        assert!(matches!(verdict, Verdict::Different { .. }), "{verdict:?}");
    }

    #[test]
    fn files_are_compared_by_their_names_and_decompressed() {
        let folder = tempfile::tempdir().unwrap();
        let written = |name: &str, text: &[u8]| {
            let path = folder.path().join(name);
            std::fs::write(&path, text).unwrap();
            path
        };
        let gzip = |name: &str, text: &[u8]| {
            let mut packed = Vec::new();
            let mut encoder = Codec::Gzip.encoder(&mut packed).unwrap();
            encoder.write_all(text).unwrap();
            encoder.finish().unwrap();
            written(name, &packed)
        };
        let here = Listing::from([
            ("a".to_owned(), written("1", b"x\n")),
            ("b.gz".to_owned(), gzip("2.gz", b"x\n")),
            ("c".to_owned(), written("3", b"x\n")),
            ("e.gz".to_owned(), written("4.gz", b"no gzip")),
        ]);
        let hadoop = Listing::from([
            ("a".to_owned(), written("5", b"x\n")),
            ("b.gz".to_owned(), gzip("6.gz", b"x\n")),
            ("d".to_owned(), written("7", b"x\n")),
            ("e.gz".to_owned(), gzip("8.gz", b"x\n")),
        ]);
        let verdicts = outputs(&here, &hadoop, |_, line| line);
        let shown: Vec<_> =
            verdicts.iter().map(|(name, verdict)| (name.as_str(), verdict)).collect();
        assert_eq!(
            shown[..4],
            [
                ("a", &Verdict::Same { lines: 1 }),
                ("b.gz", &Verdict::Same { lines: 1 }),
                ("c", &Verdict::OnlyHere),
                ("d", &Verdict::OnlyHadoop),
            ]
        );
        assert!(matches!(shown[4].1, Verdict::Unreadable { .. }), "{:?}", shown[4]);
    }

    #[test]
    fn rejects_are_the_same_wherever_their_files_lie() {
        let reject = |file: &str| format!("{{\"file\":{file:?},\"record\":\"x\"}}\n").into_bytes();
        let here = without_way(reject("file:/home/a/in/one.log"));
        assert_eq!(here, without_way(reject("hdfs://host:9/tmp/x/one.log")));
        assert_ne!(here, without_way(reject("file:/home/a/in/two.log")));
        assert_eq!(without_way(b"no JSON\n".to_vec()), b"no JSON\n");
        assert!(holds_rejects("_rejects/part-m-00000") && !holds_rejects("part-00000"));
    }

    proptest! {
        #[test]
        fn lines_in_any_order_are_found_to_be_that(
            mut lines in prop::collection::vec("[ab]{0,2}\n", 0..12),
            swaps in prop::collection::vec(any::<(prop::sample::Index, prop::sample::Index)>(), 0..6),
            other in "[ab]{0,2}\n",
        ) {
            let before = lines.concat();
            for (a, b) in swaps {
                if !lines.is_empty() {
                    let (a, b) = (a.index(lines.len()), b.index(lines.len()));
                    lines.swap(a, b);
                }
            }
            let after = lines.concat();
            let verdict = compared(before.as_bytes(), after.as_bytes());
            match verdict {
                Verdict::Same { .. } => prop_assert_eq!(&before, &after),
                Verdict::Reordered { .. } => prop_assert_ne!(&before, &after),
                other => prop_assert!(false, "{:?}", other),
            }
            if let Some(last) = lines.last_mut().filter(|last| **last != other) {
                *last = other;
                let changed = compared(after.as_bytes(), lines.concat().as_bytes());
                prop_assert!(matches!(changed, Verdict::Different { .. }), "{:?}", changed);
            }
        }
    }
}
