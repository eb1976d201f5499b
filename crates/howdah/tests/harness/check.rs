//! Jobs that are wrong in one way each, and what the check says of them.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use howdah::{
    Asc, Combiner, Flow, Fold, Identity, Mapped, Mapper, Max, Out, Output, Pairs, Reducer, Result,
    Sum, Text, ValueOut, Values, test,
};

use super::{SEEN, cut, listed, refused, word_count};

#[test]
fn a_right_job_passes_and_gives_what_a_run_gives() {
    let test = test::plan(&word_count()).lines(["b a", "", "b c b", "a"]);
    let (checked, ran) = (test.clone().check().unwrap(), test.run().unwrap());
    assert_eq!(checked.text(), ran.text());
    assert_eq!(checked.counter(&SEEN), 4);
    // Without any input, too; and with all that is ready made.
    assert_eq!(test::plan(&word_count()).check().unwrap().text(), "");
    let plan = Flow::lines()
        .map_fn(|line, out: &mut Out<String, u64>| out.emit(line, line.len() as u64))
        .fold(Max)
        .top(2)
        .plan();
    let ran = test::plan(&plan).lines(["a", "bb", "cc", "ddd", "a"]).check().unwrap();
    assert_eq!(ran.text(), "\"ddd\"\t3\n\"bb\"\t2\n");
}

#[test]
fn a_job_that_fails_in_any_case_fails_with_its_own_error() {
    let plan = Flow::lines()
        .map_fn(|line, _: &mut Out<(), ()>| Err::<(), _>(howdah::Error::new(line)))
        .map_only()
        .plan();
    assert_eq!(refused(test::plan(&plan).lines(["no"])), "no");
}

#[test]
fn a_reducer_that_keeps_the_order_of_values_is_found() {
    let plan = Flow::lines().map_fn(cut).reduce_fn(listed).plan();
    assert_eq!(
        refused(test::plan(&plan).lines(["b x", "a y", "b w"])),
        "the result changes when the values of each key come in reverse order\
         \n  key \"b\" of step 1 (`--step 0`)\
         \n    gave: \"b\"\t[\"x\",\"w\"]\
         \n    then: \"b\"\t[\"w\",\"x\"]\
         \n  which usually means: the reducer depends on the order of values, which Hadoop does not promise: sort \
         them, or say `sort_values`"
    );
}

#[test]
fn the_order_of_values_may_show_in_the_order_of_records_alone() {
    /// Gives each key's first value at once, and all others with the next key.
    #[derive(Clone, Default)]
    struct Late(Vec<String>);
    impl Reducer<String, String> for Late {
        type Key = ();
        type Value = String;
        fn reduce(
            &mut self,
            _: &String,
            mut values: Values<String>,
            out: &mut Out<(), String>,
        ) -> Result {
            self.0.drain(..).for_each(|late| out.emit((), late));
            values.next().into_iter().for_each(|first| out.emit((), first));
            self.0.extend(values);
            Ok(())
        }
        fn finish(&mut self, out: &mut Out<(), String>) -> Result {
            self.0.drain(..).for_each(|late| out.emit((), late));
            Ok(())
        }
    }
    let plan = Flow::lines().map_fn(cut).reducers(1).reduce(Late::default()).plan();
    let error = refused(test::plan(&plan).lines(["a x", "a y", "b z"]));
    assert!(error.contains("the order of the last step's records, at record 1"), "{error}");
    assert!(error.contains("the reducer depends on the order of values"), "{error}");
}

#[test]
fn the_order_of_values_in_the_output_is_nobodys_business() {
    let plan = Flow::lines()
        .map_fn(|word, out: &mut Out<Asc<usize>, String>| out.emit(Asc(word.len()), word))
        .reducers(1)
        .reduce_fn(|_, words, out: &mut Out<String, ()>| words.for_each(|w| out.emit(w, ())))
        .plan();
    let ran = test::plan(&plan).lines(["ccc", "b", "aaa", "a"]).check().unwrap();
    assert_eq!(ran.text(), "\"b\"\tnull\n\"a\"\tnull\n\"ccc\"\tnull\n\"aaa\"\tnull\n");
}

