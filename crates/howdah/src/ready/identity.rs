//! The part that changes nothing.

use crate::error::Result;
use crate::key::Data;
use crate::mapper::Mapper;
use crate::out::Out;
use crate::protocol::Pairs;
use crate::reducer::Reducer;
use crate::values::Values;

/// Passes every record on: as a mapper of an earlier step's records, or as a reducer that only sorts.
///
/// ```
/// use howdah::{Flow, Identity, Pairs, test};
///
/// let plan = Flow::<Pairs<String, u64>>::read().map(Identity).reduce(Identity).plan();
/// let ran = test::plan(&plan).lines(["\"b\"\t1", "\"a\"\t2", "\"b\"\t0"]).run().unwrap();
/// assert_eq!(ran.text(), "\"a\"\t2\n\"b\"\t1\n\"b\"\t0\n");
/// ```
#[derive(Debug, Clone, Copy, Default)]
pub struct Identity;

impl<K: Data, V: Data> Mapper<Pairs<K, V>> for Identity {
    type Key = K;
    type Value = V;

    fn map(&mut self, (key, value): (&K, &V), out: &mut Out<'_, K, V>) -> Result {
        out.emit(key, value);
        Ok(())
    }
}

impl<K: Data, V: Data> Reducer<K, V> for Identity {
    type Key = K;
    type Value = V;

    fn reduce(&mut self, key: &K, mut values: Values<'_, V>, out: &mut Out<'_, K, V>) -> Result {
        while let Some(value) = values.next_ref() {
            out.emit(key, value);
        }
        Ok(())
    }
}
