//! The end of a job that succeeded, for a person: counters, where the time went, the largest groups, where the
//! output is.

use std::fmt;
use std::path::Path;
use std::time::Duration;

use howdah_plan::Counters;
use howdah_plan::event::{GroupSize, PhaseTimes, StepFigures};

use crate::ledger::{Ledger, StepRecord};
use crate::paint::Paint;
use crate::units::{Bytes, Exact, Share, Time, counted};
use howdah_plan::visible::{visible, visible_start};

/// The most partitions whose groups are shown.
const MOST_PARTITIONS: usize = 10;
/// The most groups of a partition that are shown.
const MOST_GROUPS: usize = 3;
/// The most of a key that is shown, in characters.
const KEY_WIDTH: usize = 24;

/// All that is said at the end.
pub(crate) struct Summary<'a> {
    pub(crate) ledger: &'a Ledger,
    pub(crate) counters: &'a [Counters],
    pub(crate) elapsed: Duration,
    pub(crate) output: Option<&'a Path>,
    pub(crate) paint: Paint,
}

impl fmt::Display for Summary<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let steps = self.ledger.steps(self.counters);
        let last = steps.last().map_or(0, |record| record.step);
        for record in &steps {
            if last > 0 {
                let heading = format!("Step {} of {}", record.step + 1, last + 1);
                writeln!(f, "{}", self.paint.heading(&heading))?;
            }
            self.step(f, record)?;
        }
        write!(f, "Finished in {}", Time(self.elapsed))?;
        let warnings = self.ledger.warnings.count();
        let failed = self.ledger.failed_attempts.count();
        let troubles = [(warnings, "warning"), (failed, "failed attempt")];
        let troubles = troubles.iter().filter(|(count, _)| *count > 0);
        let troubles: Vec<_> = troubles.map(|&(count, noun)| counted(count, noun)).collect();
        if !troubles.is_empty() {
            write!(f, ", with {}", troubles.join(" and "))?;
        }
        if let Some(output) = self.output {
            let path = visible(&output.to_string_lossy());
            write!(f, "\nOutput: {}", self.paint.path(&path))?;
        }
        Ok(())
    }
}

impl Summary<'_> {
    /// What is known of one step, and an empty line after each part of it.
    fn step(&self, f: &mut fmt::Formatter<'_>, record: &StepRecord<'_>) -> fmt::Result {
        writeln!(f, "{}\n", ShownCounters(record.counters))?;
        let Some((summary, figures)) =
            record.summary.and_then(|summary| Some((summary, summary.figures.as_ref()?)))
        else {
            return Ok(());
        };
        let heading = self.paint.heading("Where the time went");
        writeln!(f, "{heading}, all tasks added up\n{}\n", TimeTable(figures, summary.elapsed))?;
        // Where no key came twice, no group is worth a look.
        let mut groups = figures.largest_groups.iter().flatten();
        if groups.any(|group| group.records > 1) {
            let heading = self.paint.heading("Largest groups");
            let groups = Groups(&figures.largest_groups);
            writeln!(f, "{heading}, in records that reached the reducer\n{groups}\n")?;
        }
        Ok(())
    }
}

/// Counters as their own `Display` prints them, as Hadoop does, but with nothing in a name that a terminal obeys
/// and no name on two lines.
struct ShownCounters<'a>(&'a Counters);

impl fmt::Display for ShownCounters<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let groups = self.0.groups();
        write!(f, "Counters: {}", groups.iter().map(|(_, named)| named.len()).sum::<usize>())?;
        for (group, named) in groups {
            write!(f, "\n\t{}", visible(group))?;
            for (name, value) in named {
                write!(f, "\n\t\t{}={value}", visible(name))?;
            }
        }
        Ok(())
    }
}

/// A step's time by phase, and what can be told from it.
struct TimeTable<'a>(&'a StepFigures, Duration);

impl fmt::Display for TimeTable<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let TimeTable(StepFigures { times, serial, spilled_bytes, .. }, elapsed) = self;
        writeln!(f, "  {:<8}{:>12}{:>8}", "phase", "wall", "share")?;
        for (name, part) in rows(times) {
            let share = Share { part, whole: times.wall() };
            if part.is_zero() {
                writeln!(f, "  {name:<8}{:>12}{share:>8}", "-")?;
            } else {
                writeln!(f, "  {name:<8}{:>12}{share:>8}", Time(part))?;
            }
        }
        let share = Share { part: *serial, whole: *elapsed };
        let (serial, elapsed) = (Time(*serial), Time(*elapsed));
        writeln!(f, "Serial share: {share} (at most one task ran in {serial} of {elapsed})")?;
        write!(f, "Spilled: {}", Bytes(*spilled_bytes))
    }
}

/// The phases, their sum, and how much of it was work and how much waiting.
fn rows(times: &PhaseTimes) -> impl Iterator<Item = (&'static str, Duration)> {
    let sums = [("total", times.wall()), ("CPU", times.cpu), ("waiting", times.waiting())];
    times.phases().into_iter().chain(sums)
}