#[test]
fn a_mapper_that_keeps_state_across_splits_is_found() {
    let mut number = 0_u64;
    let plan = Flow::lines()
        .map_fn(move |line, out: &mut Out<String, u64>| {
            number += 1;
            out.emit(line, number);
        })
        .map_only()
        .plan();
    assert_eq!(
        refused(test::plan(&plan).lines(["a", "b", "c"])),
        "the result changes when each input file is cut into 2 splits\
         \n  the record `c` of step 1 (`--step 0`)\
         \n    gave: \"c\"\t3\
         \n    then: \"c\"\t1\
         \n  which usually means: the mapper keeps state from record to record across splits, where each split has \
         a mapper of its own; or the reducer does not put together what several mappers give"
    );
}

/// Gives, and counts, how many lines a split has.
#[derive(Clone, Default)]
struct Lines {
    n: u64,
    counts: bool,
}

impl Mapper<Text> for Lines {
    type Key = String;
    type Value = u64;
    fn map(&mut self, _: &str, _: &mut Out<String, u64>) -> Result {
        self.n += 1;
        Ok(())
    }
    fn finish(&mut self, out: &mut Out<String, u64>) -> Result {
        if self.counts {
            out.count(&SEEN, 1);
        }
        out.emit("lines", self.n);
        Ok(())
    }
}

#[test]
fn a_mapper_that_gathers_is_right_if_the_reducer_puts_together() {
    let mapped = || Flow::lines().map(Lines::default());
    let ran = test::plan(&mapped().fold(Sum).plan()).lines(["a", "b", "c"]).check().unwrap();
    assert_eq!(ran.text(), "\"lines\"\t3\n");
    // What the first step gives depends on the splits, and the second makes up for it.
    let later = mapped().map_only().shuffle().fold(Sum).plan();
    assert!(test::plan(&later).lines(["a", "b", "c"]).check().is_ok());
    let first = |key: &String, mut n: Values<u64>, out: &mut Out<String, u64>| {
        n.next().into_iter().for_each(|n| out.emit(key, n));
    };
    let error = refused(test::plan(&mapped().reduce_fn(first).plan()).lines(["a", "b", "c"]));
    assert!(error.contains("when there are splits without lines"), "{error}");
    assert!(error.contains("gave: \"lines\"\t3\n    then: \"lines\"\t0\n"), "{error}");
}

#[test]
fn a_counter_that_depends_on_the_splits_is_found() {
    let plan = Flow::lines().map(Lines { n: 0, counts: true }).fold(Sum).plan();
    assert_eq!(
        refused(test::plan(&plan).lines(["a", "b", "c"])),
        "the result changes when there are splits without lines\
         \n  the counter `seen` of `Test`\
         \n    gave: 1\
         \n    then: 3\
         \n  which usually means: the mapper gives something where it read nothing, as it does for an empty file"
    );
}

#[test]
fn a_reducer_that_keeps_state_from_key_to_key_is_found() {
    let ranked = |reducers: Option<u32>| {
        let mapped = Flow::lines().map_fn(|line, out: &mut Out<String, ()>| out.emit(line, ()));
        let mapped = reducers.into_iter().fold(mapped, Mapped::reducers);
        let mut rank = 0_u64;
        mapped
            .reduce_fn(move |key, _, out: &mut Out<String, u64>| {
                rank += 1;
                out.emit(key, rank);
            })
            .plan()
    };
    let lines = ["a", "b", "c", "d", "e"];
    for reducers in [None, Some(2)] {
        let error = refused(test::plan(&ranked(reducers)).lines(lines));
        assert!(error.contains("when there are several reduce tasks"), "{error}");
        assert!(error.contains("say `reducers(1)` if it must have all"), "{error}");
    }
    assert!(test::plan(&ranked(Some(1))).lines(lines).check().is_ok());
}

/// A combiner that gives some value of what it was given.
#[derive(Clone)]
struct Combine(fn(Vec<u64>) -> u64);

impl Combiner<String, u64> for Combine {
    fn combine(&mut self, _: &String, n: Values<u64>, out: &mut ValueOut<u64>) -> Result {
        out.emit((self.0)(n.collect()));
        Ok(())
    }
}

fn combined(combine: fn(Vec<u64>) -> u64) -> String {
    let plan = Flow::<Pairs<String, u64>>::read()
        .map(Identity)
        .combine(Combine(combine))
        .reduce(Sum)
        .plan();
    let pairs = [("a", 1), ("b", 2), ("a", 4), ("b", 5), ("a", 6)];
    match test::plan(&plan).pairs(pairs).check() {
        Ok(ran) => ran.text(),
        Err(error) => error.to_string(),
    }
}

