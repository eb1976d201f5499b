//! What plan files say, and what is refused.

use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::plan::make;
use crate::task::{RawMapper, TaskOutput};
use crate::{Next, Repeat, TaskError};

fn refusal(plan: &serde_json::Value) -> String {
    Plan::from_json(&plan.to_string()).unwrap_err().to_string()
}

/// A plan of one step, which is changed.
fn refused_step(change: impl FnOnce(&mut serde_json::Value)) -> String {
    let mut plan = json!({
        "schema": "howdah.plan/1",
        "name": "words",
        "steps": [{
            "inputs": [{"mapper": {"type": "identity"}}],
            "reducer": {"type": "command", "argv": ["uniq", "-c"]},
        }],
    });
    change(&mut plan["steps"][0]);
    refusal(&plan)
}

#[test]
fn what_goes_without_saying_may_be_left_out() {
    let plan = json!({
        "schema": "howdah.plan/1",
        "name": "words",
        "steps": [
            {"inputs": [{"mapper": {"type": "command", "argv": ["./map.py"]}}], "files": [{"path": "src/map.py"}]},
            {"inputs": [{"mapper": {"type": "identity"}}], "reducer": {"type": "identity"}},
        ],
    });
    let plan = Plan::from_json(&plan.to_string()).unwrap().with_files_of("/plans".as_ref());
    let [first, second] = plan.steps.as_slice() else { panic!("{plan:?}") };
    assert_eq!(first.inputs[0].source, Source::Main);
    assert_eq!(second.inputs[0].source, Source::Step(0));
    assert!(first.reducer.is_none());
    assert_eq!(first.output, RecordLayout::KeyValue);
    let file =
        SideFile { path: "/plans/src/map.py".into(), name: "map.py".to_owned(), is_archive: false };
    assert_eq!(first.files, [file]);
}

#[test]
fn another_schema_is_refused() {
    assert_eq!(
        refusal(&json!({"schema": "howdah.plan/2", "stages": 3})),
        "schema: this is a plan of version 2\n\
         hint: this howdah reads `howdah.plan/1`: get another howdah, or write that"
    );
    assert_eq!(
        refusal(&json!({"schema": "howdah.summary/1"})),
        "schema: `howdah.summary/1` is not a plan\nhint: a plan's schema is `howdah.plan/1`"
    );
    assert_eq!(
        refusal(&json!({})),
        "this is no plan: it has no `schema`\nhint: a plan's first line says `\"schema\": \"howdah.plan/1\"`"
    );
    assert_eq!(refusal(&json!({"schema": 1})), "schema: here must be text, and is a number");
    assert_eq!(refusal(&json!([])), "here must be an object, and is a list");
}

#[test]
fn what_is_no_json_is_named_by_its_place() {
    let says = |text: &str| Plan::from_json(text).unwrap_err().to_string();
    assert_eq!(says("{\n  x"), "line 2, column 3: this is no JSON: key must be a string");
    assert_eq!(says(""), "line 1, column 0: this is no JSON: EOF while parsing a value");
    assert_eq!(
        says("{\"name\": \"a\",\n\"name\": \"b\"}"),
        "line 2, column 6: this is no JSON: the field `name` is there twice"
    );
}

#[test]
fn code_cannot_stand_in_a_file() {
    struct Nothing;
    impl RawMapper for Nothing {
        fn map(&mut self, _: &[u8], _: &mut TaskOutput<'_>) -> Result<(), TaskError> {
            Ok(())
        }
    }
    let linked = Part::Linked(make::<dyn RawMapper>(|| Box::new(Nothing)));
    let plan = Plan::new("words", vec![Step::map_only(linked)]);
    assert_eq!(
        refusal(&serde_json::to_value(plan).unwrap()),
        "steps[0].inputs[0].mapper: this part is code that is linked into the program that wrote the plan\n\
         hint: run that program itself, as `words run`; or name its task by a command, as \
         {\"type\": \"command\", \"argv\": [\"./words\", \"map\", \"--step\", \"0\"]}"
    );
    let mut plan = Plan::new("rounds", vec![Step::map_only(Part::Identity)]);
    let decide: crate::Decide = std::sync::Arc::new(|_| Next::Stop);
    plan.loops.push(Repeat::new(0, 0, Source::Main, decide));
    assert_eq!(
        refusal(&serde_json::to_value(plan).unwrap()),
        "loops: a loop asks code after each round whether there is another, and a file has none\n\
         hint: run the program that has the loop, or submit the steps again and again from a script"
    );
}

