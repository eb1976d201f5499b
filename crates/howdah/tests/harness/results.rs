//! What a run gives beside its records: steps, named outputs, rejects.

use howdah::test::{self, Ran};
use howdah::{Counter, Flow, Out, Output, Plan, Reducer, Result, Sum, Values, write};

use super::{SEEN, cut, listed};

const LONG: Output<String, u64> = Output::new("long");
const PLAIN: Output<(), String> = Output::with("plain", write::Lines);

fn sorted_out() -> Plan {
    Flow::lines()
        .map_fn(|line, out: &mut Out<String, u64>| match line.len() {
            0 => out.reject("blank", line),
            1 => out.emit_to(&PLAIN, (), line),
            n if n > 3 => out.emit_to(&LONG, line, n as u64),
            _ => out.emit(line, 1),
        })
        .fold(Sum)
        .map_fn(|(word, n), out: &mut Out<String, u64>| match n {
            1 => out.reject("once", word),
            _ => out.emit(word, n),
        })
        .map_only()
        .plan()
}

fn ran() -> Ran {
    let lines = ["ab", "abcd", "", "a", "ab", "cd", "abcde"];
    test::plan(&sorted_out()).lines(lines).check().unwrap()
}

#[test]
fn named_outputs_and_rejects_are_kept_apart_from_records() {
    let ran = ran();
    assert_eq!(ran.text(), "\"ab\"\t2\n");
    assert_eq!(ran.output_text("long"), "\"abcd\"\t4\n\"abcde\"\t5\n");
    assert_eq!(ran.output(&LONG).unwrap(), [("abcd".to_owned(), 4), ("abcde".to_owned(), 5)]);
    assert_eq!(ran.output_text("plain"), "a\n");
    assert_eq!(ran.output_text("other"), "");
    let rejects = [("blank", ""), ("once", "cd")];
    assert_eq!(ran.rejects(), rejects.map(|(why, what)| (why.to_owned(), what.to_owned())));
    assert_eq!(ran.counter(&Counter::new("howdah", "Rejected records")), 2);
    assert_eq!(ran.counter(&Counter::new("Output records", "long")), 2);
}

#[test]
fn an_output_that_is_no_json_is_read_as_text_only() {
    assert_eq!(
        ran().output(&PLAIN).unwrap_err().to_string(),
        "the output `plain` is not written as JSON pairs: use `output_text`"
    );
}

#[test]
fn each_step_can_be_looked_at() {
    let ran = ran();
    let counts = [("ab".to_owned(), 2), ("cd".to_owned(), 1)];
    assert_eq!(ran.step::<String, u64>(0).unwrap(), counts);
    assert_eq!(ran.step_text(1), ran.text());
    assert!(ran.step::<String, String>(0).is_err());
    let error = ran.step::<String, u64>(2).unwrap_err().to_string();
    assert_eq!(error, "the job has no step 2: it has 2, from 0");
}

#[test]
fn a_record_that_is_rejected_may_be_any_bytes() {
    let plan = Flow::bytes()
        .map_fn(|line, out: &mut Out<(), ()>| out.reject("bytes", line))
        .map_only()
        .plan();
    let ran = test::plan(&plan).lines([b"a\xff"]).run().unwrap();
    assert_eq!(ran.rejects(), [("bytes".to_owned(), "a\\xff".to_owned())]);
}

#[test]
fn what_a_reducer_without_records_writes_is_discarded() {
    #[derive(Clone)]
    struct Total(u64);
    impl Reducer<String, u64> for Total {
        type Key = ();
        type Value = u64;
        fn reduce(&mut self, _: &String, n: Values<u64>, _: &mut Out<(), u64>) -> Result {
            self.0 += n.sum::<u64>();
            Ok(())
        }
        fn finish(&mut self, out: &mut Out<(), u64>) -> Result {
            out.count(&SEEN, 1);
            out.emit_to(&Output::<(), u64>::new("totals"), (), self.0);
            out.emit((), self.0);
            Ok(())
        }
    }
    let mapped = Flow::lines().map_fn(|line, out: &mut Out<String, u64>| out.emit(line, 1));
    let test = test::plan(&mapped.reducers(1).reduce(Total(0)).plan());
    let some = test.clone().lines(["a", "b"]).check().unwrap();
    assert_eq!((some.text(), some.counter(&SEEN)), ("null\t2\n".to_owned(), 1));
    let none = test.run().unwrap();
    assert_eq!((none.text(), none.counter(&SEEN)), (String::new(), 0));
    assert_eq!(none.output_text("totals"), "");
}

#[test]
fn a_step_without_reduce_tasks_is_not_reduced() {
    let plan = Flow::lines().map_fn(cut).reducers(0).reduce_fn(listed).plan();
    let ran = test::plan(&plan).lines(["b x", "a y"]).check().unwrap();
    assert_eq!(ran.text(), "\"b\"\t\"x\"\n\"a\"\t\"y\"\n");
}
