//! What a run is given: lines, pairs, files, and what is no input of the job.

use std::sync::Arc;

use howdah::{Flow, Identity, Out, Pairs, Plan, SideFile, Sum, Text, test};
use howdah_plan::{Next, Part, Repeat, Source, Step};

use super::{cut, fails, listed, word_count};

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
            "the {part} is the command `python3 x.py`: a test runs linked code only; run the job itself on a small \
             input"
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
