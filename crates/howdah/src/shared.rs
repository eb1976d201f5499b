//! [`Shared`]: what the tasks of one process make once.

use std::fmt;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use crate::error::Result;

/// Something that the first task makes, and all others of the same process share: a table of a side file, a compiled
/// pattern, a model.
///
/// Each task has a mapper or reducer of its own, a clone of the one in the plan. A `Shared` in it is the same one in all
/// clones. Here all tasks of a step are threads of one process, so that a table takes its memory and its time once;
/// on Hadoop each task is a process, and makes its own. What is shared cannot be changed any more.
///
/// ```
/// use std::collections::HashMap;
///
/// use howdah::{Flow, Mapper, Out, Result, Shared, SideFile, Sum, Text};
///
/// /// Counts visits by country.
/// #[derive(Clone)]
/// struct ByCountry {
///     file: SideFile,
///     countries: Shared<HashMap<String, String>>,
/// }
///
/// impl Mapper<Text> for ByCountry {
///     type Key = String;
///     type Value = u64;
///
///     fn map(&mut self, address: &str, out: &mut Out<String, u64>) -> Result {
///         let countries = self.countries.get_or_make(|| {
///             let text = out.read_side_file(&self.file)?;
///             let pairs = text.lines().filter_map(|line| line.split_once('\t'));
///             Ok(pairs.map(|(address, country)| (address.into(), country.into())).collect())
///         })?;
///         if let Some(country) = countries.get(address) {
///             out.emit(country, 1);
///         }
///         Ok(())
///     }
/// }
///
/// let file = SideFile::new("countries.tsv");
/// let plan = Flow::lines()
///     .map(ByCountry { file: file.clone(), countries: Shared::new() })
///     .side_file(&file)
///     .fold(Sum)
///     .plan();
/// # let _ = plan;
/// ```
pub struct Shared<T>(Arc<Place<T>>);

struct Place<T> {
    made: OnceLock<T>,
    /// Held by the task that makes it.
    making: Mutex<()>,
}

impl<T> Shared<T> {
    /// Nothing, until a task makes it.
    pub fn new() -> Self {
        Shared(Arc::new(Place { made: OnceLock::new(), making: Mutex::new(()) }))
    }

    /// What was made; or makes it, while other tasks that ask for it wait.
    ///
    /// # Errors
    /// Those of `make`. Nothing is kept then, and the next task that asks tries again.
    #[inline]
    pub fn get_or_make(&self, make: impl FnOnce() -> Result<T>) -> Result<&T> {
        match self.0.made.get() {
            Some(there) => Ok(there),
            None => self.make(make),
        }
    }

    #[cold]
    fn make(&self, make: impl FnOnce() -> Result<T>) -> Result<&T> {
        let Place { made, making } = &*self.0;
        // Who panicked while making it has left nothing.
        let _making = making.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some(made) = made.get() {
            return Ok(made);
        }
        let new = make()?;
        Ok(made.get_or_init(|| new))
    }
}

impl<T> Clone for Shared<T> {
    /// The same, not another one.
    fn clone(&self) -> Self {
        Shared(Arc::clone(&self.0))
    }
}

impl<T> Default for Shared<T> {
    fn default() -> Self {
        Self::new()
    }
}

impl<T> fmt::Debug for Shared<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.made.get().is_some() { "Shared(made)" } else { "Shared(not made)" })
    }
}

#[cfg(test)]
mod tests {
    use std::panic::{AssertUnwindSafe, catch_unwind};
    use std::sync::atomic::{AtomicU32, Ordering};
    use std::thread;

    use super::*;
    use crate::Error;

    #[test]
    fn it_is_made_once_however_many_ask() {
        let (shared, times) = (Shared::new(), AtomicU32::new(0));
        thread::scope(|scope| {
            for _ in 0..8 {
                let (shared, times) = (shared.clone(), &times);
                scope.spawn(move || {
                    let made = shared.get_or_make(|| Ok(times.fetch_add(1, Ordering::Relaxed)));
                    assert_eq!(*made.unwrap(), 0);
                });
            }
        });
        assert_eq!(times.into_inner(), 1);
    }

    #[test]
    fn who_fails_or_panics_leaves_nothing() {
        let shared = Shared::new();
        assert!(shared.get_or_make(|| Err(Error::new("no such file"))).is_err());
        let panics = || drop(shared.get_or_make(|| panic!("as asked")));
        assert!(catch_unwind(AssertUnwindSafe(panics)).is_err());
        assert_eq!(format!("{shared:?}"), "Shared(not made)");
        assert_eq!(*shared.get_or_make(|| Ok(7)).unwrap(), 7);
    }
}
