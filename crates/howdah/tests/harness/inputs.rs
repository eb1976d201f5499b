//! What a run is given: lines, pairs, files, and what is no input of the job.

use std::sync::Arc;

use howdah::{Flow, Identity, Mapped, Mapper, Out, Pairs, Plan, Result, SideFile, Sum, Text, test};
use howdah_plan::{Next, Part, Repeat, Source, Step};

use super::{cut, fails, listed, refused, word_count};

fn join() -> Plan {
    let users = Flow::<Pairs<u64, String>>::input("users")
        .map_fn(|(id, name), out: &mut Out<u64, String>| out.emit(id, name));
    let orders = Flow::<Text>::input("orders").map_fn(|line, out: &mut Out<u64, String>| {
        let (id, what) = line.split_once(' ').unwrap_or((line, ""));
        out.emit(id.parse::<u64>().unwrap_or(0), what);
    });
    users
        .and(orders)
        .reduce_fn(|id, all, out: &mut Out<u64, Vec<String>>| {
            let mut all: Vec<String> = all.collect();
            all.sort();
            out.emit(id, all);
        })
        .plan()
}

#[test]
fn each_input_goes_through_its_own_mapper() {
    let test = test::plan(&join())
        .input_pairs("users", [(1, "Ada"), (2, "Bob")])
        .input("orders", ["1 tea", "1 rum"]);
    let ran = test.check().unwrap();
    assert_eq!(ran.text(), "1\t[\"Ada\",\"rum\",\"tea\"]\n2\t[\"Bob\"]\n");
}

#[test]
fn an_input_that_is_missing_or_not_read_is_named() {
    let test = test::plan(&join()).input("users", [""; 0]);
    assert_eq!(
        fails(test.clone()),
        "the job reads the input `orders`: give it with `.input(\"orders\", […])`"
    );
    let reads = "it reads the input `users`, the input `orders`";
    assert_eq!(
        fails(test.clone().input("order", ["1 tea"])),
        format!("the job does not read the input `order`; {reads}")
    );
    assert_eq!(
        fails(test.lines(["1 tea"])),
        format!("the job does not read the input without a name; {reads}")
    );
}

#[test]
fn pairs_that_json_cannot_hold_fail_the_run() {
    let plan = Flow::<Pairs<String, f64>>::read().map(Identity).map_only().plan();
    let error = fails(test::plan(&plan).pairs([("a", 0.5), ("b", f64::NAN)]));
    assert!(error.starts_with("this value cannot be written: it holds NaN"), "{error}");
}

#[test]
fn paths_are_for_jobs_that_read_whole_files() {
    let plan = Flow::files()
        .map_fn(|path, out: &mut Out<String, bool>| {
            out.emit(path.display().to_string(), path.is_absolute());
        })
        .map_only()
        .plan();
    let ran = test::plan(&plan).files(["/a b.png", "c.png"]).run().unwrap();
    assert_eq!(ran.text(), "\"/a b.png\"\ttrue\n\"c.png\"\tfalse\n");
    assert_eq!(
        fails(test::plan(&word_count()).files(["a"])),
        "the job reads lines, not whole files: give `.lines(…)`"
    );
}

#[test]
fn the_file_is_told_to_mappers_of_the_jobs_inputs_alone() {
    let file = |out: &Out<String, String>| out.input_file().unwrap_or("none").to_owned();
    let plan = Flow::lines()
        .map_fn(move |line, out: &mut Out<String, String>| out.emit(line, file(out)))
        .reduce_fn(move |_, mut files, out: &mut Out<String, String>| {
            out.emit(files.next().unwrap_or_default(), file(out));
        })
        .map_fn(move |(a, b), out: &mut Out<String, String>| {
            out.emit(format!("{a} {b}"), file(out));
        })
        .map_only()
        .plan();
    let ran = test::plan(&plan).lines(["x"]).input_file("file:/x").run().unwrap();
    assert_eq!(ran.text(), "\"file:/x none\"\t\"none\"\n");
}

/// Gives each task's file and number of lines when it ends, or for each line its number within the task.
#[derive(Clone, Default)]
struct Numbered {
    at_end: bool,
    n: u64,
}

impl Mapper<Text> for Numbered {
    type Key = String;
    type Value = u64;
    fn map(&mut self, _: &str, out: &mut Out<String, u64>) -> Result {
        self.n += 1;
        if !self.at_end {
            out.emit(out.input_file().unwrap_or("none"), self.n);
        }
        Ok(())
    }
    fn finish(&mut self, out: &mut Out<String, u64>) -> Result {
        if self.at_end {
            out.emit(out.input_file().unwrap_or("none"), self.n);
        }
        Ok(())
    }
}

fn numbered(at_end: bool) -> Mapped<String, u64> {
    Flow::lines().map(Numbered { at_end, n: 0 })
}

#[test]
fn each_file_has_a_map_task_of_its_own() {
    let test = test::plan(&numbered(true).map_only().plan())
        .file("file:/b", ["1", "2"])
        .file("file:/empty", [""; 0])
        .file("hdfs://host/a", [b"3"])
        .file("file:/b", vec!["4".to_owned()]);
    let ran = test.run().unwrap();
    assert_eq!(ran.text(), "\"file:/b\"\t3\n\"file:/empty\"\t0\n\"hdfs://host/a\"\t1\n");
}