#[test]
fn sources_are_there_and_come_before() {
    let source =
        |source: serde_json::Value| refused_step(|step| step["inputs"][0]["source"] = source);
    assert_eq!(
        source(json!({"step": 3})),
        "steps[0].inputs[0].source.step: there is no step 3: the plan has 1, counted from 0"
    );
    assert_eq!(
        source(json!({"step": 0})),
        "steps[0].inputs[0].source.step: step 0 cannot read what step 0 writes, which does not come before it"
    );
    assert_eq!(
        source(json!({"step": -1})),
        "steps[0].inputs[0].source.step: here must be a number, whole and not too large, and is another"
    );
    let forms = "\nhint: a source is `\"main\"`, `{\"named\": \"users\"}` or `{\"step\": 0}`";
    assert_eq!(
        source(json!("users")),
        format!("steps[0].inputs[0].source: there is no source `users`{forms}")
    );
    assert_eq!(
        source(json!({"named": "a", "step": 0})),
        format!("steps[0].inputs[0].source: this is no source{forms}")
    );
    assert!(source(json!({"named": "a/b"})).contains("`a/b` is no name for an input"));
    assert!(source(json!({"named": "main"})).contains("how howdah itself calls an input"));
    assert_eq!(
        refused_step(|step| {
            let input = step["inputs"][0].clone();
            step["inputs"].as_array_mut().unwrap().push(input);
        }),
        "steps[0].inputs[1].source: the step reads `main` already\n\
         hint: each input of a step has another source: give it one by `source`"
    );
}

#[test]
fn what_is_missing_or_too_much_is_named() {
    let says = |change: fn(&mut serde_json::Value)| refused_step(change);
    assert_eq!(
        says(|step| step["redcuer"] = json!(null)),
        "steps[0]: a step has no field `redcuer`\n\
         hint: it has `inputs`, `combiner`, `reducer`, `sort_values`, `reducers`, `output`, `outputs`, `codec`, `files`, \
         `properties`"
    );
    assert_eq!(says(|step| *step = json!({})), "steps[0]: a step needs `inputs`");
    assert_eq!(
        says(|step| step["inputs"] = json!([])),
        "steps[0].inputs: a step reads one input at least"
    );
    assert_eq!(
        says(|step| step["inputs"] = json!([{}])),
        "steps[0].inputs[0]: an input of a step needs `mapper`"
    );
    assert_eq!(
        says(|step| step["reducer"] = json!({"type": "command", "argv": []})),
        "steps[0].reducer.argv: a command needs a program\n\
         hint: a command is a list of words, as `[\"python3\", \"map.py\"]`; there is no shell"
    );
    assert_eq!(
        says(|step| step["reducer"] = json!({"type": "command", "argv": "uniq -c"})),
        "steps[0].reducer.argv: here must be a list, and is text"
    );
    assert_eq!(
        says(|step| step["reducer"] = json!({"type": "java"})),
        "steps[0].reducer.type: there is no part of the type `java`\n\
         hint: a part is of the type `command`, with its `argv`, or `identity`"
    );
    assert_eq!(
        says(|step| step["reducer"] = json!({"type": "identity", "argv": ["a"]})),
        "steps[0].reducer: a part of a step has no field `argv`\nhint: it has `type`"
    );
    assert_eq!(
        says(|step| step["properties"] = json!({"a.b": 1})),
        "steps[0].properties[\"a.b\"]: here must be text, and is a number"
    );
    assert_eq!(
        refusal(&json!({"schema": "howdah.plan/1", "name": "x", "steps": []})),
        "steps: a plan has one step at least"
    );
}

#[test]
fn what_does_not_go_together_is_refused() {
    let says = |change: fn(&mut serde_json::Value)| refused_step(change);
    assert!(
        says(|step| {
            step["combiner"] = step["reducer"].clone();
            step["sort_values"] = json!(true);
        })
        .starts_with("steps[0].combiner: a step that sorts its values cannot have a combiner")
    );
    for name in ["combiner", "sort_values", "reducers"] {
        let says = refused_step(|step| {
            let part = step["reducer"].take();
            step[name] = match name {
                "combiner" => part,
                "reducers" => json!(3),
                _ => json!(true),
            };
        });
        assert!(
            says.starts_with(&format!("steps[0].{name}: it has no meaning in a step")),
            "{says}"
        );
    }
    assert!(
        says(|step| step["files"] = json!([{"path": "a/x"}, {"path": "b/x"}]))
            .starts_with("steps[0].files[1].name: another file of the step is called `x`")
    );
    assert!(says(|step| step["files"] = json!([{"path": "a/.."}])).contains("under the name ``"));
    assert!(
        says(|step| step["files"] = json!([{"path": "a", "name": "b/c"}]))
            .contains("give it a `name` without `/`")
    );
    assert!(says(|step| step["outputs"] = json!(["part-x"])).contains("no name for an output"));
    assert!(
        says(|step| {
            step["inputs"][0]["filter"] = json!(["cat"]);
            step["inputs"][0]["whole_files"] = json!(true);
        })
        .contains("whole files have no lines")
    );
}

fn word() -> impl Strategy<Value = String> {
    "[^\0]{0,12}"
}

fn command_line() -> impl Strategy<Value = CommandLine> {
    ("[^\0]{1,12}", prop::collection::vec(word(), 0..4))
        .prop_map(|(program, words)| CommandLine::new(std::iter::once(program).chain(words)))
}

fn part<T: ?Sized + 'static>() -> impl Strategy<Value = Part<T>> {
    prop::option::of(command_line())
        .prop_map(|command| command.map_or(Part::Identity, Part::Command))
}

