//! What was given and has no effect.

use super::accepted::{REPEATABLE, STREAMING};
use crate::command_line::{Accepted, Arity, CommandLine};

/// An option that was given and has no effect.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct IgnoredOption {
    /// The option with its value, such as `-mapper cat`.
    pub option: String,
    /// Why it has none.
    pub reason: &'static str,
}

/// The streaming options that were given and have no effect.
pub(super) fn without_effect(line: &CommandLine) -> Vec<IgnoredOption> {
    let scripts = ["mapdebug", "reducedebug"].into_iter().flat_map(|name| {
        line.values(name).take(1).map(move |value| IgnoredOption {
            option: format!("-{name} {value}"),
            reason: "Hadoop has run no debug scripts since version 2",
        })
    });
    scripts.chain(repeated(line, STREAMING)).collect()
}

/// The second and later values of options that have one.
pub(super) fn repeated(
    line: &CommandLine,
    accepted: Accepted,
) -> impl Iterator<Item = IgnoredOption> {
    let single =
        accepted.iter().filter(|(name, arity)| *arity == Arity::One && !REPEATABLE.contains(name));
    single.flat_map(|&(name, _)| {
        line.values(name).skip(1).map(move |value| IgnoredOption {
            option: format!("-{name} {value}"),
            reason: "the option is given more than once, and the first one counts",
        })
    })
}
