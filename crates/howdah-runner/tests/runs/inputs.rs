//! What a step reads: several inputs, filters before a mapper, whole files.

use std::fs;

use howdah_plan::{
    CommandLine, FrameworkCounter, Part, Plan, RawMapper, Source, Step, StepInput, TaskError,
    TaskOutput,
};
use howdah_runner::{RunOptions, Splits};

use super::{Place, Sum, Words, failure, parts, quiet, text};

fn shell(script: &str) -> CommandLine {
    CommandLine::new(["sh", "-c", script])
}

fn name_input(place: &Place, options: &mut RunOptions, name: &str, file: &str) {
    let path = place.path(file).to_str().unwrap().to_owned();
    options.named_inputs.insert(name.to_owned(), vec![path]);
}

fn output(place: &Place) -> String {
    parts(&place.path("out")).into_values().collect()
}

/// Emits each line with a mark.
struct Marked(&'static str);

impl RawMapper for Marked {
    fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        out.records.key().extend_from_slice(line);
        let name = out.info.properties.get("howdah.input.name").map_or("", String::as_str);
        let value = format!("{} {name}", self.0);
        out.records.value().extend_from_slice(value.as_bytes());
        out.records.end()
    }
}

#[test]
fn each_input_has_its_mapper_and_tasks_know_its_name() {
    let place = Place::new(&[("plain", "1\n2\n"), ("users", "2\n3\n"), ("orders", "1\n3\n")]);
    let mut step = Step::new(Part::mapper(|| Marked("linked")), Part::Identity);
    step.reducers = Some(1);
    let child = shell("while read n; do echo \"$n\tchild $howdah_input_name\"; done");
    step.inputs.push(StepInput::new(Source::Named("users".into()), Part::Command(child)));
    let other = Part::mapper(|| Marked("other"));
    step.inputs.push(StepInput::new(Source::Named("orders".into()), other));
    let mut options = place.options(&["plain"], "out");
    name_input(&place, &mut options, "users", "users");
    name_input(&place, &mut options, "orders", "orders");
    let outcome = quiet(&Plan::new("join", vec![step]), &options).unwrap();
    // Equal keys in the order of the inputs.
    assert_eq!(
        output(&place),
        "1\tlinked main\n1\tother orders\n2\tlinked main\n2\tchild users\n3\tchild users\n3\tother orders\n"
    );
    assert_eq!(outcome.counters[0].framework(FrameworkCounter::MapInputRecords), 6);
}

#[test]
fn an_input_may_be_an_earlier_step_and_a_lone_input_has_no_name() {
    let place = Place::new(&[("in", "a\n"), ("more", "b\n")]);
    let mut steps = vec![Step::map_only(Part::mapper(|| Marked("first"))); 2];
    let command = shell("sed \"s/$/ $howdah_input_name/\"");
    steps[1].inputs[0] = StepInput::new(Source::Step(0), Part::Command(command));
    let more = Part::mapper(|| Marked("second"));
    steps[1].inputs.push(StepInput::new(Source::Named("more".into()), more));
    let mut options = place.options(&["in"], "out");
    name_input(&place, &mut options, "more", "more");
    quiet(&Plan::new("steps", steps), &options).unwrap();
    let parts = parts(&place.path("out"));
    let mut lines: Vec<_> = parts.values().flat_map(|part| part.lines()).collect();
    lines.sort_unstable();
    assert_eq!(lines, ["a\tfirst  step-0", "b\tsecond more"]);
}

#[test]
fn inputs_that_are_missing_or_unknown_are_named() {
    let place = Place::new(&[("in", "a\n")]);
    let mut step = Step::map_only(Part::Identity);
    step.inputs.push(StepInput::new(Source::Named("users".into()), Part::Identity));
    let plan = Plan::new("join", vec![step]);
    let mut options = place.options(&["in"], "out");
    let (message, code) = failure(&place, &plan, &options);
    assert_eq!(
        message,
        "the job's input `users` is not given; its inputs are given by `--input users=PATH`"
    );
    assert_eq!(code, 2);
    name_input(&place, &mut options, "users", "none");
    options.inputs = vec![place.path("nothing").to_str().unwrap().to_owned()];
    let (message, code) = failure(&place, &plan, &options);
    assert_eq!(
        message,
        "Input path does not exist: file:DIR/nothing\nInput path does not exist: file:DIR/none"
    );
    assert_eq!(code, 5);
    name_input(&place, &mut options, "user", "in");
    let (message, code) = failure(&place, &plan, &options);
    assert_eq!(
        message,
        "the job has no input named `user`; its inputs are given by `--input users=PATH`"
    );
    assert_eq!(code, 2);
    let (message, _) =
        failure(&place, &Plan::new("x", vec![Step::map_only(Part::Identity)]), &options);
    assert_eq!(message, "the job has no input named `user`: give its path without a name");
}

