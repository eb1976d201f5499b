//! Loops and looks at counters.

use howdah::{
    Combiner, Counter, Flow, Identity, Mapper, Next, Out, Pairs, Plan, Property, Result, Sum,
    ValueOut, Values, test,
};

use super::{SEEN, fails, refused};

const CHANGED: Counter = Counter::new("Numbers", "changed");
const STEP: Property<u64> = Property::new("numbers.step");

type Numbers = Flow<Pairs<String, u64>>;

fn add(n: u64) -> impl Fn(Numbers) -> Numbers {
    move |numbers| {
        numbers
            .map_fn(move |(name, x), out: &mut Out<String, u64>| out.emit(name, x + n))
            .map_only()
    }
}

fn halve(numbers: Numbers) -> Numbers {
    numbers
        .map_fn(|(name, n), out: &mut Out<String, u64>| {
            let even = n % 2 == 0 && *n > 0;
            out.count(&CHANGED, even.into());
            out.emit(name, if even { n / 2 } else { *n });
        })
        .map_only()
}

fn until_odd(numbers: Numbers) -> Numbers {
    numbers.repeat(halve, |round| {
        let changed = round.counter(&CHANGED);
        round.say(format!("round {}: {changed} changed", round.number()));
        if changed == 0 { Next::Stop } else { Next::Again }
    })
}

fn read() -> Numbers {
    Flow::read()
}

#[test]
fn a_loop_runs_until_its_counters_say_stop() {
    let ran = test::plan(&until_odd(read()).plan()).pairs([("a", 12), ("b", 7)]).check().unwrap();
    assert_eq!(ran.text(), "\"a\"\t3\n\"b\"\t7\n");
    assert_eq!(ran.rounds(), 3);
    assert_eq!(ran.messages(), ["round 1: 1 changed", "round 2: 1 changed", "round 3: 0 changed"]);
    assert_eq!(ran.counter(&CHANGED), 2);
}

#[test]
fn loops_within_loops_begin_anew() {
    // 12 → 3 → 2 → 1 → 0: halved until odd, less one, and that twice.
    let plan = read()
        .repeat_times(2, |numbers| {
            until_odd(numbers)
                .map_fn(|(name, n), out: &mut Out<String, u64>| out.emit(name, n - 1))
                .map_only()
        })
        .plan();
    let ran = test::plan(&plan).pairs([("a", 12)]).check().unwrap();
    assert_eq!(ran.text(), "\"a\"\t0\n");
    assert_eq!(ran.rounds(), 2);
    let rounds = ran.messages().iter().map(|said| said.chars().nth(6).unwrap());
    assert_eq!(rounds.collect::<String>(), "12312");
    assert_eq!(ran.step_text(0), "\"a\"\t1\n");
}

#[test]
fn loops_that_share_all_their_steps_multiply() {
    let inner = |numbers: Numbers| numbers.repeat_times(3, add(1));
    let plan = read().repeat_times(2, inner).plan();
    let ran = test::plan(&plan).pairs([("a", 0)]).run().unwrap();
    assert_eq!((ran.text().as_str(), ran.rounds()), ("\"a\"\t6\n", 2));
    let plan = add(10)(read()).repeat_times(2, inner).repeat_times(2, add(100)).plan();
    let ran = test::plan(&plan).pairs([("a", 0)]).run().unwrap();
    assert_eq!(ran.text(), "\"a\"\t216\n");
    assert_eq!(ran.step_text(0), "\"a\"\t10\n");
}

#[test]
fn a_round_sees_the_counters_of_its_own_steps_alone() {
    let plan = until_odd(add(0)(until_odd(halve(read())))).plan();
    let ran = test::plan(&plan).pairs([("a", 8)]).run().unwrap();
    assert_eq!(
        ran.messages(),
        ["round 1: 1 changed", "round 2: 1 changed", "round 3: 0 changed", "round 1: 0 changed"]
    );
    assert_eq!((ran.rounds(), ran.counter(&CHANGED)), (3, 3));
}

