//! What somebody may have meant whose command line Hadoop does not take.

use super::accepted::{GENERIC, STREAMING};
use crate::command_line::{Accepted, Arity};

/// What somebody who wrote an unknown option may have meant.
pub(super) fn hint_on_option(option: &str) -> Option<String> {
    let name = option.trim_start_matches('-');
    let (before_equals, has_value) =
        name.split_once('=').map_or((name, false), |(before, _)| (before, true));
    let named = |accepted: Accepted, name: &str| {
        let is_it = |(option, _): &&(&str, Arity)| option.eq_ignore_ascii_case(name);
        accepted.iter().find(is_it).map(|&(option, _)| option)
    };
    if name.starts_with('D') || GENERIC.iter().any(|(generic, _)| *generic == before_equals) {
        return Some(
            "generic options such as -D, -files and -conf must stand before all others".to_owned(),
        );
    }
    match named(STREAMING, before_equals) {
        Some(right) if has_value => Some(format!("write the value behind a blank: -{right} VALUE")),
        Some(right) => Some(format!("the option is -{right}")),
        None if matches!(name, "h" | "?" | "usage") => Some("-help shows the usage".to_owned()),
        None => {
            let longer = STREAMING.iter().filter(|(right, _)| right.starts_with(name));
            let longer: Vec<String> = longer.map(|(right, _)| format!("-{right}")).collect();
            let is_short = !name.is_empty() && !longer.is_empty();
            is_short.then(|| format!("options cannot be shortened: {}", longer.join(" or ")))
        }
    }
}

/// The commonest cause of a word that belongs to no option.
pub(super) fn hint_on_stray(word: &str, args: &[String]) -> Option<String> {
    if word.contains('\r') {
        return Some("a line of the script ends in CR LF: save it with Unix line ends".to_owned());
    }
    if !word.is_empty() && word.chars().all(char::is_whitespace) {
        return Some(
            "a line of the command ends in a backslash and a blank, so that the command ends there, too: \
             remove the blank"
                .to_owned(),
        );
    }
    if word.starts_with(['\u{2013}', '\u{2014}', '\u{2212}']) {
        return Some(format!("`{word}` begins with a dash: options begin with a hyphen, `-`"));
    }
    let at = args.iter().position(|arg| arg == word)?;
    let before = args[..at].iter().rposition(|arg| arg.starts_with('-') && arg.len() > 1)?;
    let name = args[before].trim_start_matches('-');
    match name {
        "mapper" | "combiner" | "reducer" => {
            let words = args[before + 1..=at].join(" ");
            Some(format!(
                "a command of several words is one argument; put quotes around it: -{name} '{words}'"
            ))
        }
        _ if name.starts_with('D') || name == "jobconf" => {
            Some("a property is one argument without blanks around `=`: -D NAME=VALUE".to_owned())
        }
        "files" | "archives" | "libjars" => {
            Some(format!("several paths are one argument, with commas: -{name} A,B"))
        }
        "cmdenv" => Some("each variable needs a -cmdenv of its own".to_owned()),
        _ => None,
    }
}