/// A step that counts words, behind a filter.
fn filtered(filter: CommandLine, mapper: Part<dyn RawMapper>) -> Plan {
    let mut step = Step::new(mapper, Part::reducer(|| Sum));
    step.inputs[0].filter = Some(filter);
    Plan::new("filtered", vec![step])
}

#[test]
fn a_filter_leaves_out_lines_for_every_kind_of_mapper() {
    let lines = text(3000);
    let place = Place::new(&[("in", &lines)]);
    let kept: String = lines.split_inclusive('\n').filter(|line| !line.contains('7')).collect();
    fs::write(place.path("kept"), kept).unwrap();
    let words = "tr ' ' '\\n' | grep . | sed 's/$/\t1/'";
    let grep = || CommandLine::new(["grep", "-v", "7"]);
    let mut plain = filtered(grep(), Part::mapper(|| Words));
    plain.steps[0].inputs[0].filter = None;
    quiet(&plain, &place.options(&["kept"], "expected")).unwrap();
    for (run, mapper) in
        [Part::mapper(|| Words), Part::Command(shell(words))].into_iter().enumerate()
    {
        for splits in [Splits::BySize, Splits::Of(5000)] {
            let mut options = place.options(&["in"], "out");
            options.overwrite = true;
            options.splits = splits;
            options.workers = Some(4);
            let outcome = quiet(&filtered(grep(), mapper.clone()), &options).unwrap();
            assert_eq!(parts(&place.path("out")), parts(&place.path("expected")), "{run}");
            let read = outcome.counters[0].framework(FrameworkCounter::MapInputRecords);
            assert_eq!(read, 3000, "all that is read counts");
        }
    }
    let mut identity = Step::map_only(Part::Identity);
    identity.inputs[0].filter = Some(grep());
    let mut options = place.options(&["in"], "out");
    options.overwrite = true;
    quiet(&Plan::new("lines", vec![identity]), &options).unwrap();
    let kept = fs::read_to_string(place.path("kept")).unwrap();
    assert_eq!(output(&place).replace('\t', ""), kept);
}

#[test]
fn a_filter_may_find_nothing_stop_early_or_say_much() {
    let lines = text(50_000);
    let place = Place::new(&[("in", &lines)]);
    let first = lines.lines().next().unwrap();
    for (filter, expected) in [
        (CommandLine::new(["grep", "no such line"]), String::new()),
        (CommandLine::new(["head", "-n", "1"]), format!("{first}\t\n")),
        (CommandLine::new(["true"]), String::new()),
        (
            CommandLine::new(["sed", "p"]),
            lines.lines().flat_map(|l| [l, "\t\n", l, "\t\n"]).collect(),
        ),
    ] {
        let mut step = Step::map_only(Part::Identity);
        step.inputs[0].filter = Some(filter.clone());
        let mut options = place.options(&["in"], "out");
        options.overwrite = true;
        let outcome = quiet(&Plan::new("filter", vec![step]), &options).unwrap();
        assert!(output(&place) == expected, "{:?}", filter.shown());
        let read = outcome.counters[0].framework(FrameworkCounter::MapInputRecords);
        assert_eq!(read, 50_000);
    }
}

