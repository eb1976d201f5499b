//! How large what is read may be: records, and what compressed files come to.

use std::fs::{self, File};
use std::io::Write;

use howdah_codec::Codec;
use howdah_plan::{CommandLine, FrameworkCounter, Part, Plan, RawMapper, RejectLimit, Step};
use howdah_plan::{TaskError, TaskOutput};
use howdah_runner::{InputLimits, RunOptions, Sample, Splits};
use howdah_sequence_file::{Compression, Settings, Writable, WritableClass, Writer};

use super::{Place, failure, parts, quiet};

/// A line of more than ten bytes between others, and one at the end, without a line end.
const LONG: &str = "0123456789\nwatch this long one\na\nb\r\nand the last is long";

/// Emits each record's length.
struct Lengths;

impl RawMapper for Lengths {
    fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        out.records.key().extend_from_slice(line.len().to_string().as_bytes());
        out.records.end()
    }
}

fn lengths() -> Plan {
    Plan::new("lengths", vec![Step::map_only(Part::mapper(|| Lengths))])
}

fn commands(script: &str) -> Plan {
    let mapper = Part::Command(CommandLine::new(["sh", "-c", script]));
    Plan::new("commands", vec![Step::map_only(mapper)])
}

fn limited(place: &Place, input: &str, properties: &[(&str, &str)]) -> RunOptions {
    let mut options = place.options(&[input], "out");
    let properties = properties.iter().map(|&(name, value)| (name.to_owned(), value.to_owned()));
    options.properties.extend(properties);
    options
}

/// The output of a run as one text, which is then gone.
fn output(place: &Place) -> String {
    let out = place.path("out");
    let text = parts(&out).into_values().collect();
    fs::remove_dir_all(out).unwrap();
    text
}

#[test]
fn a_record_longer_than_allowed_is_an_error_that_names_file_and_offset() {
    let place = Place::new(&[("in", LONG)]);
    for plan in [lengths(), commands("cat")] {
        let options = limited(&place, "in", &[("howdah.max.record", "10")]);
        let (message, code) = failure(&place, &plan, &options);
        let says = "this record is longer than the 10 bytes that `--max-record` (`howdah.max.record`) allows";
        assert!(message.contains(says), "{message}");
        assert!(message.contains("`DIR/in`, byte offset 11"), "{message}");
        assert_eq!(code, 1);
        assert_eq!(quiet(&plan, &options).unwrap_err().slug(), "howdah::record-too-long");
    }
    // Its line end does not count, and what is not read is not looked at.
    let mut options = limited(&place, "in", &[("howdah.max.record", "19")]);
    options.limit = Some(4);
    quiet(&lengths(), &options).unwrap();
    assert_eq!(output(&place), "10\n19\n1\n1\n");
}

#[test]
fn a_record_longer_than_allowed_is_rejected_where_rejects_are_asked_for() {
    let place = Place::new(&[("in", LONG)]);
    for plan in [lengths(), commands("while read -r line; do echo ${#line}; done")] {
        for split in [3, 7, 1000] {
            let mut options = limited(&place, "in", &[("howdah.max.record", "10")]);
            options.rejects = Some(place.path("rejects"));
            options.splits = Splits::Of(split);
            let outcome = quiet(&plan, &options).unwrap();
            let mut kept: Vec<_> = parts(&place.path("rejects")).into_values().collect();
            kept.retain(|part| !part.is_empty());
            let kept: Vec<serde_json::Value> =
                kept.concat().lines().map(|line| serde_json::from_str(line).unwrap()).collect();
            let mut told: Vec<_> =
                kept.iter().map(|it| (it["offset"].as_u64(), it["record"].as_str())).collect();
            told.sort_unstable();
            let expected =
                [(Some(11), Some("watch this long one")), (Some(36), Some("and the last is long"))];
            assert_eq!(told, expected);
            assert!(kept[0]["file"].as_str().unwrap().ends_with("/in"), "{kept:?}");
            let reason = "it is longer than the 10 bytes that `--max-record` allows, and this is its beginning";
            assert_eq!(kept[0]["reason"], reason);
            let counters = &outcome.counters[0];
            assert_eq!(
                (counters.rejected(), counters.framework(FrameworkCounter::MapInputRecords)),
                (2, 5)
            );
            let mut lines: Vec<_> =
                output(&place).lines().map(|line| line.trim().to_owned()).collect();
            lines.sort_unstable();
            assert_eq!(lines, ["1", "1", "10"]);
            fs::remove_dir_all(place.path("rejects")).unwrap();
        }
    }
    let mut options = limited(&place, "in", &[("howdah.max.record", "10")]);
    options.max_rejects = Some(RejectLimit::Records(1));
    assert_eq!(quiet(&lengths(), &options).unwrap_err().exit_code(), 65);
}

