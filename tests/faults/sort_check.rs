//! The sort, judged as `valsort` judges that of the sort benchmark: order, count, and a sum of checksums that does not
//! depend on the order.
//!
//! `HOWDAH_SORT_RECORDS` says of how many records, each of 100 bytes; the full size is 1200000.

use std::fs;
use std::process::Command;

use crate::peak::parts;

const RECORDS: u64 = 60_000;
const RECORD_BYTES: usize = 100;
const KEY_BYTES: usize = 10;
const CODECS: [&str; 6] = ["none", "lz4", "snappy", "zstd", "gzip", "bzip2"];

/// How keys are spread.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Keys {
    /// All printable bytes alike, as `gensort -a`.
    Even,
    /// Half of the records have one of seven keys, and the others often begin alike.
    Skewed,
}

/// Numbers that look random, and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }
}

/// Records: a key of ten printable bytes, TAB, the record's number, and letters.
fn records(count: u64, keys: Keys) -> Vec<u8> {
    let mut dice = Dice(count);
    let mut text = Vec::with_capacity(count as usize * RECORD_BYTES);
    for number in 0..count {
        let is_frequent = keys == Keys::Skewed && dice.roll().is_multiple_of(2);
        let mut of_key = if is_frequent { Dice(dice.roll() % 7) } else { Dice(dice.roll()) };
        let shared = if keys == Keys::Skewed && !is_frequent { 6 } else { 0 };
        text.extend(std::iter::repeat_n(b'=', shared));
        let printable = || b' ' + (of_key.roll() % 95) as u8;
        text.extend(std::iter::repeat_with(printable).take(KEY_BYTES - shared));
        text.extend_from_slice(format!("\t{number:020}").as_bytes());
        let letter = b'A' + (dice.roll() % 26) as u8;
        text.extend(std::iter::repeat_n(letter, RECORD_BYTES - KEY_BYTES - 22));
        text.push(b'\n');
    }
    text
}

/// What a judge says of records.
#[derive(Debug, Default, Clone, Copy, PartialEq, Eq)]
struct Judgement {
    records: u64,
    /// The sum of the records' CRC32s.
    checksum: u64,
    /// Records with the key of the one before, if they are in order.
    duplicates: u64,
    /// Records with a lower key than the one before, or that one's key and a lower number.
    misplaced: u64,
}

fn judge<'r>(records: impl Iterator<Item = &'r [u8]>) -> Judgement {
    let table = crc_table();
    let mut judgement = Judgement::default();
    let mut before: &[u8] = &[];
    for record in records {
        judgement.records += 1;
        judgement.checksum += u64::from(crc32(&table, record));
        let of_key = |record: &'r [u8]| &record[..KEY_BYTES.min(record.len())];
        judgement.duplicates += u64::from(of_key(before) == of_key(record));
        // Behind the key stands the record's number: of one key the order is that of the input.
        judgement.misplaced += u64::from(before >= record);
        before = record;
    }
    judgement
}

fn lines(text: &[u8]) -> impl Iterator<Item = &[u8]> {
    text.split_inclusive(|&byte| byte == b'\n')
}

fn crc_table() -> [u32; 256] {
    let mut table = [0; 256];
    for (byte, entry) in (0..).zip(&mut table) {
        let step = |crc: u32, _| if crc & 1 == 1 { crc >> 1 ^ 0xedb8_8320 } else { crc >> 1 };
        *entry = (0..8).fold(byte, step);
    }
    table
}

fn crc32(table: &[u32; 256], bytes: &[u8]) -> u32 {
    let step = |crc: u32, &byte: &u8| crc >> 8 ^ table[usize::from(crc as u8 ^ byte)];
    !bytes.iter().fold(!0, step)
}

/// Records in a file, and what must be said of them when they are sorted.
struct Contest {
    folder: tempfile::TempDir,
    expected: Judgement,
}

impl Contest {
    fn new(keys: Keys) -> Self {
        let count = std::env::var("HOWDAH_SORT_RECORDS");
        let count = count.map_or(RECORDS, |count| count.parse().unwrap());
        let folder = tempfile::Builder::new().prefix("sort").tempdir().unwrap();
        let text = records(count, keys);
        fs::write(folder.path().join("in"), &text).unwrap();
        let mut sorted: Vec<_> = lines(&text).collect();
        sorted.sort_unstable();
        let expected = judge(sorted.into_iter());
        assert_eq!((expected.records, expected.misplaced), (count, 0));
        assert_eq!(expected.duplicates > count / 3, keys == Keys::Skewed, "{expected:?}");
        Contest { folder, expected }
    }

    fn run(&self, words: &[&str]) {
        let ran = Command::new(env!("CARGO_BIN_EXE_howdah-under-test"))
            .args(words)
            .current_dir(self.folder.path())
            .env("TMPDIR", self.folder.path())
            .output()
            .unwrap();
        assert!(ran.status.success(), "{words:?}: {}", String::from_utf8_lossy(&ran.stderr));
    }

