//! Limits: however odd the data, a run stays within the memory that is promised.
//!
//! Sizes are a twentieth of the full ones, which `HOWDAH_LIMITS=full` takes; `--nocapture` shows the figures.

use std::fmt::Write as _;
use std::fs;
use std::io::{BufWriter, Write as _};

use crate::peak::{parts, peak_of_streaming, promised};

const TEXT_KEYS: &str = "mapreduce.job.output.key.class=org.apache.hadoop.io.Text";
const LONG_VALUES: &str = "mapreduce.job.output.value.class=org.apache.hadoop.io.LongWritable";
const TOKENS: &str = "org.apache.hadoop.mapred.lib.TokenCountMapper";
const SUMS: &str = "org.apache.hadoop.mapred.lib.LongSumReducer";
/// What a small file may take, as one to read, as a split and as a map output; the first ten thousand among them, whose
/// spills are in the memory that is kept for these.
const BYTES_A_FILE: u64 = 540;

/// What a partition may take, as one of each spill and as a part.
const BYTES_A_PARTITION: u64 = 4096;

/// A twentieth of a full size, or all of it.
fn scaled(full: u64) -> u64 {
    match std::env::var("HOWDAH_LIMITS").as_deref() {
        Ok("full") => full,
        Ok(other) => panic!("HOWDAH_LIMITS={other} is not known: it is `full` or nothing"),
        Err(_) => full / 20,
    }
}

/// A word count, by Hadoop's stock classes.
struct Counting {
    folder: tempfile::TempDir,
}

/// How it is run.
struct Asked<'a> {
    /// In MiB.
    memory: u64,
    workers: u64,
    /// So many map tasks, or more.
    maps: u64,
    reducers: u64,
    /// More words of the command line.
    more: &'a [&'a str],
}

impl Default for Asked<'_> {
    fn default() -> Self {
        Asked { memory: 8, workers: 2, maps: 2, reducers: 2, more: &[] }
    }
}

impl Counting {
    fn new() -> Self {
        Counting { folder: tempfile::Builder::new().prefix("limits").tempdir().unwrap() }
    }

    /// One whose input is written line by line.
    fn of_lines(lines: impl Iterator<Item = String>) -> Self {
        let counting = Counting::new();
        let file = fs::File::create(counting.folder.path().join("in")).unwrap();
        let mut file = BufWriter::new(file);
        lines.for_each(|line| writeln!(file, "{line}").unwrap());
        file.flush().unwrap();
        counting
    }

    /// Runs it; gives the bytes that it took at most, which are told.
    #[allow(clippy::print_stdout, reason = "the figures are what one runs the full size for")]
    fn peak(&self, what: &str, asked: &Asked<'_>) -> u64 {
        let Asked { memory, workers, maps, reducers, more } = asked;
        let [memory, workers, maps, reducers] =
            [memory, workers, maps, reducers].map(ToString::to_string);
        let (memory, reducers) =
            (format!("{memory}M"), format!("mapreduce.job.reduces={reducers}"));
        let _ = fs::remove_dir_all(self.folder.path().join("out"));
        let words = [
            &["--memory", &memory, "--workers", &workers, "--maps", &maps, "-D", &reducers][..],
            &["-D", TEXT_KEYS, "-D", LONG_VALUES, "-input", "in", "-output", "out"],
            &["-mapper", TOKENS, "-reducer", SUMS],
            more,
        ];
        let peak = peak_of_streaming(self.folder.path(), &words.concat());
        println!("{what}, {memory}, {workers} workers: {} KiB at most", peak / 1024);
        peak
    }

    /// Runs it, and sees to it that it takes no more than is promised for its largest record; gives what it took.
    fn check(&self, what: &str, asked: &Asked<'_>, largest_record: u64) -> u64 {
        let promised = promised(asked.memory, asked.workers) + 2 * largest_record;
        let peak = self.peak(what, asked);
        let Asked { memory, workers, .. } = asked;
        assert!(
            peak <= promised,
            "{what}, {memory}M, {workers} workers: {peak} bytes, {promised} promised"
        );
        peak
    }

    /// How many keys came out, and the sum of what was counted of them.
    fn counted(&self) -> (u64, u64) {
        let count_of = |line: &[u8]| -> u64 {
            let text = std::str::from_utf8(line).unwrap();
            text.rsplit_once('\t').unwrap().1.parse().unwrap()
        };
        let lines = |part: &[u8]| -> (u64, u64) {
            let lines = part.split(|&byte| byte == b'\n').filter(|line| !line.is_empty());
            lines.fold((0, 0), |(keys, sum), line| (keys + 1, sum + count_of(line)))
        };
        let parts = parts(&self.folder.path().join("out"));
        let each = parts.iter().map(|part| lines(part));
        each.fold((0, 0), |(keys, sum), (more, of_more)| (keys + more, sum + of_more))
    }
}

