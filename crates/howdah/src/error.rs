//! Errors of a job's own code.

use std::error::Error as StdError;
use std::fmt;

use howdah_plan::TaskError;

type Boxed = Box<dyn StdError + Send + Sync>;

/// What a mapper, combiner or reducer returns: nothing, or why the task must fail.
///
/// Any error type can be returned with `?`.
///
/// ```
/// fn celsius(line: &str) -> howdah::Result<f64> {
///     let fahrenheit: f64 = line.trim().parse()?;
///     Ok((fahrenheit - 32.0) / 1.8)
/// }
/// assert!(celsius("212").is_ok());
/// assert!(celsius("hot").is_err());
/// ```
pub type Result<T = (), E = Error> = std::result::Result<T, E>;

/// Why a task must fail: any error, in a box.
///
/// It is made by `?` from every type that is a [`std::error::Error`], by [`Error::new`] from a sentence, and by
/// [`Error::boxed`] from types that are no `Error` themselves, such as `anyhow::Error`.
pub struct Error(Boxed);

impl Error {
    /// An error that says a sentence.
    ///
    /// ```
    /// let error = howdah::Error::new("the log has no date");
    /// assert_eq!(error.to_string(), "the log has no date");
    /// ```
    #[allow(clippy::needless_pass_by_value)] // a message is handed over, as everywhere
    pub fn new(message: impl fmt::Display) -> Self {
        Error(message.to_string().into())
    }

    /// An error from whatever can become a boxed one.
    ///
    /// ```
    /// fn date(line: &str) -> Result<&str, Box<dyn std::error::Error + Send + Sync>> {
    ///     line.split(' ').nth(3).ok_or_else(|| "no fourth word".into())
    /// }
    /// let date = date("a b c").map_err(howdah::Error::boxed);
    /// assert_eq!(date.unwrap_err().to_string(), "no fourth word");
    /// ```
    pub fn boxed(error: impl Into<Box<dyn StdError + Send + Sync>>) -> Self {
        Error(error.into())
    }

    /// The same, as engines know it.
    pub(crate) fn into_task_error(self) -> TaskError {
        match self.0.downcast::<TaskError>() {
            Ok(error) => *error,
            Err(other) => TaskError::job(other),
        }
    }
}

impl fmt::Display for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for Error {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

impl<E: StdError + Send + Sync + 'static> From<E> for Error {
    fn from(error: E) -> Self {
        Error(Box::new(error))
    }
}

impl From<Error> for Boxed {
    fn from(error: Error) -> Self {
        error.0
    }
}

/// What a closure given to `map_fn` or `reduce_fn` may return: nothing, or a `Result` of nothing.
///
/// ```
/// use howdah::{Flow, Out};
///
/// // Nothing can go wrong:
/// let _ = Flow::lines().map_fn(|line, out: &mut Out<usize, u64>| out.emit(line.len(), 1));
/// // The first error fails the task:
/// let _ = Flow::lines().map_fn(|line, out: &mut Out<u64, u64>| -> howdah::Result {
///     out.emit(line.parse::<u64>()?, 1);
///     Ok(())
/// });
/// // So does one of `anyhow`, with its context:
/// use anyhow::Context as _;
/// let _ = Flow::lines().map_fn(|line, out: &mut Out<u64, u64>| -> anyhow::Result<()> {
///     out.emit(line.parse::<u64>().context("a line is no number")?, 1);
///     Ok(())
/// });
/// ```
#[diagnostic::on_unimplemented(
    message = "a step's closure must return nothing or a `Result` of nothing, not `{Self}`",
    label = "returns `{Self}`"
)]
pub trait TaskResult {
    #[doc(hidden)]
    fn into_result(self) -> Result;
}

impl TaskResult for () {
    fn into_result(self) -> Result {
        Ok(())
    }
}

impl<E: Into<Boxed>> TaskResult for Result<(), E> {
    fn into_result(self) -> Result {
        self.map_err(Error::boxed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_task_error_comes_out_as_it_went_in() {
        let inner = TaskError::decode("value", "u64", b"x", "expected a number");
        let error: Error = inner.into();
        assert_eq!(error.into_task_error().slug(), "howdah::undecodable-record");
    }

    #[test]
    fn an_error_of_anyhow_keeps_its_context() {
        use anyhow::Context as _;
        let parse = || -> anyhow::Result<()> {
            "x".parse::<u32>().context("a line is no number")?;
            Ok(())
        };
        for error in [parse().into_result(), parse().map_err(Error::boxed)] {
            let error = error.unwrap_err().into_task_error();
            assert_eq!(error.slug(), "howdah::job-error");
            assert_eq!(error.to_string(), "a line is no number");
            assert!(std::error::Error::source(&error).is_some(), "the reason is kept");
        }
    }

    #[test]
    fn an_error_goes_through_a_closure_s_result_unchanged() {
        let error = Err::<(), Error>("x".parse::<u32>().unwrap_err().into()).into_result();
        let error = error.unwrap_err().into_task_error();
        assert_eq!(error.slug(), "howdah::job-error");
        assert_eq!(error.to_string(), "invalid digit found in string");
    }
}