/// The largest groups of the partitions that have the largest, in order of partitions.
struct Groups<'a>(&'a [Vec<GroupSize>]);

impl fmt::Display for Groups<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let largest = |partition: &usize| self.0[*partition].first().map_or(0, |top| top.records);
        let mut by_size: Vec<usize> = (0..self.0.len()).collect();
        by_size.sort_by_key(|partition| std::cmp::Reverse(largest(partition)));
        let (shown, rest) = by_size.split_at(by_size.len().min(MOST_PARTITIONS));
        let mut shown = shown.to_vec();
        shown.sort_unstable();

        let number_width = shown.last().map_or(0, |last| last.to_string().len());
        let top = shown.iter().map(largest).max().unwrap_or(0);
        let size_width = Exact(top).to_string().len();
        for (place, partition) in shown.into_iter().enumerate() {
            let groups = &self.0[partition];
            let end = if place == 0 { "" } else { "\n" };
            write!(f, "{end}  partition {partition:>number_width$}")?;
            if groups.is_empty() {
                write!(f, "  no records")?;
            }
            for (rank, GroupSize { key, records }) in groups.iter().take(MOST_GROUPS).enumerate() {
                let width = if rank == 0 { size_width } else { 0 };
                write!(f, "  {:>width$} {}", Exact(*records), visible_start(key, KEY_WIDTH))?;
            }
        }
        if let Some(first) = rest.first() {
            let more = counted(rest.len() as u64, "more partition");
            write!(f, "\n  and {more}, no group larger than {}", Exact(largest(first)))?;
        }
        Ok(())
    }
}

/// Steps in figures, for tests.
#[cfg(test)]
pub(crate) mod testing {
    use std::time::Duration;

    use howdah_plan::event::{GroupSize, PhaseTimes, StepFigures, StepSummary};
    use howdah_plan::{Counters, FrameworkCounter};

    /// A step in which nothing happened.
    pub(crate) fn nothing() -> StepSummary {
        StepSummary {
            counters: Counters::default(),
            elapsed: Duration::ZERO,
            figures: Some(StepFigures::default()),
        }
    }

    /// The step of a word count.
    pub(crate) fn word_count() -> StepSummary {
        let mut counters = Counters::default();
        counters.add("Words", "seen", 1_234_567);
        counters.add_framework(FrameworkCounter::MapInputRecords, 98_765);
        let figures = StepFigures {
            times: PhaseTimes {
                read: Duration::from_millis(250),
                map: Duration::from_millis(4_200),
                sort: Duration::from_millis(1_100),
                spill: Duration::from_micros(3_400),
                reduce: Duration::from_millis(900),
                write: Duration::from_millis(120),
                cpu: Duration::from_secs(6),
                ..PhaseTimes::default()
            },
            serial: Duration::from_millis(230),
            spilled_bytes: 12_345_678,
            largest_groups: vec![
                groups(&[("\"the\"", 123_456), ("\"a\"", 1_234), ("\"of\"", 99)]),
                groups(&[("\"and\"", 7)]),
            ],
        };
        StepSummary { counters, elapsed: Duration::from_millis(1_900), figures: Some(figures) }
    }

    /// A step with these largest groups, and nothing else.
    pub(crate) fn with_groups(largest_groups: Vec<Vec<GroupSize>>) -> StepSummary {
        let figures = StepFigures { largest_groups, ..StepFigures::default() };
        StepSummary { figures: Some(figures), ..nothing() }
    }

