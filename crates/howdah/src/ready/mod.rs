//! Parts that many jobs need, ready made.
//!
//! Each is a [`Fold`](crate::Fold), and a [`Reducer`](crate::Reducer) for jobs that say combiner and reducer
//! apart; those whose values stay of one type are a [`Combiner`](crate::Combiner), too.

mod count;
mod extreme;
mod identity;
mod mean;
mod sum;
mod top;

pub use count::Count;
pub use extreme::{Max, Min};
pub use identity::Identity;
pub use mean::Mean;
pub use sum::{Addend, Sum};

/// Makes a fold a reducer.
macro_rules! reducer {
    ($fold:ident for $value:ident: $($bound:tt)+) => {
        impl<K: $crate::Data + Sync, V: $crate::Data + $($bound)+> $crate::Reducer<K, V> for $fold {
            type Key = K;
            type Value = <$fold as $crate::Fold<V>>::Out;

            fn reduce(
                &mut self,
                key: &K,
                values: $crate::Values<'_, V>,
                out: &mut $crate::Out<'_, K, Self::Value>,
            ) -> $crate::Result {
                out.emit(key, &$crate::Fold::of(self, values)?);
                Ok(())
            }
        }
    };
}
pub(crate) use reducer;

/// Makes a fold of values into a value a combiner.
macro_rules! combiner {
    ($fold:ident for $value:ident: $($bound:tt)+) => {
        impl<K: $crate::Data, V: $crate::Data + $($bound)+> $crate::Combiner<K, V> for $fold {
            fn combine(
                &mut self,
                _key: &K,
                values: $crate::Values<'_, V>,
                out: &mut $crate::ValueOut<'_, V>,
            ) -> $crate::Result {
                out.emit(&$crate::Fold::of(self, values)?);
                Ok(())
            }

            fn table(&self) -> Option<howdah_plan::Make<dyn howdah_plan::RawFold>> {
                Some($crate::fold::table::<Self, V>(*self))
            }
        }
    };
}
pub(crate) use combiner;