#[test]
fn of_a_long_record_little_is_kept_and_what_a_sample_leaves_out_may_be_long() {
    let line = "é".repeat(3_000_000);
    let place = Place::new(&[("in", &format!("{line}\nb\n"))]);
    let mut options = limited(&place, "in", &[("howdah.max.record", "1K")]);
    options.max_rejects = Some(RejectLimit::Percent(50.0));
    quiet(&lengths(), &options).unwrap();
    let kept = parts(&place.path("out/_rejects")).into_values().collect::<String>();
    let kept: serde_json::Value = serde_json::from_str(kept.trim()).unwrap();
    assert_eq!(kept["record"], "é".repeat(100));
    fs::remove_dir_all(place.path("out")).unwrap();

    // The same place is left out by one seed, and kept by another.
    let mut codes: Vec<_> = (0..20)
        .map(|seed| {
            let mut options = limited(&place, "in", &[("howdah.max.record", "1K")]);
            options.sample = Some(Sample { fraction: 0.5, seed });
            let code = quiet(&lengths(), &options).map_or_else(|error| error.exit_code(), |_| 0);
            let _ = fs::remove_dir_all(place.path("out"));
            code
        })
        .collect();
    codes.sort_unstable();
    codes.dedup();
    assert_eq!(codes, [0, 1]);
}

#[test]
fn a_line_of_a_command_that_does_not_end_is_an_error_and_nobody_waits() {
    let place = Place::new(&[("in", "a\n")]);
    let endless =
        commands("cat >/dev/null; while :; do printf xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx; done");
    let options = limited(&place, "in", &[("howdah.max.record", "100K")]);
    let (message, code) = failure(&place, &endless, &options);
    let says = "a line of the command's output, at its byte 0, is longer than the 102400 bytes that `--max-record`";
    assert!(message.contains(says), "{message}");
    assert_eq!(code, 1);
}

#[test]
fn limits_are_numbers() {
    let place = Place::new(&[("in", "a\n")]);
    for (property, value) in [
        ("howdah.max.record", "0"),
        ("howdah.max.record", "ten"),
        ("howdah.max.record", "99999999999G"),
        ("howdah.max.expansion", "-1"),
    ] {
        let error = quiet(&lengths(), &limited(&place, "in", &[(property, value)])).unwrap_err();
        assert_eq!(error.exit_code(), 2, "{error}");
        assert!(error.to_string().contains(property), "{error}");
    }
}

/// So many MiB of text, a MiB a line.
fn pack(place: &Place, codec: Codec, mebibytes: usize) -> String {
    let name = format!("in{}", codec.extension());
    let line = [&vec![b'x'; (1 << 20) - 1][..], b"\n"].concat();
    let mut encoder = codec.encoder(File::create(place.path(&name)).unwrap()).unwrap();
    for _ in 0..mebibytes {
        encoder.write_all(&line).unwrap();
    }
    encoder.finish().unwrap();
    name
}