    pub(crate) fn groups(groups: &[(&str, u64)]) -> Vec<GroupSize> {
        let group = |&(key, records): &(&str, u64)| GroupSize { key: key.to_owned(), records };
        groups.iter().map(group).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::testing::{groups, nothing, with_groups, word_count};
    use super::*;
    use crate::ledger::Warning;
    use howdah_plan::event::StepSummary;

    fn summary(ledger: &Ledger, output: Option<&str>) -> String {
        let elapsed = Duration::from_millis(4_200);
        let (output, paint) = (output.map(Path::new), Paint { color: false });
        Summary { ledger, counters: &[], elapsed, output, paint }.to_string()
    }

    #[test]
    fn one_step() {
        let mut ledger = Ledger::default();
        ledger.finish(0, &word_count());
        insta::assert_snapshot!(summary(&ledger, Some("/data/counts")), @r#"
        Counters: 2
        	Map-Reduce Framework
        		Map input records=98765
        	Words
        		seen=1234567

        Where the time went, all tasks added up
          phase           wall   share
          read          250 ms     4 %
          decode             -       -
          map            4.2 s    64 %
          combine            -       -
          sort           1.1 s    17 %
          spill         3.4 ms    <1 %
          merge              -       -
          reduce        900 ms    14 %
          write         120 ms     2 %
          total          6.6 s   100 %
          CPU            6.0 s    91 %
          waiting       573 ms     9 %
        Serial share: 12 % (at most one task ran in 230 ms of 1.9 s)
        Spilled: 12 MB

        Largest groups, in records that reached the reducer
          partition 0  123,456 "the"  1,234 "a"  99 "of"
          partition 1        7 "and"

        Finished in 4.2 s
        Output: /data/counts
        "#);
    }

    #[test]
    fn two_steps_of_which_one_did_nothing() {
        let mut ledger = Ledger::default();
        ledger.finish(0, &nothing());
        ledger.finish(1, &with_groups(vec![vec![], vec![]]));
        ledger.warnings.push(Warning { slug: String::new(), message: String::new() });
        insta::assert_snapshot!(summary(&ledger, None), @r"
        Step 1 of 2
        Counters: 0

        Where the time went, all tasks added up
          phase           wall   share
          read               -       -
          decode             -       -
          map                -       -
          combine            -       -
          sort               -       -
          spill              -       -
          merge              -       -
          reduce             -       -
          write              -       -
          total              -       -
          CPU                -       -
          waiting            -       -
        Serial share: - (at most one task ran in 0 s of 0 s)
        Spilled: 0 B

        Step 2 of 2
        Counters: 0

        Where the time went, all tasks added up
          phase           wall   share
          read               -       -
          decode             -       -
          map                -       -
          combine            -       -
          sort               -       -
          spill              -       -
          merge              -       -
          reduce             -       -
          write              -       -
          total              -       -
          CPU                -       -
          waiting            -       -
        Serial share: - (at most one task ran in 0 s of 0 s)
        Spilled: 0 B

        Finished in 4.2 s, with 1 warning
        ");
    }

    #[test]
    fn names_and_keys_and_paths_cannot_speak_to_the_terminal() {
        let mut step = with_groups(vec![groups(&[("\u{9b}2J", 2), ("\r\x1b[K", 1)])]);
        step.counters.add("\x1b]0;title\x07", "a\nCounters: 0\x1b[2J", 1);
        let mut ledger = Ledger::default();
        ledger.finish(0, &step);
        let text = summary(&ledger, Some("out\x1b[31m"));
        assert!(!text.chars().any(|c| c.is_control() && c != '\n' && c != '\t'));
        insta::assert_snapshot!(text, @r"
        Counters: 1
        	\x1b]0;title\x07
        		a\nCounters: 0\x1b[2J=1

        Where the time went, all tasks added up
          phase           wall   share
          read               -       -
          decode             -       -
          map                -       -
          combine            -       -
          sort               -       -
          spill              -       -
          merge              -       -
          reduce             -       -
          write              -       -
          total              -       -
          CPU                -       -
          waiting            -       -
        Serial share: - (at most one task ran in 0 s of 0 s)
        Spilled: 0 B

        Largest groups, in records that reached the reducer
          partition 0  2 \u{9b}2J  1 \r\x1b[K

        Finished in 4.2 s
        Output: out\x1b[31m
        ");
    }

    #[test]
    fn of_a_step_that_nobody_looked_into_its_counters_are_told() {
        let mut ledger = Ledger::default();
        ledger.finish(0, &StepSummary { figures: None, ..word_count() });
        insta::assert_snapshot!(summary(&ledger, Some("hdfs:/counts")), @r"
        Counters: 2
        	Map-Reduce Framework
        		Map input records=98765
        	Words
        		seen=1234567

        Finished in 4.2 s
        Output: hdfs:/counts
        ");
    }

    #[test]
    fn counters_read_as_their_own_display() {
        let counters = word_count().counters;
        assert_eq!(ShownCounters(&counters).to_string(), counters.to_string());
        let none = Counters::default();
        assert_eq!(ShownCounters(&none).to_string(), none.to_string());
    }

    #[test]
    fn of_many_partitions_those_with_the_largest_groups_are_shown() {
        let sizes = [5_u64, 1, 9, 2, 8, 3, 1_000, 4, 6, 7, 10, 11, 12];
        let partitions: Vec<_> = sizes.iter().map(|&size| groups(&[("key", size)])).collect();
        insta::assert_snapshot!(Groups(&partitions), @r"
        partition  0      5 key
        partition  2      9 key
        partition  4      8 key
        partition  6  1,000 key
        partition  7      4 key
        partition  8      6 key
        partition  9      7 key
        partition 10     10 key
        partition 11     11 key
        partition 12     12 key
        and 3 more partitions, no group larger than 3
        ");
        assert_eq!(Groups(&partitions[..10]).to_string().lines().count(), 10);
    }

    #[test]
    fn long_keys_are_cut() {
        let one = [groups(&[("a very long key that goes on and on", 3)])];
        insta::assert_snapshot!(Groups(&one), @"  partition 0  3 a very long key that go…");
    }
}