#[test]
fn lines_without_a_file_are_those_of_the_input_file() {
    let plan = numbered(true).map_only().plan();
    let test = test::plan(&plan).lines(["1"]).file("file:/a", ["2"]).lines(["3"]);
    assert_eq!(test.clone().run().unwrap().text(), "\"none\"\t2\n\"file:/a\"\t1\n");
    let ran = test.input_file("file:/rest").run().unwrap();
    assert_eq!(ran.text(), "\"file:/rest\"\t2\n\"file:/a\"\t1\n");
}

#[test]
fn files_are_those_of_the_input_without_a_name() {
    let file =
        |_: &str, out: &mut Out<String, ()>| out.emit(out.input_file().unwrap_or("none"), ());
    let named = Flow::<Text>::input("more").map_fn(file);
    let plan = Flow::lines().map_fn(file).and(named).map_only().map(Identity).map_only().plan();
    let test = test::plan(&plan).file("file:/a", ["1"]);
    let ran = test.input("more", ["2"]).check().unwrap();
    assert_eq!(ran.text(), "\"file:/a\"\tnull\n\"none\"\tnull\n");
}

#[test]
fn a_check_cuts_each_file_by_itself() {
    // The number of each line within its task: right for files of one line each, however many there are.
    let plan = numbered(false).map_only().plan();
    let test = test::plan(&plan).file("file:/a", ["1"]).file("file:/b", ["2"]);
    assert!(test.clone().check().is_ok());
    let error = refused(test.file("file:/b", ["3"]));
    assert!(error.contains("when each input file is cut into 2 splits"), "{error}");
    assert!(error.contains("gave: \"file:/b\"\t2\n    then: \"file:/b\"\t1\n"), "{error}");
    // Each split of a file is told the file: the sum is that of the file.
    let test = test::plan(&numbered(true).fold(Sum).plan());
    let ran = test.file("file:/a", ["1", "2", "3"]).file("file:/b", ["4"]).check().unwrap();
    assert_eq!(ran.text(), "\"file:/a\"\t3\n\"file:/b\"\t1\n");
}

#[test]
fn lines_of_files_are_for_jobs_that_read_lines() {
    let plan = Flow::files()
        .map_fn(|path, out: &mut Out<String, ()>| out.emit(path.display().to_string(), ()))
        .map_only()
        .plan();
    let says = "the job reads whole files, not their lines: give `.files(…)`";
    assert_eq!(fails(test::plan(&plan).file("file:/a", ["1"])), says);
    assert_eq!(fails(test::plan(&plan).files(["/a"]).file("file:/a", ["1"])), says);
}

#[test]
fn a_side_file_is_opened_where_it_lies() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml");
    let file = SideFile::new(path).named("other");
    let asked = file.clone();
    let plan = Flow::lines()
        .map_fn(move |_, out: &mut Out<(), String>| {
            out.emit((), out.side_file(&asked).display().to_string());
        })
        .side_file(&file)
        .map_only()
        .plan();
    let ran = test::plan(&plan).lines([""]).run().unwrap();
    assert_eq!(ran.records::<(), String>().unwrap(), [((), path.to_owned())]);
}

#[test]
fn a_command_is_named_and_does_not_run() {
    let says = |part: &str| {
        format!(
            "the {part} is the command `python3 x.py`: a test runs linked code only; give what it writes to the next \
             part with `Flow::<Pairs<K, V>>::read()` and `pairs`, or run the job on a small input"
        )
    };
    let counted = || Flow::lines().map_command::<String, u64>("python3 x.py").fold(Sum);
    assert_eq!(fails(test::plan(&counted().plan())), says("mapper of step 1"));
    let filtered = Flow::lines().filter_command("python3 x.py").map_fn(cut).map_only().plan();
    assert_eq!(fails(test::plan(&filtered).lines(["a"])), says("filter of step 1"));
    let reduced = Flow::lines().map_fn(cut).reduce_command::<String, String>("python3 x.py");
    assert_eq!(fails(test::plan(&reduced.plan()).lines(["a"])), says("reducer of step 1"));
    let combined = Flow::lines()
        .map_fn(cut)
        .map_only()
        .shuffle()
        .combine_command("python3 x.py")
        .reduce_fn(listed)
        .plan();
    assert_eq!(fails(test::plan(&combined).lines(["a"])), says("combiner of step 2"));
}

#[test]
fn a_plan_whose_steps_do_not_fit_is_refused() {
    let plan = |steps| Plan::new("by hand", steps);
    assert_eq!(fails(test::plan(&plan(vec![]))), "the job has no steps");
    let mut step = Step::map_only(Part::Identity);
    let mut looped = plan(vec![step.clone()]);
    looped.loops.push(Repeat::new(0, 1, Source::Main, Arc::new(|_| Next::Stop)));
    assert_eq!(
        fails(test::plan(&looped)),
        "the loop over the steps 1 to 2 has steps that the job has not"
    );
    step.inputs[0].source = Source::Step(0);
    assert_eq!(
        fails(test::plan(&plan(vec![step]))),
        "step 1 reads what step 1 writes, which does not run before it"
    );
}
