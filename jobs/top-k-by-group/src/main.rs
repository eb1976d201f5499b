//! The items with the highest scores of each group: the smallest job with a secondary sort.
//!
//! Map: each line's item goes to its group, with the score before it. Hadoop's name for what follows is secondary
//! sort: the values of a group reach the reducer in order, here the highest score first. Reduce: take the first few
//! and leave the rest unread. No group is ever held in memory, nor sorted by the job.

use howdah::{Bytes, Desc, Flow, Job, Mapper, Out, Plan, Reducer, Result, Values, clap, write};

/// The items with the highest scores of each group
///
/// Reads lines of `group TAB item TAB score`, writes `group TAB rank TAB item TAB score`. Other lines are rejected.
/// Items with equal scores are in the order of their names.
#[derive(clap::Args, Clone)]
struct TopKByGroup {
    /// How many items of each group
    #[arg(short = 'k', long, value_name = "K", default_value_t = 10)]
    #[arg(value_parser = clap::value_parser!(u32).range(1..))]
    top: u32,
}

/// An item of a group. Values are compared part by part as JSON writes them: items with equal scores by their names,
/// where `a b` comes before `a`, since a blank is smaller than the closing quote.
///
/// A score is a float, so that ratings and means are taken as well as counts; whole numbers are exact up to 2^53.
type Scored = (Desc<f64>, String);

/// Sends each item to its group.
#[derive(Clone)]
struct ByGroup;

impl Mapper<Bytes> for ByGroup {
    type Key = String;
    type Value = Scored;

    fn map(&mut self, line: &[u8], out: &mut Out<String, Scored>) -> Result {
        match parse(line) {
            Ok((group, item, score)) => out.emit(group, (Desc(score), item)),
            Err(reason) => out.reject(reason, line),
        }
        Ok(())
    }
}

/// Group, item and score of `group TAB item TAB score`; if it is no such line, why.
fn parse(line: &[u8]) -> Result<(&str, &str, f64), &'static str> {
    let line = str::from_utf8(line).map_err(|_| "it is not UTF-8")?;
    let columns: Vec<&str> = line.split('\t').collect();
    let [group, item, score] = columns[..] else { return Err("it does not have three columns") };
    let score = score.parse().map_err(|_| "its score is not a number")?;
    // Infinities and NaN have no place in an order.
    if f64::is_finite(score) { Ok((group, item, score)) } else { Err("its score is not finite") }
}

/// Passes the first items of each group on, with their ranks.
#[derive(Clone)]
struct First {
    items: u32,
}

impl Reducer<String, Scored> for First {
    type Key = String;
    type Value = (u32, String, f64);

    fn reduce(
        &mut self,
        group: &String,
        items: Values<Scored>,
        out: &mut Out<String, (u32, String, f64)>,
    ) -> Result {
        // The ranks come first in the zip, so that no item is read when there are no more of them.
        for (rank, (Desc(score), item)) in (1..=self.items).zip(items) {
            out.emit(group, (rank, item, score));
        }
        Ok(())
    }
}

impl Job for TopKByGroup {
    fn plan(&self) -> Plan {
        Flow::bytes()
            .map(ByGroup)
            .sort_values()
            .reduce(First { items: self.top })
            .write(write::Tsv)
            .plan()
    }
}

howdah::main!(TopKByGroup);

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_line_is_a_group_an_item_and_a_score() {
        assert_eq!(parse(b"fruit\tred apple\t4.5"), Ok(("fruit", "red apple", 4.5)));
        assert_eq!(parse("Obst\tÄpfel\t-1e3".as_bytes()), Ok(("Obst", "Äpfel", -1000.0)));
        assert_eq!(parse(b"\t\t7"), Ok(("", "", 7.0)));
    }

    #[test]
    fn other_lines_are_refused_with_a_reason() {
        for line in ["", "fruit", "fruit\tapple", "fruit\tapple\t1\t"] {
            assert_eq!(parse(line.as_bytes()), Err("it does not have three columns"), "{line:?}");
        }
        for line in
            ["fruit\tapple\t", "fruit\tapple\tbest", "fruit\tapple\t 1", "fruit\tapple\t1,5"]
        {
            assert_eq!(parse(line.as_bytes()), Err("its score is not a number"), "{line:?}");
        }
        for line in ["fruit\tapple\tNaN", "fruit\tapple\t-inf", "fruit\tapple\t1e999"] {
            assert_eq!(parse(line.as_bytes()), Err("its score is not finite"), "{line:?}");
        }
        assert_eq!(parse(b"fruit\tcaf\xe9\t1"), Err("it is not UTF-8"));
    }
}
