//! The combiner: some of a key's values in, fewer values out.

use howdah_plan::{Make, RawFold, RawReducer, RawValues, TaskError, TaskOutput};

use crate::error::Result;
use crate::key::{Data, Key};
use crate::out::ValueOut;
use crate::protocol::json;
use crate::values::{Place, Values};

/// What shortens the values of a key before they leave their map task.
///
/// It may run zero to many times, over any part of a key's values and over what it gave before: the reducer must
/// come to the same result in each case. It emits values only; their key stays.
///
/// For sums, extremes, counts and the like [`Mapped::fold`](crate::Mapped::fold) is shorter, and faster.
///
/// ```
/// use howdah::{Combiner, Flow, Identity, Out, ValueOut, Values, test};
///
/// /// Keeps each value once.
/// #[derive(Clone)]
/// struct Distinct;
///
/// impl Combiner<String, String> for Distinct {
///     fn combine(
///         &mut self,
///         _key: &String,
///         values: Values<String>,
///         out: &mut ValueOut<String>,
///     ) -> howdah::Result {
///         for value in values.collect::<std::collections::BTreeSet<_>>() {
///             out.emit(value);
///         }
///         Ok(())
///     }
/// }
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<String, String>| {
///         let (host, page) = line.split_once(' ').unwrap_or((line, ""));
///         out.emit(host, page);
///     })
///     .combine(Distinct)
///     .reduce_fn(|host, pages, out: &mut Out<String, usize>| {
///         out.emit(host, pages.collect::<std::collections::HashSet<_>>().len());
///     })
///     .plan();
/// assert_eq!(test::plan(&plan).lines(["a /x", "a /x", "a /y"]).run().unwrap().text(), "\"a\"\t2\n");
/// ```
///
/// Values may be a type of your own, which serde derives (a dependency on `serde` with its feature `derive`). It is
/// emitted by reference. One function then serves combiner and reducer:
///
/// ```
/// use howdah::{Combiner, Flow, Out, Result, ValueOut, Values, test};
/// use serde::{Deserialize, Serialize};
///
/// #[derive(Serialize, Deserialize, Default)]
/// struct Lines {
///     seen: u64,
///     longest: usize,
/// }
///
/// fn total(values: Values<Lines>) -> Lines {
///     values.fold(Lines::default(), |all, lines| Lines {
///         seen: all.seen + lines.seen,
///         longest: all.longest.max(lines.longest),
///     })
/// }
///
/// #[derive(Clone)]
/// struct Total;
///
/// impl Combiner<String, Lines> for Total {
///     fn combine(&mut self, _: &String, values: Values<Lines>, out: &mut ValueOut<Lines>) -> Result {
///         out.emit(&total(values));
///         Ok(())
///     }
/// }
///
/// let plan = Flow::lines()
///     .map_fn(|line, out: &mut Out<String, Lines>| {
///         let word = line.split_whitespace().next().unwrap_or_default();
///         out.emit(word, &Lines { seen: 1, longest: line.len() });
///     })
///     .combine(Total)
///     .reduce_fn(|word, values, out: &mut Out<String, Lines>| out.emit(word, &total(values)))
///     .plan();
/// let ran = test::plan(&plan).lines(["a", "a bc", "b"]).run().unwrap();
/// assert_eq!(
///     ran.text(),
///     "\"a\"\t{\"seen\":2,\"longest\":4}\n\"b\"\t{\"seen\":1,\"longest\":1}\n"
/// );
/// ```
#[diagnostic::on_unimplemented(
    message = "`{Self}` does not combine values of `{V}` under keys of `{K}`",
    label = "combines other records than `{K}` and `{V}`",
    note = "a combiner takes what the mapper emits, and gives values of the same type"
)]
pub trait Combiner<K: Data, V: Data>: Clone + Send + Sync + 'static {
    /// Called for a key and some of its values.
    ///
    /// # Errors
    /// Any error fails the task.
    fn combine(&mut self, key: &K, values: Values<'_, V>, out: &mut ValueOut<'_, V>) -> Result;

    /// The same as a table of accumulators, for combiners that are a fold of values into a value.
    #[doc(hidden)]
    fn table(&self) -> Option<Make<dyn RawFold>> {
        None
    }
}

/// A combiner's byte face.
pub(crate) struct CombineTask<C, K, V> {
    combiner: C,
    key: Option<K>,
    place: Place<V>,
}

impl<C: Combiner<K, V>, K: Key, V: Data> CombineTask<C, K, V> {
    pub(crate) fn new(prototype: &C) -> Self {
        CombineTask { combiner: prototype.clone(), key: None, place: Place::new() }
    }
}

impl<C: Combiner<K, V>, K: Key, V: Data> RawReducer for CombineTask<C, K, V> {
    fn group(
        &mut self,
        raw_key: &[u8],
        values: &mut dyn RawValues,
        task: &mut TaskOutput<'_>,
    ) -> Result<(), TaskError> {
        json::read_into(&mut self.key, raw_key, "key")?;
        let Some(key) = &self.key else { unreachable!("it was just read") };
        let mut out = ValueOut::new(raw_key, task);
        let returned = self.combiner.combine(key, Values::new(values, &mut self.place), &mut out);
        self.place.check()?;
        out.close(returned)
    }
}
