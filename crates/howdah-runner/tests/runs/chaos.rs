//! Runs in which what may go wrong goes wrong: the output is that of a calm one.

use std::collections::BTreeMap;
use std::sync::Mutex;

use howdah_plan::{
    CommandLine, Counters, Event, FrameworkCounter, Next, Part, Plan, Repeat, Source, Step,
};
use howdah_runner::{RunOptions, Splits, run};

use super::{Place, side_outputs, sorted_values, text, tree, word_count};

fn shell(script: &str) -> CommandLine {
    CommandLine::new(["sh", "-c", script])
}

/// Words by linked code; lines by commands with a combiner; values in order; outputs with names and rejects; a loop.
fn plans() -> Vec<Plan> {
    let mut commands = Step::new(
        Part::Command(shell("tr ' ' '\\n' | grep . | sed 's/$/\t1/'")),
        Part::Command(shell(
            "awk -F'\t' '{ sums[$1] += $2 } END { for (word in sums) print word \"\t\" sums[word] }' | sort",
        )),
    );
    commands.combiner = Some(Part::Command(shell(
        "awk -F'\t' 'NR > 1 && $1 != key { print key \"\t\" sum; sum = 0 } { key = $1; sum += $2 } \
         END { if (NR) print key \"\t\" sum }'",
    )));
    let beside = Plan::chain(
        "beside",
        vec![
            Step::new(side_outputs::mapper(), side_outputs::reducer()),
            Step::map_only(Part::Command(shell("sed 's/^/x/'"))),
        ],
    );
    let mut looped =
        Plan::new("loop", vec![Step::new(Part::Command(shell("cut -f1")), Part::Identity)]);
    let twice = |round: &mut howdah_plan::Round<'_>| {
        if round.number() < 2 { Next::Again } else { Next::Stop }
    };
    looped.loops.push(Repeat::new(0, 0, Source::Main, std::sync::Arc::new(twice)));
    vec![
        word_count(),
        Plan::new("commands", vec![commands]),
        sorted_values::pairs(),
        beside,
        looped,
    ]
}

fn options(place: &Place) -> RunOptions {
    let mut options = place.options(&["in"], "out");
    options.workers = Some(3);
    options.splits = Splits::Of(60 << 10);
    options.overwrite = true;
    options
}

/// What the run of a plan gives.
struct Outcome {
    output: BTreeMap<String, String>,
    /// Of each step.
    counted: Vec<Vec<(String, i64)>>,
    /// How often it was told of what.
    told: BTreeMap<String, u32>,
}

fn outcome(place: &Place, plan: &Plan, options: &RunOptions) -> Outcome {
    let told = Mutex::new(BTreeMap::new());
    let events = |event: Event| match event {
        Event::Warning { slug, .. } | Event::AttemptFailed { slug, .. } => {
            *told.lock().unwrap().entry(slug).or_insert(0) += 1;
        }
        _ => {}
    };
    let outcome =
        run(plan, options, &events).unwrap_or_else(|error| panic!("{}: {error}", plan.name));
    let counted = outcome.counters.iter().map(decisive).collect();
    Outcome { output: tree(place), counted, told: told.into_inner().unwrap() }
}

/// The counters that no buffer and no attempt may change.
fn decisive(counters: &Counters) -> Vec<(String, i64)> {
    [
        FrameworkCounter::MapInputRecords,
        FrameworkCounter::MapOutputRecords,
        FrameworkCounter::ReduceInputGroups,
        FrameworkCounter::ReduceOutputRecords,
    ]
    .into_iter()
    .map(|counter| (format!("{counter:?}"), counters.framework(counter)))
    .chain([("seen".to_owned(), counters.get("Words", "seen"))])
    .collect()
}

/// `HOWDAH_CHAOS_SEEDS=300` tries so many.
#[test]
fn chaos_does_not_show_in_the_output() {
    let seeds = std::env::var("HOWDAH_CHAOS_SEEDS").map_or(6, |seeds| seeds.parse().unwrap());
    let lines = text(12_000).replace("word5 ", "late ").replace("word7 ", "bad ");
    let place = Place::new(&[("in", &lines)]);
    let mut told: BTreeMap<String, u32> = BTreeMap::new();
    for plan in plans() {
        let calm = outcome(&place, &plan, &options(&place));
        assert!(!calm.told.contains_key("howdah::chaos"));
        for seed in 0..seeds {
            let mut options = options(&place);
            options.chaos = Some(seed);
            let struck = outcome(&place, &plan, &options);
            assert!(struck.output == calm.output, "{} of seed {seed}", plan.name);
            assert_eq!(struck.counted, calm.counted, "{} of seed {seed}", plan.name);
            assert_eq!(place.names(), ["in", "out"], "{} of seed {seed}", plan.name);
            for (slug, times) in struck.told {
                *told.entry(slug).or_default() += times;
            }
        }
    }
    // Each run says that it is one of chaos; all other tellings are of attempts.
    let struck = told["howdah::chaos"] - 5 * u32::try_from(seeds).unwrap();
    assert!(struck > 100, "{struck} attempts");
    assert!(told["howdah::damaged-spill"] > 10, "{told:?}");
    println!("{seeds} seeds: {told:?}");
}
