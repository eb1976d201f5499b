//! Parts that many jobs need, ready made.
//!
//! Each is a [`Fold`](crate::Fold), and a [`Reducer`](crate::Reducer) for jobs that say combiner and reducer
//! apart; those that give values of the type they take are a [`Combiner`](crate::Combiner), too. [`Identity`],
//! [`First`] and [`FirstN`] pass records on as they come, and are no fold.

mod collect;
mod count;
mod distinct;
mod exact;
mod extreme;
mod first;
mod histogram;
mod identity;
mod mean;
mod ranked;
mod sum;
mod top;

pub use collect::CollectUpTo;
pub use count::Count;
pub use distinct::Distinct;
pub use exact::{ExactMean, ExactSum, Unrounded};
pub use extreme::{Max, Min};
pub use first::{First, FirstN};
pub use histogram::Histogram;
pub use identity::Identity;
pub use mean::Mean;
pub use ranked::{BottomK, TopK};
pub use sum::{Addend, Sum};

/// Makes a fold a reducer: `reducer!(Fold for V: what its values must be)`, or `Fold<V>` for one with values in it.
macro_rules! reducer {
    ($fold:ident $(<$of:ident>)? for $value:ident: $($bound:tt)+) => {
        impl<K, V> $crate::Reducer<K, V> for $fold $(<$of>)?
        where
            K: $crate::Data + Sync,
            V: $crate::Data + $($bound)+,
        {
            type Key = K;
            type Value = <Self as $crate::Fold<V>>::Out;

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

/// Makes a fold a combiner: one of values into a value, or `each of` one of values into a list of such values.
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
    (each of $fold:ident for $value:ident: $($bound:tt)+) => {
        impl<K: $crate::Data, V: $crate::Data + $($bound)+> $crate::Combiner<K, V> for $fold {
            fn combine(
                &mut self,
                _key: &K,
                values: $crate::Values<'_, V>,
                out: &mut $crate::ValueOut<'_, V>,
            ) -> $crate::Result {
                for value in &$crate::Fold::of(self, values)? {
                    out.emit(value);
                }
                Ok(())
            }
        }
    };
}
pub(crate) use combiner;