#[test]
fn what_does_not_depend_on_the_loop_runs_once() {
    let plan = read()
        .repeat_times(3, |numbers| {
            let added = Flow::<Pairs<String, u64>>::input("added")
                .map_fn(|(name, n), out: &mut Out<String, u64>| {
                    out.count(&SEEN, 1);
                    out.emit(name, n);
                })
                .map_only();
            numbers.map(Identity).and(added.map(Identity)).fold(Sum)
        })
        .plan();
    let test = test::plan(&plan).pairs([("a", 1)]).input_pairs("added", [("a", 2), ("b", 1)]);
    let ran = test.check().unwrap();
    assert_eq!(ran.text(), "\"a\"\t7\n\"b\"\t3\n");
    assert_eq!(ran.counter(&SEEN), 2);
}

#[test]
fn a_round_sets_properties_for_all_tasks_behind_it() {
    let grow = |numbers: Numbers| {
        numbers
            .map_fn(|(name, n), out: &mut Out<String, u64>| -> Result {
                let step = out.get(&STEP)?.unwrap_or(1);
                out.emit(name, n + step);
                Ok(())
            })
            .map_only()
    };
    let plan = grow(read().repeat(grow, |round| {
        round.set(&STEP, u64::from(round.number()) * 10);
        if round.number() < 3 { Next::Again } else { Next::Stop }
    }))
    .plan();
    let ran = test::plan(&plan).pairs([("a", 0)]).property("numbers.step", "2").run().unwrap();
    assert_eq!(ran.text(), format!("\"a\"\t{}\n", 2 + 10 + 20 + 30));
}

#[test]
fn a_look_at_a_step_sees_its_counters_alone_and_no_combiners() {
    #[derive(Clone)]
    struct Counting;
    impl Combiner<String, u64> for Counting {
        fn combine(&mut self, _: &String, n: Values<u64>, out: &mut ValueOut<u64>) -> Result {
            out.count(&SEEN, 100);
            out.emit(n.sum::<u64>());
            Ok(())
        }
    }
    let counted = |(word, n): (&String, &u64), out: &mut Out<String, u64>| {
        out.count(&SEEN, 1);
        out.emit(word, n);
    };
    let plan = read()
        .map_fn(counted)
        .map_only()
        .map_fn(counted)
        .combine(Counting)
        .reduce(Sum)
        .after(|round| {
            let (number, seen) = (round.number(), round.counter(&SEEN));
            round.say(format!("{number}: {seen}"));
        })
        .plan();
    let ran = test::plan(&plan).pairs([("a", 1), ("a", 2), ("b", 3)]).check().unwrap();
    assert_eq!(ran.messages(), ["1: 3"]);
    assert_eq!(ran.counter(&SEEN), 6);
    assert_eq!(ran.rounds(), 0);
}

#[test]
fn a_loop_that_fails_or_never_stops_is_an_error() {
    let failing = read().repeat(add(1), |round| match round.number() {
        2 => Next::Fail("it grows".to_owned()),
        _ => Next::Again,
    });
    let test = |plan: &Plan| test::plan(plan).pairs([("a", 0)]);
    assert_eq!(fails(test(&failing.plan())), "the loop fails after round 2: it grows");
    let endless = read().repeat(add(0), |_| Next::Again).plan();
    assert_eq!(
        fails(test(&endless)),
        "the loop over step 1 has not stopped after 10000 rounds: let its decision give `Next::Stop`, or \
         `Next::Fail` at a limit of its own"
    );
    let endless = read().repeat(|x| add(0)(add(0)(x)), |_| Next::Again).plan();
    assert!(fails(test(&endless)).starts_with("the loop over the steps 1 to 2 has"));
}

#[test]
fn a_check_compares_the_rounds_too() {
    /// Counts a change in each task that reads anything, rather than in each record.
    #[derive(Clone, Default)]
    struct Careless(bool);
    impl Mapper<Pairs<String, u64>> for Careless {
        type Key = String;
        type Value = u64;
        fn map(&mut self, (name, _): (&String, &u64), out: &mut Out<String, u64>) -> Result {
            if !std::mem::replace(&mut self.0, true) {
                out.count(&CHANGED, 1);
            }
            out.emit(name, 0);
            Ok(())
        }
    }
    let plan = read()
        .repeat(
            |numbers| numbers.map(Careless::default()).map_only(),
            |round| match round.counter(&CHANGED) {
                1 if round.number() < 2 => Next::Again,
                _ => Next::Stop,
            },
        )
        .plan();
    let error = refused(test::plan(&plan).pairs([("a", 1), ("b", 1), ("c", 1)]));
    assert!(error.contains("the rounds of the loop that begins with step 1"), "{error}");
}
