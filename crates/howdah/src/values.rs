//! The values of one group.

use std::fmt;

use howdah_plan::{RawValues, TaskError};

use crate::key::Data;
use crate::protocol::json;

/// The values of one key, one after the other.
///
/// As an iterator it gives each value away. [`next_ref`](Self::next_ref) lends each from one place that the next
/// value reuses, which saves the memory of strings and vectors. Values that are not asked for are passed over
/// unread.
///
/// ```
/// use howdah::{Out, Reducer, Values};
///
/// /// The longest value of each key.
/// #[derive(Clone)]
/// struct Longest;
///
/// impl Reducer<String, String> for Longest {
///     type Key = String;
///     type Value = String;
///
///     fn reduce(
///         &mut self,
///         key: &String,
///         mut values: Values<String>,
///         out: &mut Out<String, String>,
///     ) -> howdah::Result {
///         let mut longest = String::new();
///         while let Some(value) = values.next_ref() {
///             if value.len() > longest.len() {
///                 longest.clone_from(value);
///             }
///         }
///         out.emit(key, longest);
///         Ok(())
///     }
/// }
/// ```
pub struct Values<'v, V> {
    raw: &'v mut dyn RawValues,
    place: &'v mut Place<V>,
}

/// What outlives a group's [`Values`]: the reused place, and why reading stopped.
pub(crate) struct Place<V> {
    value: Option<V>,
    failed: Option<TaskError>,
}

impl<V> Place<V> {
    pub(crate) fn new() -> Self {
        Place { value: None, failed: None }
    }

    /// The failure that ended the values early, once.
    pub(crate) fn check(&mut self) -> Result<(), TaskError> {
        self.failed.take().map_or(Ok(()), Err)
    }
}

impl<'v, V: Data> Values<'v, V> {
    pub(crate) fn new(raw: &'v mut dyn RawValues, place: &'v mut Place<V>) -> Self {
        Values { raw, place }
    }

    /// The next value, lent until the one after it is asked for.
    ///
    /// A value that cannot be read ends the values; the task then fails.
    pub fn next_ref(&mut self) -> Option<&V> {
        if self.place.failed.is_some() {
            return None;
        }
        let read = match self.raw.next() {
            Ok(None) => return None,
            Ok(Some(bytes)) => json::read_into(&mut self.place.value, bytes, "value"),
            Err(error) => Err(error),
        };
        match read {
            Ok(()) => self.place.value.as_ref(),
            Err(error) => {
                self.place.failed = Some(error);
                None
            }
        }
    }
}

impl<V: Data> Iterator for Values<'_, V> {
    type Item = V;

    fn next(&mut self) -> Option<V> {
        if self.place.failed.is_some() {
            return None;
        }
        let read = match self.raw.next() {
            Ok(None) => return None,
            Ok(Some(bytes)) => json::read(bytes, "value"),
            Err(error) => Err(error),
        };
        read.map_err(|error| self.place.failed = Some(error)).ok()
    }
}

impl<V> fmt::Debug for Values<'_, V> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Values").finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Slice<'a>(&'a [&'a [u8]]);

    impl RawValues for Slice<'_> {
        fn next(&mut self) -> Result<Option<&[u8]>, TaskError> {
            let next = self.0.split_first();
            Ok(next.map(|(first, rest)| {
                self.0 = rest;
                *first
            }))
        }
    }

    #[test]
    fn values_are_given_or_lent() {
        let mut raw = Slice(&[b"\"a\"", b"\"b\"", b"\"c\""]);
        let mut place = Place::new();
        let mut values = Values::<String>::new(&mut raw, &mut place);
        assert_eq!(values.next_ref().map(String::as_str), Some("a"));
        assert_eq!(values.next().as_deref(), Some("b"));
        assert_eq!(values.next_ref().map(String::as_str), Some("c"));
        assert_eq!(values.next_ref(), None);
    }

    #[test]
    fn a_value_that_cannot_be_read_ends_them_and_is_kept() {
        let mut raw = Slice(&[b"1", b"x", b"3"]);
        let mut place = Place::new();
        let values = Values::<u64>::new(&mut raw, &mut place);
        assert_eq!(values.collect::<Vec<_>>(), [1]);
        let error = place.check().unwrap_err().to_string();
        assert!(error.starts_with("this value is not a u64: expected value"), "{error}");
        assert!(place.check().is_ok());
    }
}
