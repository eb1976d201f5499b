//! What a child has of our own environment, below the variables that its task gives it.

use std::ffi::{OsStr, OsString};
use std::process::Command;

/// What stays of a clean environment: where programs are, whose they are, and how words and times are written.
const KEPT: [&str; 6] = ["PATH", "HOME", "USER", "LANG", "TZ", "TMPDIR"];
const KEPT_PREFIX: &[u8] = b"LC_";

/// Takes our environment from a command but for what any program needs.
pub(super) fn keep_least(command: &mut Command) {
    command.env_clear().envs(least_of(std::env::vars_os()));
}

fn least_of(
    variables: impl Iterator<Item = (OsString, OsString)>,
) -> impl Iterator<Item = (OsString, OsString)> {
    variables.filter(|(name, _)| is_kept(name))
}

fn is_kept(name: &OsStr) -> bool {
    KEPT.iter().any(|kept| name == *kept) || name.as_encoded_bytes().starts_with(KEPT_PREFIX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_names_a_place_or_a_language_stays_and_secrets_go() {
        let variables =
            ["PATH", "AWS_SECRET_ACCESS_KEY", "LC_ALL", "TMPDIR", "SSH_AUTH_SOCK", "path"];
        let variables = variables.map(|name| (OsString::from(name), OsString::from("x")));
        let left: Vec<_> = least_of(variables.into_iter()).map(|(name, _)| name).collect();
        assert_eq!(left, ["PATH", "LC_ALL", "TMPDIR"]);
    }
}