/// Lines of one key each, all different, in no order.
fn distinct_keys(count: u64) -> impl Iterator<Item = String> {
    (0..count).map(|number| format!("{:016x}", number.wrapping_mul(0x9e37_79b9_7f4a_7c15)))
}

#[test]
fn ten_million_keys_take_no_more_than_is_promised() {
    let keys = scaled(20_000_000).min(10_000_000); // fewer would fit anyhow
    let counting = Counting::of_lines(distinct_keys(keys));
    counting.check(&format!("{keys} keys"), &Asked::default(), 16);
    assert_eq!(counting.counted(), (keys, keys));
    // It is called for each key of each spill, and there is never anything to add up.
    let combiner = Asked { more: &["-combiner", SUMS], ..Asked::default() };
    counting.check(&format!("{keys} keys, and a combiner in vain"), &combiner, 16);
    assert_eq!(counting.counted(), (keys, keys));
}

#[test]
fn a_group_of_a_hundred_million_values_takes_no_more_than_is_promised() {
    let values = scaled(100_000_000);
    let counting = Counting::of_lines((0..values / 1000).map(|_| "k ".repeat(1000)));
    counting.check(&format!("a group of {values} values"), &Asked::default(), 2000);
    assert_eq!(counting.counted(), (1, values));
}

#[test]
fn a_hundred_thousand_small_files_take_little_each() {
    let counting = Counting::new();
    let folder = counting.folder.path().join("in");
    fs::create_dir(&folder).unwrap();
    // So many that what a run has anyhow has been taken, and not only set aside.
    let few = 1000;
    let write = |number| fs::write(folder.join(format!("{number:06}")), format!("a{number}\n"));
    (0..few).for_each(|number| write(number).unwrap());
    let asked = Asked::default();
    let before = counting.peak(&format!("{few} files"), &asked);
    let files = few + scaled(400_000).min(99_000); // of fewer one would not see what each takes
    (few..files).for_each(|number| write(number).unwrap());
    let peak = counting.peak(&format!("{files} files"), &asked);
    assert_eq!(counting.counted(), (files, files));
    let most = before + (files - few) * BYTES_A_FILE;
    assert!(peak <= most, "{files} files: {peak} bytes, and {before} for {few}");
    let promised = promised(asked.memory, asked.workers);
    assert!(peak <= promised, "{files} files: {peak} bytes, {promised} promised");
}

#[test]
fn ten_thousand_partitions_take_no_more_than_is_promised() {
    let (keys, reducers) = (scaled(1_000_000), scaled(40_000).min(10_000));
    let counting = Counting::of_lines(distinct_keys(keys));
    let few = counting.peak("2 partitions", &Asked::default());
    let asked = Asked { reducers, ..Asked::default() };
    let peak = counting.check(&format!("{reducers} partitions"), &asked, 16);
    assert_eq!(counting.counted(), (keys, keys));
    // Far from the promise, for what else a run has may be small here.
    let most = few + reducers * BYTES_A_PARTITION;
    assert!(peak <= most, "{reducers} partitions: {peak} bytes, and {few} for two");
}

#[test]
fn keys_of_a_megabyte_take_no_more_than_is_promised() {
    let keys = scaled(2000).min(400); // fewer would fit anyhow
    let long = "long".repeat(1 << 18);
    let key = |number: u64| {
        let mut key = String::with_capacity(long.len() + 8);
        let _ = write!(key, "{:02x}{long}{number}", number % 7);
        key
    };
    let counting = Counting::of_lines((0..keys).map(key));
    for (memory, workers) in [(8, 2), (24, 2), (32, 4)] {
        let asked = Asked { memory, workers, ..Asked::default() };
        counting.check(&format!("{keys} keys of 1 MiB"), &asked, long.len() as u64 + 8);
        assert_eq!(counting.counted(), (keys, keys));
    }
}

#[test]
fn each_worker_takes_no_more_than_is_promised() {
    // So many that with sixteen workers each has more than it may hold, were it alone.
    let keys = scaled(30_000_000).min(4_000_000);
    let counting = Counting::of_lines(distinct_keys(keys));
    for workers in [1, 16, 64] {
        let asked = Asked { workers, maps: workers, ..Asked::default() };
        counting.check(&format!("{keys} keys"), &asked, 16);
        assert_eq!(counting.counted(), (keys, keys));
    }
}
