//! In which way a run cuts up its input, orders and combines values, and shares out keys.
//!
//! All of them are ways in which Hadoop could run the job.

use super::records::Record;

/// One of the ways in which a job can run.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) struct Way {
    pub(super) splits: Splits,
    pub(super) values: Values,
    pub(super) combining: Combining,
    /// Whether there are several reduce tasks where the job leaves it open or asks for several.
    pub(super) several_reducers: bool,
}

/// How the lines of a file become splits.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Splits {
    #[default]
    Whole,
    /// Into as many, if there are lines enough.
    Parts(usize),
    EachLine,
    /// One before and one behind all lines that have none.
    EmptyOnes,
}

impl Splits {
    /// The splits of a file; one without lines if it has none.
    pub(super) fn cut<T>(self, lines: &[T]) -> Vec<&[T]> {
        let size = match self {
            Splits::EmptyOnes => return vec![&[], lines, &[]],
            Splits::Whole => lines.len(),
            Splits::Parts(parts) => lines.len().div_ceil(parts),
            Splits::EachLine => 1,
        };
        if lines.is_empty() { vec![lines] } else { lines.chunks(size).collect() }
    }
}

/// In which order the values of a key arrive.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Values {
    #[default]
    AsEmitted,
    Reversed,
    /// In one that a number decides.
    Shuffled(u64),
}

impl Values {
    /// Puts records that are still to be sorted by their keys into such an order.
    pub(super) fn arrange(self, records: &mut [Record]) {
        match self {
            Values::AsEmitted => {}
            Values::Reversed => records.reverse(),
            Values::Shuffled(seed) => shuffle(records, seed),
        }
    }
}

/// The shuffle of Fisher and Yates, by the random numbers of Knuth's MMIX.
fn shuffle<T>(items: &mut [T], seed: u64) {
    let mut state = seed;
    for last in (1..items.len()).rev() {
        state =
            state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        items.swap(last, (state >> 33) as usize % (last + 1));
    }
}

/// Which of a key's values the combiner gets.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Combining {
    Never,
    #[default]
    FirstHalf,
    SecondHalf,
    /// All at once.
    All,
    /// Each by itself.
    Each,
    /// Both halves, and then what it gave.
    Twice,
    /// None: all go to the fold's table.
    Table,
    /// Each half goes to a table of its own, and the combiner gets what these gave.
    TwoTables,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_lines_are_in_one_split_each() {
        let lines = [1, 2, 3, 4, 5];
        assert_eq!(Splits::Whole.cut(&lines), [&lines[..]]);
        assert_eq!(Splits::Parts(2).cut(&lines), [&[1, 2, 3][..], &[4, 5]]);
        assert_eq!(Splits::Parts(3).cut(&lines[..1]), [&[1]]);
        assert_eq!(Splits::EachLine.cut(&lines).len(), 5);
        assert_eq!(Splits::EmptyOnes.cut(&lines), [&[][..], &lines, &[]]);
        for splits in [Splits::Whole, Splits::Parts(2), Splits::EachLine] {
            assert_eq!(splits.cut::<u8>(&[]), [&[0_u8; 0][..]]);
        }
    }

    #[test]
    fn a_shuffle_keeps_all_and_depends_on_its_seed() {
        let shuffled = |seed| {
            let mut items: Vec<u32> = (0..20).collect();
            shuffle(&mut items, seed);
            items
        };
        assert_ne!(shuffled(1), shuffled(2));
        let mut sorted = shuffled(1);
        sorted.sort_unstable();
        assert!(sorted.into_iter().eq(0..20));
    }
}
