//! The framework allocates nothing for a record: what a job's own code does not allocate, is not allocated.

#![allow(clippy::unwrap_used)] // in helpers of tests, too

use howdah::{Flow, Identity, JsonLines, Mapper, Out, Pairs, Result, Sum, Text, Values};
use howdah_plan::{
    Part, Plan, RawMapper, RawReducer, RawValues, RecordSink, Reporter, TaskError, TaskInfo,
    TaskKind, TaskOutput,
};

/// Takes records, and keeps none.
struct Nowhere(Vec<u8>);

impl RecordSink for Nowhere {
    fn key(&mut self) -> &mut Vec<u8> {
        self.0.clear();
        &mut self.0
    }
    fn value(&mut self) -> &mut Vec<u8> {
        &mut self.0
    }
    fn end(&mut self) -> Result<(), TaskError> {
        Ok(())
    }
    fn abandon(&mut self) {
        self.0.clear();
    }
}

impl Reporter for Nowhere {
    fn count(&mut self, _: &str, _: &str, _: i64) {}
    fn status(&mut self, _: &str) {}
}

/// The same value, some times.
struct Again<'a>(u32, &'a [u8]);

impl RawValues for Again<'_> {
    fn next(&mut self) -> Result<Option<&[u8]>, TaskError> {
        self.0 = self.0.saturating_sub(1);
        Ok((self.0 > 0).then_some(self.1))
    }
}

/// How often `call` allocates, after it was called once to warm up.
fn allocations(mut call: impl FnMut(&mut TaskOutput<'_>) -> Result<(), TaskError>) -> u64 {
    let info = TaskInfo::new(0, TaskKind::Map, 0);
    let (mut records, mut reporter) = (Nowhere(Vec::new()), Nowhere(Vec::new()));
    let mut out = TaskOutput::new(&mut records, &mut reporter, &info);
    call(&mut out).unwrap();
    let measured = allocation_counter::measure(|| {
        for _ in 0..100 {
            call(&mut out).unwrap();
        }
    });
    measured.count_total
}

fn mapper(plan: &Plan) -> Box<dyn RawMapper> {
    match &plan.steps[0].inputs[0].mapper {
        Part::Linked(make) => make(),
        _ => unreachable!("a mapper is linked"),
    }
}

fn reducer(plan: &Plan) -> Box<dyn RawReducer> {
    match &plan.steps[0].reducer {
        Some(Part::Linked(make)) => make(),
        _ => unreachable!("a reducer is linked"),
    }
}

#[derive(Clone)]
struct Words;

impl Mapper<Text> for Words {
    type Key = (String, u8);
    type Value = Option<f64>;

    fn map(&mut self, line: &str, out: &mut Out<'_, (String, u8), Option<f64>>) -> Result {
        line.split(' ').for_each(|word| out.emit((word, 1), Some(0.1)));
        Ok(())
    }
}

#[test]
fn mapping_lines() {
    let mut mapper = mapper(&Flow::lines().map(Words).map_only().plan());
    let line = "what \"is\" emitted is written at once".as_bytes();
    assert_eq!(allocations(|out| mapper.map(line, out)), 0);
}

#[test]
fn mapping_records_of_an_earlier_step() {
    let mut mapper =
        mapper(&Flow::<Pairs<String, Vec<String>>>::read().map(Identity).map_only().plan());
    let line = b"\"a key of some length\"\t[\"a value\",\"and another\"]";
    assert_eq!(allocations(|out| mapper.map(line, out)), 0);
}

#[test]
fn mapping_json_documents() {
    let plan = Flow::<JsonLines<(String, u64)>>::read()
        .map_fn(|(name, n), out: &mut Out<'_, String, u64>| out.emit(name, n))
        .map_only()
        .plan();
    let mut mapper = mapper(&plan);
    assert_eq!(allocations(|out| mapper.map(br#"["name",7]"#, out)), 0);
}

#[test]
fn reducing_lent_values() {
    let plan = Flow::<Pairs<String, String>>::read()
        .map(Identity)
        .reduce_fn(
            |key: &String, mut values: Values<'_, String>, out: &mut Out<'_, String, usize>| {
                let mut bytes = 0;
                while let Some(value) = values.next_ref() {
                    bytes += value.len();
                }
                out.emit(key, bytes);
            },
        )
        .plan();
    let mut reducer = reducer(&plan);
    let group = |out: &mut TaskOutput<'_>| {
        reducer.group(br#""key""#, &mut Again(100, br#""some value""#), out)
    };
    assert_eq!(allocations(group), 0);
}

#[test]
fn folding() {
    let plan = Flow::lines()
        .map_fn(|line, out: &mut Out<'_, String, u64>| out.emit(line, 1))
        .fold(Sum)
        .plan();
    let mut reducer = reducer(&plan);
    assert_eq!(allocations(|out| reducer.group(b"\"a\"", &mut Again(100, b"17"), out)), 0);
    let make = plan.steps[0].fold.as_ref().unwrap();
    let mut table = make();
    let read = |_: &mut TaskOutput<'_>| {
        table.read(b"1")?;
        table.merge(&[0])
    };
    assert_eq!(allocations(read), 0);
    let give = |_: &mut TaskOutput<'_>| {
        assert!(table.give(&mut Some(1_u64)));
        table.merge(&[0])
    };
    assert_eq!(allocations(give), 0);
    assert!(!table.give(&mut Some(1_u32)), "another type");
}
