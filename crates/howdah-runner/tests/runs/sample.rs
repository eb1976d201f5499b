//! Runs on a part of their data: a sample, the first records, or both.

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;

use howdah_codec::Codec;
use howdah_plan::{
    CommandLine, FrameworkCounter, Next, Part, Plan, Repeat, Source, Step, StepInput,
};
use howdah_runner::{RunOptions, Sample, Splits};

use super::{Place, failure, parts, quiet};

/// Lines with these numbers, of one width, so that their order as bytes is their order as numbers.
fn lines(numbers: std::ops::Range<usize>) -> String {
    numbers.map(|n| format!("{n:06}\n")).collect::<Vec<_>>().concat()
}

/// Writes a text in a codec, in streams of so many bytes: of bzip2, each is a block.
fn compress(place: &Place, name: &str, codec: Codec, text: &str, stream_bytes: usize) {
    let mut file = fs::File::create(place.path(name)).unwrap();
    for stream in text.as_bytes().chunks(stream_bytes) {
        let mut encoder = codec.encoder(&mut file).unwrap();
        encoder.write_all(stream).unwrap();
        encoder.finish().unwrap();
    }
}

/// The numbers `0..3n` in a plain, a gzip and a bzip2 file.
fn three_files(n: usize) -> Place {
    let place = Place::new(&[("a", &lines(0..n))]);
    compress(&place, "b.gz", Codec::Gzip, &lines(n..2 * n), 10 * n);
    // No multiple of a line's length: lines run over from block to block.
    compress(&place, "c.bz2", Codec::Bzip2, &lines(2 * n..3 * n), 601);
    place
}

const THREE: [&str; 3] = ["a", "b.gz", "c.bz2"];

/// Sorts lines.
fn sorted() -> Step {
    let mut step = Step::new(Part::Identity, Part::Identity);
    step.reducers = Some(1);
    step
}

/// The numbers that a run reads and sorts, and how many records its map tasks say that they read.
fn numbers(place: &Place, plan: &Plan, options: &RunOptions) -> (Vec<usize>, i64) {
    let mut options = options.clone();
    options.overwrite = true;
    let outcome = quiet(plan, &options).unwrap();
    let text: String = parts(&place.path("out")).into_values().collect();
    let numbers = text.lines().map(|line| line.trim_end().parse().unwrap()).collect();
    (numbers, outcome.counters[0].framework(FrameworkCounter::MapInputRecords))
}

/// The same, and that neither splits nor workers nor memory change it.
fn numbers_however_cut(place: &Place, options: &mut RunOptions) -> Vec<usize> {
    let plan = Plan::new("sorted", vec![sorted()]);
    let mut found = BTreeMap::new();
    for splits in [Splits::BySize, Splits::Of(1 << 10), Splits::Of(333), Splits::Lines(70)] {
        for (workers, memory) in [(1, 1 << 30), (3, 8 << 20)] {
            (options.splits, options.workers) = (splits, Some(workers));
            options.memory = Some(memory);
            let (numbers, read) = numbers(place, &plan, options);
            assert_eq!(i64::try_from(numbers.len()).unwrap(), read);
            found.insert(numbers, format!("{splits:?}, {workers} workers"));
        }
    }
    assert_eq!(found.len(), 1, "{:?}", found.values());
    found.into_keys().next().unwrap()
}

#[test]
fn a_sample_does_not_depend_on_how_the_input_is_cut_or_who_reads_it() {
    let place = three_files(1000);
    let mut options = place.options(&THREE, "out");
    let mut sample = |fraction, seed| {
        options.sample = Some(Sample { fraction, seed });
        numbers_however_cut(&place, &mut options)
    };
    let tenth = sample(0.1, 1);
    for file in 0..3 {
        let of_file = tenth.iter().filter(|&&n| n / 1000 == file).count();
        assert!((60..140).contains(&of_file), "{of_file} of a thousand in file {file}");
    }
    assert_ne!(tenth, sample(0.1, 2));
    let third = sample(0.3, 1);
    assert!(tenth.iter().all(|n| third.contains(n)), "a larger sample holds the smaller");
    assert_eq!(sample(0.0, 1), [0; 0]);
    assert_eq!(sample(1.0, 1), (0..3000).collect::<Vec<_>>());
}

