//! Some lines of many, chosen by lot: mrjob's `mr_log_sampler`.
//!
//! Each line draws a number, and those with the smallest numbers are taken. mrjob's lots differ with each
//! run; here they are hashes of a number and the line, so that a run can be made again.

use classics::{Line, sha1};
use howdah::{Asc, Flow, Job, Mapper, Out, Plan, Reducer, Result, Values, clap, write};

/// So many more lines than the sample needs are drawn on average, if their number is known.
const MARGIN: f64 = 1.2;

/// Takes a sample of lines
#[derive(clap::Args, Clone)]
struct LogSampler {
    /// How many lines to take
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    sample_size: u64,
    /// About how many lines there are; then only some of them are sorted
    #[arg(long, value_name = "N", value_parser = clap::value_parser!(u64).range(1..))]
    expected_length: Option<u64>,
    /// Another number gives another sample
    #[arg(long, value_name = "N", default_value_t = 0)]
    draw: u64,
}

impl LogSampler {
    /// The chance of a line to be drawn at all.
    #[allow(clippy::cast_precision_loss)] // a chance need not be exact
    fn chance(&self) -> f64 {
        let expected = |length| MARGIN * self.sample_size as f64 / length as f64;
        self.expected_length.map_or(1.0, expected)
    }

    /// The number that a line draws.
    fn draw(&self, line: &str) -> u64 {
        let digest = sha1(&[&self.draw.to_be_bytes(), line.as_bytes()].concat());
        let (numbers, _) = digest.as_chunks();
        u64::from_be_bytes(numbers[0])
    }
}

/// A number that was drawn, as one from 0 to 1.
#[allow(clippy::cast_precision_loss)] // 53 bits fit
fn share(draw: u64) -> f64 {
    (draw >> 11) as f64 / (1_u64 << 53) as f64
}

impl Mapper<Line> for LogSampler {
    type Key = Asc<u64>;
    type Value = String;

    fn map(&mut self, line: &str, out: &mut Out<Asc<u64>, String>) -> Result {
        let draw = self.draw(line);
        if share(draw) < self.chance() {
            out.emit(Asc(draw), line);
        }
        Ok(())
    }
}

/// Passes on the first lines, up to so many.
#[derive(Clone)]
struct First {
    left: u64,
}

impl Reducer<Asc<u64>, String> for First {
    type Key = ();
    type Value = String;

    fn reduce(
        &mut self,
        _draw: &Asc<u64>,
        mut lines: Values<String>,
        out: &mut Out<(), String>,
    ) -> Result {
        while self.left > 0
            && let Some(line) = lines.next_ref()
        {
            out.emit((), line);
            self.left -= 1;
        }
        Ok(())
    }
}

impl Job for LogSampler {
    fn plan(&self) -> Plan {
        let first = First { left: self.sample_size };
        let lines = Flow::<Line>::read().map(self.clone()).reducers(1).reduce(first);
        lines.write(write::Lines).plan()
    }
}

howdah::main!(LogSampler);

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    fn sample(sample_size: u64, expected_length: Option<u64>, draw: u64) -> Vec<String> {
        let job = LogSampler { sample_size, expected_length, draw };
        let lines = (0..1000).map(|n| format!("line {n}"));
        let ran = howdah::test::job(&job).lines(lines).run().unwrap();
        ran.text().lines().map(str::to_owned).collect()
    }

    #[test]
    fn a_sample_has_its_size_and_no_line_twice() {
        for size in [1, 10, 999, 1000, 2000] {
            let taken = sample(size, None, 0);
            let distinct: BTreeSet<_> = taken.iter().collect();
            assert_eq!((taken.len() as u64, distinct.len()), (size.min(1000), taken.len()));
        }
    }

    #[test]
    fn a_larger_sample_begins_with_the_smaller_one() {
        assert_eq!(sample(20, None, 0)[..10], sample(10, None, 0));
    }

    #[test]
    fn an_expected_length_leaves_the_sample_as_it_is_while_enough_lines_are_drawn() {
        assert_eq!(sample(100, Some(500), 3), sample(100, None, 3));
        let few = sample(100, Some(10_000), 3);
        assert!(few.len() < 50, "{}", few.len());
        assert_eq!(few, sample(100, None, 3)[..few.len()]);
    }

    #[test]
    fn each_line_has_the_same_chance() {
        let mut taken = [0_u32; 1000];
        for draw in 0..40 {
            for line in sample(500, None, draw) {
                taken[line.trim_start_matches("line ").parse::<usize>().unwrap()] += 1;
            }
        }
        // 20 times on average; within five times its deviation.
        assert!(taken.iter().all(|n| (4..=36).contains(n)), "{taken:?}");
    }

    #[test]
    fn lines_that_are_equal_are_taken_as_often_as_they_come() {
        let job = LogSampler { sample_size: 4, expected_length: None, draw: 0 };
        let ran = howdah::test::job(&job).lines(["a", "b", "a", "", "b"]).check().unwrap();
        assert_eq!(ran.text().lines().count(), 4);
        let job = LogSampler { sample_size: 9, ..job };
        let ran = howdah::test::job(&job).lines(["a", "b", "a", "", "b"]).check().unwrap();
        let mut lines: Vec<_> = ran.text().lines().map(str::to_owned).collect();
        lines.sort();
        assert_eq!(lines, ["", "a", "a", "b", "b"]);
    }
}