prop_compose! {
    fn reducing()(
        reducer in part(),
        extra in 0..3,
        combiner in part(),
        reducers in prop::option::of(0u32..9),
    ) -> (Part<dyn crate::RawReducer>, Option<Part<dyn crate::RawReducer>>, bool, Option<u32>) {
        (reducer, (extra == 1).then_some(combiner), extra == 2, reducers)
    }
}

prop_compose! {
    fn step()(
        mappers in prop::collection::vec((part(), prop::option::of(command_line()), any::<bool>()), 1..4),
        reducing in prop::option::of(reducing()),
        is_line in any::<bool>(),
        outputs in prop::collection::vec("[a-z][a-z0-9._-]{0,5}", 0..3),
        codec in prop::option::of("[a-z]{1,6}"),
        files in prop::collection::btree_map("[a-z]{1,6}", ("[a-z/]{1,9}", any::<bool>()), 0..3),
        properties in prop::collection::btree_map(word(), word(), 0..3),
    ) -> Step {
        let mut step = Step::map_only(Part::Identity);
        step.inputs = mappers.into_iter().enumerate().map(|(number, (mapper, filter, whole))| {
            let mut input = StepInput::new(Source::Named(format!("in-{number}")), mapper);
            (input.whole_files, input.filter) = (whole, filter.filter(|_| !whole));
            input
        }).collect();
        if let Some((reducer, combiner, sort_values, reducers)) = reducing {
            (step.reducer, step.combiner) = (Some(reducer), combiner);
            (step.sort_values, step.reducers) = (sort_values, reducers);
        }
        step.output = if is_line { RecordLayout::Line } else { RecordLayout::KeyValue };
        (step.outputs, step.codec, step.properties) = (outputs, codec, properties);
        step.outputs.retain(|name| !name.starts_with("part-"));
        step.files = files.into_iter().map(|(name, (path, is_archive))| {
            SideFile { path: path.into(), name, is_archive }
        }).collect();
        step
    }
}

prop_compose! {
    fn plan()(
        name in "[^\0]{1,12}",
        steps in prop::collection::vec((step(), any::<prop::sample::Index>(), any::<bool>()), 1..5),
    ) -> Plan {
        let steps = steps.into_iter().enumerate().map(|(number, (mut step, before, reads_main))| {
            step.inputs[0].source = match number {
                _ if reads_main => Source::Main,
                0 => Source::Named("first".to_owned()),
                number => Source::Step(before.index(number)),
            };
            step
        });
        Plan::new(name, steps.collect())
    }
}

proptest! {
    #[test]
    fn a_plan_of_commands_is_read_back(plan in plan()) {
        let text = serde_json::to_string_pretty(&plan).unwrap();
        let back = Plan::from_json(&text).map_err(|error| TestCaseError::fail(error.to_string()))?;
        prop_assert_eq!(serde_json::to_value(&back).unwrap(), serde_json::to_value(&plan).unwrap());
        prop_assert_eq!(format!("{:?}", back), format!("{:?}", plan));
    }

    /// Fields dropped, set to something else, or renamed somewhere in a plan: an error or a plan, never a panic.
    #[test]
    fn nothing_panics_on_a_plan_that_was_changed(
        plan in plan(),
        places in prop::collection::vec(any::<prop::sample::Index>(), 1..4),
        value in prop_oneof![
            Just(json!(null)), Just(json!([])), Just(json!({})), Just(json!(-1)), Just(json!(1e300)),
            Just(json!(u64::MAX)), Just(json!("main")), Just(json!({"step": 0})), Just(json!(true)),
        ],
    ) {
        let mut document = serde_json::to_value(&plan).unwrap();
        for place in places {
            let mut all = Vec::new();
            pointers(&document, String::new(), &mut all);
            let pointer = &all[place.index(all.len())];
            *document.pointer_mut(pointer).unwrap() = value.clone();
        }
        let _ = Plan::from_json(&document.to_string());
    }

    #[test]
    fn nothing_panics_on_any_text(text in "\\PC{0,60}", cut in 0usize..400) {
        let _ = Plan::from_json(&text);
        let whole = include_str!("example.json");
        if let Some(part) = whole.get(..cut.min(whole.len())) {
            prop_assert!(Plan::from_json(part).is_err() || part.trim_end() == whole.trim_end());
            let _ = Plan::from_json(&format!("{part}{text}"));
        }
    }
}

/// The JSON pointers of all values in a document.
fn pointers(value: &serde_json::Value, at: String, all: &mut Vec<String>) {
    let escaped = |name: &str| name.replace('~', "~0").replace('/', "~1");
    match value {
        serde_json::Value::Array(values) => {
            for (number, value) in values.iter().enumerate() {
                pointers(value, format!("{at}/{number}"), all);
            }
        }
        serde_json::Value::Object(fields) => {
            for (name, value) in fields {
                pointers(value, format!("{at}/{}", escaped(name)), all);
            }
        }
        _ => {}
    }
    all.push(at);
}