#[test]
fn the_same_text_in_two_files_has_two_samples() {
    let place = Place::new(&[("a", &lines(0..500)), ("b", &lines(0..500))]);
    let plan = Plan::new("sorted", vec![sorted()]);
    let kept = |inputs: &[&str]| {
        let mut options = place.options(inputs, "out");
        options.sample = Some(Sample { fraction: 0.5, seed: 3 });
        numbers(&place, &plan, &options).0
    };
    let (one, both) = (kept(&["a"]), kept(&["a", "b"]));
    assert_eq!(one, kept(&["b"]), "the place in the list counts, not the name");
    let mut twice: Vec<_> = one.iter().chain(&one).copied().collect();
    twice.sort_unstable();
    assert_ne!(both, twice);
}

#[test]
fn a_samples_choice_is_stated() {
    // Worked out from the published constants of SplitMix64: of the first 24 offsets those that are kept are
    // 8, 9 and 12.
    let place = Place::new(&[("in", "a\nb\nc\nd\ne\nf\ng\nh\ni\nj\nk\nl\n")]);
    let mut options = place.options(&["in"], "out");
    options.sample = Some(Sample { fraction: 0.25, seed: 42 });
    quiet(&Plan::new("sorted", vec![sorted()]), &options).unwrap();
    assert_eq!(parts(&place.path("out"))["part-00000"], "e\t\ng\t\n");
}

#[test]
fn a_limit_is_the_first_records_of_all_files_exactly() {
    let place = three_files(200);
    let mut options = place.options(&THREE, "out");
    for limit in [0, 1, 199, 200, 201, 333, 400, 401, 555, 599, 600, 601, u64::MAX] {
        options.limit = Some(limit);
        let expected: Vec<_> = (0..600).take(limit.min(1000) as usize).collect();
        assert_eq!(numbers_however_cut(&place, &mut options), expected, "the first {limit}");
    }
}

#[test]
fn files_without_records_and_without_a_last_line_end_do_not_disturb_the_limit() {
    let place = Place::new(&[("a", "000000\r\n000001"), ("b", ""), ("c", "000002\n\n000003\n")]);
    let mut options = place.options(&["a", "b", "c"], "out");
    let plan = Plan::new("lines", vec![sorted()]);
    options.overwrite = true;
    for (limit, expected) in [(2, "000000 000001"), (4, " 000000 000001 000002")] {
        options.limit = Some(limit);
        quiet(&plan, &options).unwrap();
        let text = parts(&place.path("out"))["part-00000"].replace('\t', "");
        assert_eq!(text.lines().collect::<Vec<_>>().join(" "), expected);
    }
}

#[test]
fn the_limit_counts_what_the_sample_keeps() {
    let place = three_files(300);
    let mut options = place.options(&THREE, "out");
    options.sample = Some(Sample { fraction: 0.2, seed: 9 });
    let all = numbers_however_cut(&place, &mut options);
    for limit in [1, 50, all.len() / 2, all.len(), 900] {
        options.limit = Some(limit as u64);
        let expected: Vec<_> = all.iter().copied().take(limit).collect();
        assert_eq!(numbers_however_cut(&place, &mut options), expected);
    }
}

#[test]
fn each_input_has_its_own_limit() {
    let place =
        Place::new(&[("a", &lines(0..50)), ("b", &lines(100..103)), ("c", &lines(200..250))]);
    let mut step = sorted();
    for name in ["b", "c"] {
        step.inputs.push(StepInput::new(Source::Named(name.into()), Part::Identity));
    }
    let mut options = place.options(&["a"], "out");
    for name in ["b", "c"] {
        let path = place.path(name).to_str().unwrap().to_owned();
        options.named_inputs.insert(name.into(), vec![path]);
    }
    options.limit = Some(5);
    options.splits = Splits::Of(20);
    let (numbers, read) = numbers(&place, &Plan::new("sorted", vec![step]), &options);
    let expected: Vec<_> = (0..5).chain(100..103).chain(200..205).collect();
    assert_eq!((numbers, read), (expected, 13));
}

