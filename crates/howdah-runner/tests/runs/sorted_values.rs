//! Values in order: each key's values come sorted, whoever maps and reduces.

use howdah_plan::{
    CommandLine, FrameworkCounter, Part, Plan, RawMapper, RawReducer, RawValues, Step, TaskError,
    TaskOutput,
};
use howdah_runner::Splits;

use super::{Place, parts, quiet};

/// Emits what stands before and behind a line's first blank.
struct Pairs;

impl RawMapper for Pairs {
    fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let blank = line.iter().position(|&byte| byte == b' ').unwrap_or(line.len());
        out.records.key().extend_from_slice(&line[..blank]);
        out.records.value().extend_from_slice(line.get(blank + 1..).unwrap_or_default());
        out.records.end()
    }
}

/// Emits each key with its values, one behind the other.
struct Joined;

impl RawReducer for Joined {
    fn group(
        &mut self,
        key: &[u8],
        values: &mut dyn RawValues,
        out: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        let mut joined = Vec::new();
        while let Some(value) = values.next()? {
            joined.extend_from_slice(value);
            joined.push(b',');
        }
        out.records.key().extend_from_slice(key);
        out.records.value().extend_from_slice(&joined);
        out.records.end()
    }
}

/// The same as a command: a line is `key TAB value TAB`, as Hadoop Streaming writes a key of two fields.
const JOIN: &str = "awk -F'\\t' 'NF != 3 || $3 != \"\" { exit 9 }
    $1 != key || NR == 1 { if (NR > 1) print key \"\\t\" all; key = $1; all = \"\" }
    { all = all $2 \",\" }
    END { if (NR > 0) print key \"\\t\" all }'";

fn shell(script: &str) -> CommandLine {
    CommandLine::new(["sh", "-c", script])
}

/// Pairs and their values, by linked code.
pub(super) fn pairs() -> Plan {
    sorting(Part::mapper(|| Pairs), Part::reducer(|| Joined))
}

fn sorting(mapper: Part<dyn RawMapper>, reducer: Part<dyn RawReducer>) -> Plan {
    let mut step = Step::new(mapper, reducer);
    step.sort_values = true;
    step.reducers = Some(3);
    Plan::new("sorted values", vec![step])
}

#[test]
fn values_come_in_the_order_of_their_bytes() {
    let place = Place::new(&[("in", "b 2\na 10\nb \na 9\nb 2\na 1\tx\naa 0\nb 10\na\n")]);
    let plan = sorting(Part::mapper(|| Pairs), Part::reducer(|| Joined));
    let outcome = quiet(&plan, &place.options(&["in"], "out")).unwrap();
    let text: String = parts(&place.path("out")).into_values().collect();
    let mut lines: Vec<_> = text.lines().collect();
    lines.sort_unstable();
    assert_eq!(lines, ["a\t,1\tx,10,9,", "aa\t0,", "b\t,10,2,2,"]);
    assert_eq!(outcome.counters[0].framework(FrameworkCounter::ReduceInputRecords), 9);
    assert_eq!(outcome.counters[0].framework(FrameworkCounter::ReduceOutputRecords), 3);
}

#[test]
fn linked_code_and_commands_sort_alike_with_little_memory_and_much() {
    let line = |n: usize| format!("key{} {}\n", n % 37, n * 7919 % 10_007);
    let place = Place::new(&[("in", &(0..60_000).map(line).collect::<String>())]);
    let mut expected = None;
    let mappers = || [Part::mapper(|| Pairs), Part::Command(shell("tr ' ' '\\t'"))];
    let reducers = || [Part::reducer(|| Joined), Part::Command(shell(JOIN))];
    for (m, mapper) in mappers().into_iter().enumerate() {
        for (r, reducer) in reducers().into_iter().enumerate() {
            for (memory, workers) in [(1 << 30, 1), (8 << 20, 8)] {
                let mut options = place.options(&["in"], "out");
                (options.overwrite, options.splits) = (true, Splits::Of(100_000));
                (options.memory, options.workers) = (Some(memory), Some(workers));
                quiet(&sorting(mapper.clone(), reducer.clone()), &options).unwrap();
                let parts = parts(&place.path("out"));
                let expected = expected.get_or_insert_with(|| parts.clone());
                assert_eq!(&parts, expected, "mapper {m}, reducer {r}, {memory} bytes");
            }
        }
    }
    let parts = expected.unwrap();
    let values = |line: &str| -> Vec<String> {
        let values = line.split_once('\t').unwrap().1.trim_end_matches(',').split(',');
        values.map(str::to_owned).collect()
    };
    let groups: Vec<_> = parts.values().flat_map(|part| part.lines()).map(values).collect();
    assert_eq!(groups.len(), 37);
    assert_eq!(groups.iter().map(Vec::len).sum::<usize>(), 60_000);
    assert!(groups.iter().all(|values| values.is_sorted()));
}

#[test]
fn without_reduce_tasks_a_linked_mappers_records_stay_pairs() {
    let place = Place::new(&[("in", "b 2\na 1\n")]);
    let mut plan = sorting(Part::mapper(|| Pairs), Part::reducer(|| Joined));
    plan.steps[0].reducers = Some(0);
    quiet(&plan, &place.options(&["in"], "out")).unwrap();
    assert_eq!(parts(&place.path("out"))["part-00000"], "b\t2\na\t1\n");
}
