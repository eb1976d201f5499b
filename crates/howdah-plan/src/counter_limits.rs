//! [`CounterLimits`]: how many counters there may be, and how long their names.
//!
//! Mirrors `mapreduce.counters.Limits`. What is counted are a job's own counters and those of the framework that
//! Hadoop keeps in groups of the same kind: one for the bytes of the input, one for those of the output, six for what can
//! go wrong in the shuffle. So a map-only job has room for 118 of the 120, and one with reducers for 112. Hadoop's
//! local runner takes the limits from its site's files only; here, as on a cluster, the job's properties set them.

use std::borrow::Cow;
use std::fmt;

use crate::counters::Counters;

/// The limits of a job.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CounterLimits {
    counters: usize,
    groups: usize,
    /// In UTF-16 units, as Java counts.
    group_name: usize,
    counter_name: usize,
}

/// Whose counters they are: what the framework counts beside them depends on it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CountedBy {
    /// A map task, with the combiner that runs in it.
    MapTask {
        /// Whether the task writes a part.
        writes_part: bool,
    },
    /// A reduce task.
    ReduceTask,
    /// All tasks of a step together.
    Job {
        /// Whether it has reduce tasks.
        reduces: bool,
    },
}

/// There are too many counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LimitExceeded {
    what: &'static str,
    most: usize,
    property: &'static str,
}

const COUNTERS: &str = "mapreduce.job.counters.max";
const GROUPS: &str = "mapreduce.job.counters.groups.max";

impl CounterLimits {
    /// None: of a task whose counters are thrown away.
    pub const NONE: CounterLimits = CounterLimits {
        counters: usize::MAX,
        groups: usize::MAX,
        group_name: usize::MAX,
        counter_name: usize::MAX,
    };

    /// The limits that a job's properties set: `number` reads one by its name, or gives the default.
    ///
    /// # Errors
    /// Those of `number`.
    ///
    /// ```
    /// use std::convert::Infallible;
    ///
    /// use howdah_plan::{CountedBy, CounterLimits, Counters};
    ///
    /// let limits = CounterLimits::read(|_, default| Ok::<_, Infallible>(default)).unwrap();
    /// let mut counters = Counters::default();
    /// (0..119).for_each(|n| limits.add(&mut counters, "Days", &n.to_string(), 1));
    /// let refused = limits.check(&counters, CountedBy::ReduceTask).unwrap_err();
    /// assert!(refused.to_string().ends_with("Too many counters: 121 max=120"));
    /// ```
    pub fn read<E>(mut number: impl FnMut(&str, i64) -> Result<i64, E>) -> Result<Self, E> {
        let mut number = |name: &str, default| {
            number(name, default).map(|number| usize::try_from(number).unwrap_or(0))
        };
        Ok(CounterLimits {
            counters: number(COUNTERS, 120)?,
            groups: number(GROUPS, 50)?,
            group_name: number("mapreduce.job.counters.group.name.max", 128)?,
            counter_name: number("mapreduce.job.counters.counter.name.max", 64)?,
        })
    }

    /// Adds to a counter whose names are cut to what is allowed.
    pub fn add(&self, counters: &mut Counters, group: &str, name: &str, amount: i64) {
        counters.add(&cut(group, self.group_name), &cut(name, self.counter_name), amount);
    }

    /// Whether a task or job may have these counters.
    ///
    /// # Errors
    /// There are more than that.
    pub fn check(&self, counters: &Counters, counted_by: CountedBy) -> Result<(), LimitExceeded> {
        let (own_groups, own_counters) = counted_by.framework();
        if counters.user().len() + own_groups > self.groups {
            return Err(LimitExceeded {
                what: "counter groups",
                most: self.groups,
                property: GROUPS,
            });
        }
        if counters.user_len() + own_counters > self.counters {
            return Err(LimitExceeded {
                what: "counters",
                most: self.counters,
                property: COUNTERS,
            });
        }
        Ok(())
    }
}

impl CountedBy {
    /// How many groups and counters of the framework's own are counted with them.
    fn framework(self) -> (usize, usize) {
        const SHUFFLE_ERRORS: (usize, usize) = (1, 6);
        let bytes = match self {
            CountedBy::MapTask { writes_part: false } | CountedBy::ReduceTask => 1,
            CountedBy::MapTask { writes_part: true } | CountedBy::Job { .. } => 2,
        };
        match self {
            CountedBy::ReduceTask | CountedBy::Job { reduces: true } => {
                (bytes + SHUFFLE_ERRORS.0, bytes + SHUFFLE_ERRORS.1)
            }
            CountedBy::MapTask { .. } | CountedBy::Job { reduces: false } => (bytes, bytes),
        }
    }
}

