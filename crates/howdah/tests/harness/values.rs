//! How values reach their reducer: sorted, unmapped, by partitions.

use howdah::{Desc, Flow, Identity, Mean, Out, Pairs, Plan, Reducer, Result, Values, test};
use howdah_plan::{Part, Step};

use super::{cut, listed, refused};

#[test]
fn sorted_values_arrive_sorted_however_the_job_runs() {
    let plan = Flow::lines()
        .map_fn(|line, out: &mut Out<String, (Desc<u64>, String)>| -> Result {
            let mut words = line.split(' ');
            if let (Some(who), Some(n), Some(what)) = (words.next(), words.next(), words.next()) {
                out.emit(who, (Desc(n.parse::<u64>()?), what));
            }
            Ok(())
        })
        .sort_values()
        .reduce_fn(|who, all, out: &mut Out<String, Vec<String>>| {
            out.emit(who, all.map(|(_, what)| what).collect::<Vec<_>>());
        })
        .plan();
    let lines = ["b 9 x", "a 10 z", "b 100 y", "a 9 q", "b 9 w"];
    let ran = test::plan(&plan).lines(lines).check().unwrap();
    assert_eq!(ran.text(), "\"a\"\t[\"z\",\"q\"]\n\"b\"\t[\"y\",\"w\",\"x\"]\n");
}

#[test]
fn records_without_a_mapper_are_shuffled_as_they_are() {
    let plan = Flow::lines().map_fn(cut).map_only().shuffle().reduce_fn(listed).plan();
    let ran = test::plan(&plan).lines(["b x", "a y", "b w"]).run().unwrap();
    assert_eq!(ran.text(), "\"a\"\t[\"y\"]\n\"b\"\t[\"x\",\"w\"]\n");
    // A fold lifts what comes out of the shuffle without a mapper, too.
    let means = Flow::<Pairs<String, f64>>::read().map(Identity).map_only().shuffle();
    let pairs = [("a", 1.0), ("a", 2.0), ("a", 6.0)];
    let ran = test::plan(&means.fold(Mean).plan()).pairs(pairs).check().unwrap();
    assert_eq!(ran.text(), "\"a\"\t3.0\n");
}

#[test]
fn a_plan_of_no_code_at_all_sorts_its_lines() {
    let plan = Plan::new("sort", vec![Step::new(Part::Identity, Part::Identity)]);
    let ran = test::plan(&plan).lines(["b\t1\tx", "a", "b\t0"]).check().unwrap();
    assert_eq!(ran.text(), "a\t\nb\t1\tx\nb\t0\n");
}

#[test]
fn keys_that_begin_alike_are_in_one_reduce_task_if_the_job_says_so() {
    /// Numbers the pages of each host, which come one after the other.
    #[derive(Clone, Default)]
    struct Numbered {
        host: String,
        n: u64,
    }
    impl Reducer<(String, String), ()> for Numbered {
        type Key = String;
        type Value = u64;
        fn reduce(
            &mut self,
            (host, page): &(String, String),
            _: Values<()>,
            out: &mut Out<String, u64>,
        ) -> Result {
            self.n = if self.host == *host { self.n + 1 } else { 1 };
            self.host.clone_from(host);
            out.emit(format!("{host}{page}"), self.n);
            Ok(())
        }
    }
    let pages = || {
        Flow::lines().map_fn(|line, out: &mut Out<(String, String), ()>| {
            out.emit(line.split_once(' ').unwrap_or((line, "")), ());
        })
    };
    let lines = ["a /1", "b /1", "a /2", "b /2", "b /3", "a /3", "c /1", "c /2"];
    let by_host = pages().partition_by_first(1).reduce(Numbered::default()).plan();
    let ran = test::plan(&by_host).lines(lines).check().unwrap();
    assert!(ran.text().contains("\"b/3\"\t3\n"), "{}", ran.text());
    let by_page = pages().reduce(Numbered::default()).plan();
    let error = refused(test::plan(&by_page).lines(lines));
    assert!(error.contains("the reducer keeps state from key to key"), "{error}");
    let unknown = pages()
        .property("mapreduce.job.partitioner.class", "org.example.Mine")
        .reduce(Numbered::default())
        .plan();
    let error = refused(test::plan(&unknown).lines(lines));
    assert!(error.contains("the partitioner `org.example.Mine` is not one"), "{error}");
}