    /// Judges the parts of an output, one behind the other, and removes it.
    fn judge(&self, what: &str) {
        let output = self.folder.path().join("out");
        let parts = parts(&output);
        assert!(parts.iter().all(|part| !part.is_empty()), "{what}");
        assert_eq!(judge(parts.iter().flat_map(|part| lines(part))), self.expected, "{what}");
        fs::remove_dir_all(output).unwrap();
    }

    /// Sorts by a plan without code, into one part.
    fn sort(&self, keys: Keys, workers: usize, memory: &str, codec: &str) {
        let step =
            r#"{"inputs": [{"mapper": {"type": "identity"}}], "reducer": {"type": "identity"}}"#;
        let plan = format!(r#"{{"schema": "howdah.plan/1", "name": "sort", "steps": [{step}]}}"#);
        fs::write(self.folder.path().join("plan.json"), plan).unwrap();
        let workers = workers.to_string();
        self.run(
            &[
                &["submit", "--on", "local", "plan.json", "in", "-o", "out", "-r", "1"][..],
                &["--split-size", "1M", "-w", &workers, "--memory", memory, "--spill-codec", codec],
            ]
            .concat(),
        );
        self.judge(&format!("{keys:?}, {workers} workers, {memory}, {codec}"));
    }
}

/// A `SequenceFile` of keys and nothing, as `InputSampler` writes split points.
fn split_points(keys: &[&[u8; KEY_BYTES]]) -> Vec<u8> {
    let mut file = b"SEQ\x06".to_vec();
    for class in ["org.apache.hadoop.io.Text", "org.apache.hadoop.io.NullWritable"] {
        file.push(class.len() as u8);
        file.extend_from_slice(class.as_bytes());
    }
    file.extend_from_slice(&[0; 2]); // not compressed
    file.extend_from_slice(&[0; 4]); // no metadata
    file.extend_from_slice(b"a mark for syncs");
    for key in keys {
        let length = 1 + KEY_BYTES as u32;
        file.extend_from_slice(&length.to_be_bytes());
        file.extend_from_slice(&length.to_be_bytes());
        file.push(KEY_BYTES as u8);
        file.extend_from_slice(&key[..]);
    }
    file
}

#[test]
fn what_is_sorted_is_in_order_and_whole() {
    for keys in [Keys::Even, Keys::Skewed] {
        let contest = Contest::new(keys);
        for (workers, memory) in (1..=8).zip(["8M", "16M", "8M", "64M"].into_iter().cycle()) {
            contest.sort(keys, workers, memory, CODECS[workers % CODECS.len()]);
        }
        for codec in CODECS {
            contest.sort(keys, 2, "8M", codec);
        }
        contest.sort(keys, 2, "1G", "lz4");
    }
}

#[test]
fn parts_of_a_total_order_are_in_order_one_behind_the_other() {
    let contest = Contest::new(Keys::Skewed);
    let points = split_points(&[b"======5   ", b"======P   ", b"======j   "]);
    fs::write(contest.folder.path().join("points"), points).unwrap();
    for workers in ["1", "3"] {
        contest.run(&[
            "streaming",
            "--memory",
            "8M",
            "--workers",
            workers,
            "--maps",
            "5",
            "-D",
            "mapreduce.job.reduces=4",
            "-D",
            "mapreduce.totalorderpartitioner.path=points",
            "-D",
            "mapreduce.job.output.key.class=org.apache.hadoop.io.Text",
            "-input",
            "in",
            "-output",
            "out",
            "-inputformat",
            "KeyValueTextInputFormat",
            "-mapper",
            "org.apache.hadoop.mapred.lib.IdentityMapper",
            "-reducer",
            "org.apache.hadoop.mapred.lib.IdentityReducer",
            "-partitioner",
            "org.apache.hadoop.mapred.lib.TotalOrderPartitioner",
        ]);
        contest.judge(&format!("a total order, {workers} workers"));
    }
}

#[test]
fn the_judge_sees_what_is_wrong() {
    let text = records(2000, Keys::Skewed);
    let mut sorted: Vec<_> = lines(&text).collect();
    sorted.sort_unstable();
    let right = judge(sorted.iter().copied());
    assert_eq!(crc32(&crc_table(), b"123456789"), 0xcbf4_3926);
    let judged = |change: &dyn Fn(&mut Vec<&[u8]>)| {
        let mut changed = sorted.clone();
        change(&mut changed);
        judge(changed.into_iter())
    };
    assert_eq!(judged(&|_| {}), right);
    assert_ne!(judged(&|records| records.truncate(1999)), right, "one is missing");
    assert_ne!(judged(&|records| records[1000] = records[999]), right, "one is there twice");
    assert_eq!(judged(&|records| records.swap(999, 1000)).misplaced, 1);
    assert_ne!(judged(&|records| records[1000] = &records[1000][1..]), right, "one is cut");
}
