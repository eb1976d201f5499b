//! The smallest and the largest of a key's values.

use std::cmp::Ordering;

use crate::error::{Error, Result};
use crate::fold::Fold;
use crate::key::Data;
use crate::ready::{combiner, reducer};

macro_rules! extreme {
    ($(#[$doc:meta])* $name:ident keeps $kept:path) => {
        $(#[$doc])*
        #[derive(Debug, Clone, Copy, Default)]
        pub struct $name;

        impl<V: Data + PartialOrd> Fold<V> for $name {
            type Acc = V;
            type Out = V;
            const LIFT_IS_IDENTITY: bool = true;

            fn lift(&self, value: V) -> Result<V> {
                Ok(value)
            }

            fn merge(&self, kept: &mut V, value: V) -> Result {
                match value.partial_cmp(kept) {
                    Some($kept) => *kept = value,
                    Some(_) => {}
                    None => return Err(Error::new("two values of a key cannot be compared")),
                }
                Ok(())
            }

            fn finish(&self, kept: V) -> Result<V> {
                Ok(kept)
            }
        }

        reducer!($name for V: PartialOrd);
        combiner!($name for V: PartialOrd);
    };
}

extreme! {
    /// The smallest of a key's values.
    ///
    /// ```
    /// use howdah::{Flow, Min, Out, test};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<usize, String>| out.emit(line.len(), line))
    ///     .fold(Min)
    ///     .plan();
    /// assert_eq!(test::plan(&plan).lines(["b", "a", "cc"]).run().unwrap().text(), "1\t\"a\"\n2\t\"cc\"\n");
    /// ```
    Min keeps Ordering::Less
}

extreme! {
    /// The largest of a key's values.
    ///
    /// ```
    /// use howdah::{Flow, Max, Out, test};
    ///
    /// let plan = Flow::lines()
    ///     .map_fn(|line, out: &mut Out<usize, String>| out.emit(line.len(), line))
    ///     .fold(Max)
    ///     .plan();
    /// assert_eq!(test::plan(&plan).lines(["b", "a", "cc"]).run().unwrap().text(), "1\t\"b\"\n2\t\"cc\"\n");
    /// ```
    Max keeps Ordering::Greater
}