#[test]
fn a_filter_that_fails_fails_the_job() {
    let place = Place::new(&[("in", "a\nb\n")]);
    let mut options = place.options(&["in"], "out");
    options.overwrite = true;
    for (filter, expected) in [
        (CommandLine::new(["false"]), "subprocess failed with code 1"),
        (shell("cat; echo it broke >&2; exit 3"), "subprocess failed with code 3"),
        (CommandLine::new(["grep", "[", "x"]), "subprocess failed with code 2"),
        (CommandLine::new(["no-such-program"]), "Cannot run program \"no-such-program\""),
    ] {
        let (message, code) = failure(&place, &filtered(filter, Part::mapper(|| Words)), &options);
        assert!(message.contains(expected), "{message}");
        assert_eq!(code, 1);
    }
}

#[test]
fn what_fails_behind_a_filter_is_what_is_told() {
    let lines = format!("a\npanic!\n{}", text(50_000));
    let place = Place::new(&[("in", &lines)]);
    let options = place.options(&["in"], "out");
    let plan = filtered(CommandLine::new(["cat"]), Part::mapper(|| Words));
    let (message, _) = failure(&place, &plan, &options);
    assert!(message.contains("the job's code panicked: as told"), "{message}");
    assert!(message.contains("`DIR/in`, byte offset 0"), "the split, not the line: {message}");
}

#[test]
fn what_a_filter_reports_is_counted() {
    let place = Place::new(&[("in", "a\nb\n")]);
    let filter = shell("cat; echo reporter:counter:Filter,seen,2 >&2");
    let plan = filtered(filter, Part::mapper(|| Words));
    let outcome = quiet(&plan, &place.options(&["in"], "out")).unwrap();
    assert_eq!(outcome.counters[0].get("Filter", "seen"), 2);
    assert_eq!(outcome.counters[0].get("Words", "seen"), 2);
}

/// Emits the length of the file whose path it is given.
struct Lengths;

impl RawMapper for Lengths {
    fn map(&mut self, path: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let path = std::path::Path::new(std::str::from_utf8(path).unwrap());
        assert!(path.is_absolute());
        let length = path.metadata().map_err(TaskError::engine)?.len();
        let name = path.file_name().unwrap().to_str().unwrap();
        out.records.key().extend_from_slice(name.as_bytes());
        out.records.value().extend_from_slice(length.to_string().as_bytes());
        out.records.end()
    }
}

fn whole_files(mapper: Part<dyn RawMapper>) -> Plan {
    let mut step = Step::map_only(mapper);
    step.inputs[0].whole_files = true;
    Plan::new("files", vec![step])
}

#[test]
fn a_whole_file_is_one_record_and_never_cut_or_decompressed() {
    let place = Place::new(&[("a b|c", "x\ny\n"), ("empty", ""), ("z.gz", "no gzip at all")]);
    let mut options = place.options(&["a b|c", "empty", "z.gz"], "out");
    options.overwrite = true;
    for splits in [Splits::BySize, Splits::Of(1), Splits::Lines(1)] {
        for delimiter in ["", "|", "/"] {
            options.splits = splits;
            let name = "textinputformat.record.delimiter".to_owned();
            options.properties.insert(name, delimiter.to_owned());
            let outcome = quiet(&whole_files(Part::mapper(|| Lengths)), &options).unwrap();
            let parts = parts(&place.path("out"));
            let mut lines: Vec<_> = parts.values().flat_map(|part| part.lines()).collect();
            lines.sort_unstable();
            assert_eq!(lines, ["a b|c\t4", "empty\t0", "z.gz\t14"]);
            let read = outcome.counters[0].framework(FrameworkCounter::MapInputRecords);
            assert_eq!(read, 3);
        }
    }
    let command = Part::Command(shell("while read path; do wc -c < \"$path\"; done"));
    quiet(&whole_files(command), &options).unwrap();
    let lengths: i64 = output(&place).lines().map(|n| n.trim().parse::<i64>().unwrap()).sum();
    assert_eq!(lengths, 18);
}

#[cfg(unix)]
#[test]
fn a_path_that_is_more_than_a_line_is_no_record() {
    let place = Place::new(&[("two\nlines", "x\n")]);
    let mut options = place.options(&[], "out");
    options.inputs = vec![place.path("two*").to_str().unwrap().to_owned()];
    let (message, code) = failure(&place, &whole_files(Part::mapper(|| Lengths)), &options);
    assert!(message.contains("its path holds a line end"), "{message}");
    assert_eq!(code, 1);
}