#[test]
fn a_combiner_that_changes_the_result_is_found() {
    assert_eq!(combined(|n| n.iter().sum()), "\"a\"\t11\n\"b\"\t7\n");
    let error = combined(|n| n[0]);
    assert!(error.contains("when the combiner runs over all values of each key"), "{error}");
    assert!(
        error.contains("key \"a\" of step 1 (`--step 0`)\n    gave: \"a\"\t11\n    then: \"a\"\t1")
    );
    assert!(error.contains("the combiner changes the result"), "{error}");
    // Right for several values, and wrong for one: the sum, and one more for each it was asked for.
    let error = combined(|n| n.iter().sum::<u64>() + u64::from(n.len() == 1));
    assert!(error.contains("over the first half of each key's values"), "{error}");
    assert!(error.contains("key \"b\""), "{error}");
    // It is asked for each value by itself.
    let error = combined(|n| if n == [6] { 7 } else { n.iter().sum() });
    assert!(error.contains("over the second half of each key's values"), "{error}");
    let error = combined(|n| if n == [4] { 7 } else { n.iter().sum() });
    assert!(error.contains("the combiner runs over each value by itself"), "{error}");
    // And for what it gave before.
    let error = combined(|n| if n == [5, 6] { 7 } else { n.iter().sum() });
    assert!(error.contains("over halves, and over what it gave for them"), "{error}");
}

#[test]
fn a_combiner_that_fails_is_the_failure_of_that_way() {
    #[derive(Clone)]
    struct Refuses;
    impl Combiner<String, u64> for Refuses {
        fn combine(&mut self, _: &String, n: Values<u64>, out: &mut ValueOut<u64>) -> Result {
            let n: Vec<u64> = n.collect();
            if n.len() > 2 {
                return Err(howdah::Error::new("too many"));
            }
            for n in n {
                out.emit(n);
            }
            Ok(())
        }
    }
    let plan = Flow::<Pairs<String, u64>>::read().map(Identity).combine(Refuses).reduce(Sum).plan();
    let error = refused(test::plan(&plan).pairs([("a", 1), ("a", 2), ("a", 3)]));
    assert!(
        error.starts_with(
            "the job fails when the combiner runs over all values of each key\n  too many\n"
        ),
        "{error}"
    );
}

#[test]
fn a_reducer_that_needs_the_combiner_is_found() {
    let plan = Flow::<Pairs<String, u64>>::read()
        .map(Identity)
        .combine(Combine(|n| n.iter().sum()))
        .reduce_fn(|key, n, out: &mut Out<String, u64>| -> Result {
            let n: Vec<u64> = n.collect();
            if n.len() > 2 {
                return Err(howdah::Error::new("more than two"));
            }
            out.emit(key, n.iter().sum::<u64>());
            Ok(())
        })
        .plan();
    let error = refused(test::plan(&plan).pairs([("a", 1), ("a", 2), ("a", 3)]));
    assert!(error.starts_with("the job fails when the combiner never runs\n  more than two\n"));
}

/// A fold that gives the difference of all values from the first.
#[derive(Clone)]
struct Minus;

impl Fold<i64> for Minus {
    type Acc = i64;
    type Out = i64;
    fn lift(&self, n: i64) -> Result<i64> {
        Ok(n)
    }
    fn merge(&self, acc: &mut i64, other: i64) -> Result {
        *acc -= other;
        Ok(())
    }
    fn finish(&self, acc: i64) -> Result<i64> {
        Ok(acc)
    }
}

#[test]
fn a_fold_that_is_not_associative_is_found() {
    let plan = Flow::<Pairs<String, i64>>::read().map(Identity).fold(Minus).plan();
    // The same in any order, but not in any grouping.
    let error = refused(test::plan(&plan).pairs([("a", 1), ("a", 1), ("a", 1), ("a", 1)]));
    assert!(error.contains("over the second half of each key's values"), "{error}");
    assert!(error.contains("the combiner changes the result"), "{error}");
    let error = refused(test::plan(&plan).pairs([("a", 1), ("a", 2)]));
    assert!(error.contains("the reducer depends on the order of values"), "{error}");
}

#[test]
fn a_table_that_is_not_what_the_combiner_is_is_found() {
    let read = || Flow::<Pairs<String, u64>>::read().map(Identity);
    let mut plan = read().fold(Sum).plan();
    plan.steps[0].fold = read().fold(Max).plan().steps[0].fold.clone();
    let error = refused(test::plan(&plan).pairs([("a", 1), ("a", 2)]));
    assert!(error.contains("when a table of accumulators takes all values"), "{error}");
    assert!(error.contains("gave: \"a\"\t3\n    then: \"a\"\t2\n"), "{error}");
}

