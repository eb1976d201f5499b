//! A job: options of a command line, and the plan that they make.

use howdah_plan::Plan;

use crate::error::Result;

/// A job: its fields are its command line options, its plan is what they ask for.
///
/// The options stand after the subcommand, `word-count run --ignore-case …`, and howdah passes them on to every
/// task. They have names: a positional argument is refused, because `run` takes inputs there.
///
/// ```
/// use howdah::{Flow, Job, Mapper, Out, Plan, Result, Sum, Text, clap};
///
/// /// Counts words.
/// #[derive(clap::Args, Clone)]
/// struct WordCount {
///     /// Count `The` as `the`
///     #[arg(long)]
///     ignore_case: bool,
/// }
///
/// impl Job for WordCount {
///     fn plan(&self) -> Plan {
///         Flow::lines().map(self.clone()).fold(Sum).plan()
///     }
/// }
///
/// impl Mapper<Text> for WordCount {
///     type Key = String;
///     type Value = u64;
///
///     fn map(&mut self, line: &str, out: &mut Out<String, u64>) -> Result {
///         for word in line.split_whitespace() {
///             if self.ignore_case { out.emit(word.to_lowercase(), 1) } else { out.emit(word, 1) }
///         }
///         Ok(())
///     }
/// }
///
/// # #[cfg(any())]
/// howdah::main!(WordCount);
/// ```
pub trait Job: clap::Args + Clone + Send + Sync + 'static {
    /// Whether the options go together: called before [`plan`](Self::plan). An error ends the program as any wrong
    /// option does, with exit code 2.
    ///
    /// ```
    /// # use howdah::{Error, Flow, Job, Out, Plan, Result, clap};
    /// # #[derive(clap::Args, Clone)]
    /// # struct Between { #[arg(long)] least: u64, #[arg(long)] most: u64 }
    /// impl Job for Between {
    ///     fn check(&self) -> Result {
    ///         if self.least > self.most {
    ///             return Err(Error::new("--least cannot be more than --most"));
    ///         }
    ///         Ok(())
    ///     }
    ///
    ///     fn plan(&self) -> Plan {
    ///         let sizes = self.least..=self.most;
    ///         Flow::lines()
    ///             .map_fn(move |line, out: &mut Out<String, ()>| {
    ///                 if sizes.contains(&(line.len() as u64)) {
    ///                     out.emit(line, ());
    ///                 }
    ///             })
    ///             .map_only()
    ///             .plan()
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// What is wrong with the options, as a sentence for whoever gave them.
    fn check(&self) -> Result {
        Ok(())
    }

    /// The steps. Called anew in every process that runs a part of the job: the same options must give the same
    /// plan.
    fn plan(&self) -> Plan;
}

/// The `main` function of a job's program.
///
/// ```
/// # use howdah::{Flow, Job, Out, Plan, Sum, clap};
/// /// Counts lines.
/// #[derive(clap::Args, Clone)]
/// struct LineCount {}
///
/// impl Job for LineCount {
///     fn plan(&self) -> Plan {
///         Flow::lines().map_fn(|_, out: &mut Out<(), u64>| out.emit((), 1)).fold(Sum).plan()
///     }
/// }
///
/// # mod program {
/// # use super::LineCount;
/// howdah::main!(LineCount);
/// # }
/// # fn main() {}
/// ```
#[macro_export]
macro_rules! main {
    ($job:ty) => {
        fn main() -> ::std::process::ExitCode {
            $crate::cli::make_panics_visible();
            $crate::cli::main::<$job>()
        }
    };
}