impl fmt::Display for LimitExceeded {
    /// Hadoop's words.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "org.apache.hadoop.mapreduce.counters.LimitExceededException: Too many {}: {} max={}",
            self.what,
            self.most + 1,
            self.most
        )
    }
}

impl std::error::Error for LimitExceeded {}

impl LimitExceeded {
    /// The stable name of what happened.
    pub const SLUG: &'static str = "howdah::too-many-counters";

    /// What to do.
    pub fn hint(&self) -> String {
        let LimitExceeded { property, most, .. } = self;
        format!(
            "count less finely, or allow more than {most} with `-D {property}=N`; those of the framework are among them"
        )
    }

    /// What to do about a task on a cluster. There a job cannot allow itself more: its application master goes by the
    /// site's configuration alone, its tasks by what the client has sent.
    pub fn hint_on_cluster(&self) -> String {
        let LimitExceeded { property, most, .. } = self;
        format!(
            "count less finely, or have `{property}` raised above {most} in mapred-site.xml, the cluster's and its client's, \
             since `-D` does not reach the application master; those of the framework are among them"
        )
    }
}

/// A name as Hadoop leaves it: a longer one is cut to one character less than allowed.
fn cut(name: &str, most: usize) -> Cow<'_, str> {
    if name.len() <= most || name.encode_utf16().count() <= most {
        return Cow::Borrowed(name);
    }
    let mut room = most.saturating_sub(1);
    let mut shorter = String::new();
    for character in name.chars() {
        if room < character.len_utf16() {
            break;
        }
        room -= character.len_utf16();
        shorter.push(character);
    }
    if room > 0 {
        shorter.push('?'); // half of a character, as Java writes it
    }
    Cow::Owned(shorter)
}

#[cfg(test)]
mod tests {
    use std::convert::Infallible;

    use super::*;

    fn counters(groups: usize, each: usize) -> Counters {
        let mut counters = Counters::default();
        for group in 0..groups {
            for name in 0..each {
                counters.add(&group.to_string(), &name.to_string(), 1);
            }
        }
        counters
    }

    /// The most that Hadoop 3.4.2 took of a map-only job, of a map task with reducers behind it, of a reduce task, and
    /// of a job with reducers.
    #[test]
    fn the_frameworks_own_counters_take_room() {
        let limits = CounterLimits::read(|_, default| Ok::<_, Infallible>(default)).unwrap();
        for (counted_by, most_counters, most_groups) in [
            (CountedBy::MapTask { writes_part: true }, 118, 48),
            (CountedBy::MapTask { writes_part: false }, 119, 49),
            (CountedBy::ReduceTask, 113, 48),
            (CountedBy::Job { reduces: false }, 118, 48),
            (CountedBy::Job { reduces: true }, 112, 47),
        ] {
            assert_eq!(limits.check(&counters(1, most_counters), counted_by), Ok(()));
            assert_eq!(limits.check(&counters(most_groups, 1), counted_by), Ok(()));
            let said = |counters| limits.check(&counters, counted_by).unwrap_err().to_string();
            let many = said(counters(1, most_counters + 1));
            assert!(many.ends_with("Too many counters: 121 max=120"), "{many}");
            let many = said(counters(most_groups + 1, 1));
            assert!(many.ends_with("Too many counter groups: 51 max=50"), "{many}");
        }
    }

    #[test]
    fn who_may_allow_more_is_told() {
        let limits = CounterLimits::read(|_, default| Ok::<_, Infallible>(default)).unwrap();
        for (counters, property, most) in [
            (counters(1, 120), "mapreduce.job.counters.max", 120),
            (counters(51, 1), "mapreduce.job.counters.groups.max", 50),
        ] {
            let refused = limits.check(&counters, CountedBy::ReduceTask).unwrap_err();
            let (here, there) = (refused.hint(), refused.hint_on_cluster());
            assert!(here.contains(&format!("more than {most} with `-D {property}=N`")), "{here}");
            assert!(
                there.contains(&format!("`{property}` raised above {most} in mapred-site.xml")),
                "{there}"
            );
        }
    }

    #[test]
    fn long_names_are_cut_in_units_of_java() {
        let shown = |name: &str| cut(name, 5).into_owned();
        assert_eq!(shown("abcde"), "abcde");
        assert_eq!(shown("abcdef"), "abcd");
        assert_eq!(shown("ééééé"), "ééééé");
        assert_eq!(shown("abc\u{1f600}x"), "abc?");
        assert_eq!(shown("ab\u{1f600}xy"), "ab\u{1f600}");
        assert_eq!(cut("ab", 0), "");
    }
}