#[test]
fn a_file_that_comes_to_more_than_allowed_is_an_error_that_names_it() {
    let place = Place::new(&[]);
    for codec in [Codec::Gzip, Codec::Bzip2, Codec::Lz4, Codec::Snappy, Codec::Deflate] {
        let name = pack(&place, codec, 66);
        let stored = fs::metadata(place.path(&name)).unwrap().len();
        let options = limited(&place, &name, &[("howdah.max.expansion", "10")]);
        let (message, code) = failure(&place, &lengths(), &options);
        let says = format!(
            "{stored} compressed bytes hold more than 10 times as many, which `--max-expansion` (`howdah.max.expansion`) \
             does not allow"
        );
        assert!(message.contains(&says), "{message}");
        assert!(message.contains(&format!("`DIR/{name}`, byte offset 6")), "{message}");
        assert_eq!(code, 1);
        assert_eq!(quiet(&lengths(), &options).unwrap_err().slug(), "howdah::expands-too-much");

        quiet(&lengths(), &limited(&place, &name, &[("howdah.max.expansion", "0")])).unwrap();
        assert_eq!(output(&place), "1048575\n".repeat(66));
    }
    // What is small may be anything.
    let name = pack(&place, Codec::Bzip2, 64);
    quiet(&lengths(), &limited(&place, &name, &[("howdah.max.expansion", "1")])).unwrap();
}

/// A `SequenceFile` of so many MiB of text, a MiB a record.
fn pack_records(place: &Place, compression: Compression, mebibytes: usize) -> (RunOptions, u64) {
    let mut settings = Settings::new(WritableClass::Null.name(), WritableClass::Text.name());
    settings.compression = compression;
    let mut writer = Writer::new(File::create(place.path("in")).unwrap(), settings).unwrap();
    let mut value = Vec::new();
    Writable::Text(&vec![b'x'; 1 << 20]).write(&mut value);
    for _ in 0..mebibytes {
        writer.append(b"", &value).unwrap();
    }
    let stored = writer.finish().unwrap().metadata().unwrap().len();
    let format = "org.apache.hadoop.mapred.SequenceFileInputFormat";
    (limited(place, "in", &[("mapred.input.format.class", format)]), stored)
}

#[test]
fn records_and_blocks_that_come_to_more_than_allowed_are_an_error_that_names_the_file() {
    let place = Place::new(&[]);
    for compression in [Compression::Record(Codec::Deflate), Compression::Block(Codec::Gzip)] {
        let (mut options, stored) = pack_records(&place, compression, 66);
        quiet(&lengths(), &options).unwrap();
        assert_eq!(output(&place), "1048576\n".repeat(66));

        options.properties.insert("howdah.max.expansion".to_owned(), "10".to_owned());
        let (message, code) = failure(&place, &lengths(), &options);
        let says = format!(
            "{stored} compressed bytes hold more than 10 times as many, which `--max-expansion` (`howdah.max.expansion`) \
             does not allow"
        );
        assert!(message.contains(&says), "{message}");
        let (_, offset) = message.split_once("at `DIR/in`, byte offset ").unwrap();
        let offset = offset.lines().next().unwrap().parse::<u64>().unwrap();
        // All before the last ones was read.
        assert!(offset > stored * 9 / 10 && offset < stored, "{offset} of {stored}");
        assert_eq!(code, 1);
        assert_eq!(quiet(&lengths(), &options).unwrap_err().slug(), "howdah::expands-too-much");
    }
    // What is not compressed is as large as it is.
    let (mut options, _) = pack_records(&place, Compression::None, 66);
    options.properties.insert("howdah.max.expansion".to_owned(), "1".to_owned());
    quiet(&lengths(), &options).unwrap();
}

#[test]
fn ten_thousand_times_is_allowed_and_hadoop_allows_anything() {
    let place = Place::new(&[]);
    // Gzip can come to no more than 1032 times.
    let name = pack(&place, Codec::Gzip, 66);
    quiet(&lengths(), &limited(&place, &name, &[])).unwrap();
    output(&place);
    let name = pack(&place, Codec::Bzip2, 66);
    let mut options = limited(&place, &name, &[]);
    assert_eq!(quiet(&lengths(), &options).unwrap_err().slug(), "howdah::expands-too-much");
    options.input_limits = InputLimits::HADOOP;
    quiet(&lengths(), &options).unwrap();
}