#[test]
fn what_steps_write_is_read_as_a_whole() {
    let place = Place::new(&[("in", &lines(0..50))]);
    let twice = Part::Command(CommandLine::new(["sed", "p"]));
    let plan = Plan::chain("twice", vec![Step::new(twice.clone(), Part::Identity), sorted()]);
    let mut options = place.options(&["in"], "out");
    options.limit = Some(3);
    options.splits = Splits::Of(10);
    let records = |options: &RunOptions| {
        let mut options = options.clone();
        options.overwrite = true;
        let counters = quiet(&plan, &options).unwrap().counters;
        counters
            .iter()
            .map(|counters| counters.framework(FrameworkCounter::MapInputRecords))
            .collect::<Vec<_>>()
    };
    assert_eq!(records(&options), [3, 6]);
    // Here the second step reads the job's input.
    options.steps = 1..=1;
    assert_eq!(records(&options), [0, 3]);

    // A loop's first round reads the job's input, the others what the one before wrote.
    let body = Step::map_only(twice);
    let mut again = Plan::new("again", vec![body]);
    let decide = |round: &mut howdah_plan::Round<'_>| {
        if round.number() < 3 { Next::Again } else { Next::Stop }
    };
    again.loops.push(Repeat::new(0, 0, Source::Main, std::sync::Arc::new(decide)));
    let mut options = place.options(&["in"], "rounds");
    options.limit = Some(3);
    let outcome = quiet(&again, &options).unwrap();
    assert_eq!(outcome.counters[0].framework(FrameworkCounter::MapInputRecords), 3 + 6 + 12);
}

#[test]
fn whole_files_are_kept_or_not() {
    let names: Vec<_> = (0..40).map(|n| format!("file-{n:02}")).collect();
    let files: Vec<_> = names.iter().map(|name| (name.as_str(), "a\nb\n")).collect();
    let place = Place::new(&files);
    let mut step = Step::map_only(Part::Identity);
    step.inputs[0].whole_files = true;
    let plan = Plan::new("files", vec![step]);
    let mut options = place.options(&["file-*"], "out");
    options.overwrite = true;
    let found = |options: &RunOptions| -> Vec<String> {
        quiet(&plan, options).unwrap();
        let text: String = parts(&place.path("out")).into_values().collect();
        let name = |line: &str| line.trim_end().rsplit('/').next().unwrap().to_owned();
        text.lines().map(name).collect()
    };
    options.limit = Some(3);
    assert_eq!(found(&options), names[..3]);
    options.sample = Some(Sample { fraction: 0.5, seed: 0 });
    options.limit = None;
    let kept = found(&options);
    assert!((10..30).contains(&kept.len()), "{kept:?}");
    options.limit = Some(4);
    assert_eq!(found(&options), kept[..4]);
}

#[test]
fn records_are_counted_before_a_filter_sees_them() {
    let place = Place::new(&[("in", &lines(0..50))]);
    let mut step = sorted();
    step.inputs[0].filter = Some(CommandLine::new(["grep", "[13579]$"]));
    let mut options = place.options(&["in"], "out");
    options.limit = Some(6);
    let (numbers, read) = numbers(&place, &Plan::new("odd", vec![step]), &options);
    assert_eq!((numbers, read), (vec![1, 3, 5], 6));
}

#[test]
fn a_fraction_that_is_none_is_refused() {
    let place = Place::new(&[("in", "a\n")]);
    for fraction in [-0.1, 1.1, f64::NAN, f64::INFINITY] {
        let mut options = place.options(&["in"], "out");
        options.sample = Some(Sample { fraction, seed: 0 });
        let plan = Plan::new("sorted", vec![sorted()]);
        let (message, code) = failure(&place, &plan, &options);
        assert!(message.contains("give a fraction from 0 to 1"), "{message}");
        assert_eq!(code, 2);
    }
}

#[test]
fn what_lies_behind_the_limit_is_not_read() {
    let place = Place::new(&[("in", &lines(0..10))]);
    compress(&place, "cut.gz", Codec::Gzip, &lines(10..1000), 1 << 20);
    let whole = fs::read(place.path("cut.gz")).unwrap();
    fs::write(place.path("cut.gz"), &whole[..whole.len() - 9]).unwrap();
    let plan = Plan::new("sorted", vec![sorted()]);
    let mut options = place.options(&["in", "cut.gz"], "out");
    options.limit = Some(10);
    assert_eq!(numbers(&place, &plan, &options).1, 10);
    fs::remove_dir_all(place.path("out")).unwrap();
    options.limit = Some(5000);
    let error = quiet(&plan, &options).unwrap_err();
    assert_eq!(error.slug(), "howdah::truncated-input", "{error:?}");
    let limited = failure(&place, &plan, &options);
    assert_eq!(limited.1, 1, "{}", limited.0);
    options.limit = None;
    assert_eq!(limited, failure(&place, &plan, &options), "the same with a limit and without");
}