#[test]
fn what_shows_only_where_several_things_change_is_found() {
    /// The sum of a split's numbers.
    #[derive(Clone, Default)]
    struct Total(u64);
    impl Mapper<Text> for Total {
        type Key = ();
        type Value = u64;
        fn map(&mut self, line: &str, _: &mut Out<(), u64>) -> Result {
            self.0 += line.parse::<u64>()?;
            Ok(())
        }
        fn finish(&mut self, out: &mut Out<(), u64>) -> Result {
            if self.0 > 0 {
                out.emit((), self.0);
            }
            Ok(())
        }
    }
    // One value a split, and so in order until they are several and come in another one.
    let plan = Flow::lines()
        .map(Total::default())
        .reduce_fn(|(), values, out: &mut Out<bool, u64>| {
            let values: Vec<u64> = values.collect();
            out.emit(values.is_sorted(), values.iter().sum::<u64>());
        })
        .plan();
    let error = refused(test::plan(&plan).lines(["1", "2", "3", "7"]));
    assert!(error.contains("change at once\n"), "{error}");
    assert!(error.contains("gave: true\t13\n    then: false\t13\n"), "{error}");
}

#[test]
fn sums_of_floats_are_told_apart_from_mistakes() {
    let plan = Flow::<Pairs<String, f64>>::read().map(Identity).fold(Sum).plan();
    let sum = |numbers: [f64; 3]| test::plan(&plan).pairs(numbers.map(|x| ("a", x)));
    assert!(sum([0.5, 0.25, 4.0]).check().is_ok());
    let error = refused(sum([0.1, 0.2, 0.3]));
    assert!(error.contains("floats were added in another order"), "{error}");
}

#[test]
fn a_job_that_depends_on_chance_is_found() {
    let runs = Arc::new(AtomicU64::new(0));
    let plan = Flow::lines()
        .map_fn(move |line, out: &mut Out<String, u64>| {
            out.emit(line, runs.fetch_add(1, Ordering::Relaxed));
        })
        .map_only()
        .plan();
    let error = refused(test::plan(&plan).lines(["a"]));
    assert!(error.contains("when the job runs once more"), "{error}");
    assert!(error.contains("the order in which a `HashMap` gives its entries"), "{error}");
}

#[test]
fn named_outputs_and_rejects_are_compared() {
    const FIRST: Output<String, String> = Output::new("first");
    let plan = Flow::lines()
        .map_fn(cut)
        .reduce_fn(|key, mut values, out: &mut Out<String, usize>| {
            values.next().into_iter().for_each(|first| out.emit_to(&FIRST, key, first));
            out.emit(key, 0);
        })
        .plan();
    let error = refused(test::plan(&plan).lines(["a x", "a y"]));
    assert!(
        error.contains("the output `first`\n    gave: \"a\"\t\"x\"\n    then: \"a\"\t\"y\"\n"),
        "{error}"
    );
    let mut seen = BTreeSet::new();
    let plan = Flow::lines()
        .map_fn(move |line, out: &mut Out<String, ()>| {
            if !seen.insert(line.to_owned()) {
                out.reject("twice", line);
            }
        })
        .map_only()
        .plan();
    let error = refused(test::plan(&plan).lines(["a", "b", "a"]));
    assert!(
        error.contains("the rejected records\n    gave: a (twice)\n    then: nothing\n"),
        "{error}"
    );
}

#[test]
fn the_first_step_that_differs_is_named() {
    let plan = Flow::lines()
        .map_fn(cut)
        .reduce_fn(listed)
        .map_fn(|(key, values), out: &mut Out<String, String>| out.emit(key, &values[0]))
        .map_only()
        .plan();
    let error = refused(test::plan(&plan).lines(["a x", "a y"]));
    assert!(
        error.contains("key \"a\" of step 1 (`--step 0`)\n    gave: \"a\"\t[\"x\",\"y\"]"),
        "{error}"
    );
}

#[test]
fn many_records_are_not_all_shown() {
    let mut n = 0_u32;
    let plan = Flow::lines()
        .map_fn(move |_, out: &mut Out<u32, u32>| {
            n += 20;
            (0..20).for_each(|i| out.emit(0, n + i));
        })
        .map_only()
        .plan();
    let error = refused(test::plan(&plan).lines(["a", "b"]));
    assert_eq!(error.matches("and 12 more").count(), 2, "{error}");
}
