//! Commands: how the text of `-mapper` becomes the words of a process, and back.
//!
//! No shell is involved. `PipeMapRed.splitArgs` knows the space, `'` and `"`, and no escapes; a quote that opens or
//! closes ends a word, and a word without characters vanishes. [`tokenise`] is that rule, [`compose`] its inverse, and
//! [`join_environment`] with [`split_environment`] the simpler rule for `-cmdenv`.

use std::{error, fmt};

/// Splits a command into the words of a process, as `PipeMapRed.splitArgs` does.
///
/// ```
/// use howdah_streaming::command::tokenise;
///
/// assert_eq!(tokenise("python3  'my script.py' --x='1 2'"), ["python3", "my script.py", "--x=", "1 2"]);
/// assert_eq!(tokenise(r#"a\ b "" 'never closed"#), ["a\\", "b", "never closed"]);
/// ```
pub fn tokenise(command: &str) -> Vec<String> {
    let mut words = Vec::new();
    let mut quote = None;
    let mut start = 0;
    for (index, character) in command.char_indices() {
        let ends_word = match (quote, character) {
            (None, '\'' | '"') => {
                quote = Some(character);
                true
            }
            (Some(open), _) if open == character => {
                quote = None;
                true
            }
            (None, ' ') => true,
            _ => false,
        };
        if ends_word {
            words.push(&command[start..index]);
            start = index + 1;
        }
    }
    words.push(&command[start..]);
    words.into_iter().filter(|word| !word.is_empty()).map(str::to_owned).collect()
}

/// Writes words as one command that Hadoop splits into the very same words, which is proved before it is returned.
///
/// A word with a space or a `"` is put between `'`, one with a `'` between `"`. The command also survives Hadoop's
/// option parser, which takes off a pair of `"` around a value: a space is appended where it would.
///
/// ```
/// use howdah_streaming::command::{compose, tokenise};
///
/// assert_eq!(compose(&["wc", "-l", "my file"])?, "wc -l 'my file'");
/// assert_eq!(tokenise(&compose(&["it's"])?), ["it's"]);
/// assert!(compose(&["both ' and \""]).is_err());
/// # Ok::<(), howdah_streaming::command::ComposeError>(())
/// ```
///
/// # Errors
/// A word that no command can hold: an empty one, one with both kinds of quotes, one with a NUL; or no words at all.
pub fn compose(argv: &[&str]) -> Result<String, ComposeError> {
    if argv.is_empty() {
        return Err(ComposeError::NoProgram);
    }
    let words = argv.iter().enumerate().map(|(index, word)| quoted(index, word));
    let mut command = words.collect::<Result<Vec<_>, _>>()?.join(" ");
    if loses_quotes(&command) {
        command.push(' ');
    }
    if tokenise(&command) == argv { Ok(command) } else { Err(ComposeError::NotTheSame { command }) }
}

/// The word as it stands in a command.
fn quoted(index: usize, word: &str) -> Result<String, ComposeError> {
    let argument = || word.to_owned();
    if word.is_empty() {
        return Err(ComposeError::Empty { index });
    }
    if word.contains('\0') {
        return Err(ComposeError::Nul { index, argument: argument() });
    }
    match (word.contains('\''), word.contains('"')) {
        (true, true) => Err(ComposeError::BothQuotes { index, argument: argument() }),
        (true, false) => Ok(format!("\"{word}\"")),
        (false, true) => Ok(format!("'{word}'")),
        (false, false) if word.contains(' ') => Ok(format!("'{word}'")),
        (false, false) => Ok(argument()),
    }
}

/// Whether Hadoop's option parser takes off the `"` around `value`: one pair, with no other `"` inside.
pub(crate) fn loses_quotes(value: &str) -> bool {
    let inner = value.strip_prefix('"').and_then(|rest| rest.strip_suffix('"'));
    inner.is_some_and(|inner| !inner.contains('"'))
}

/// Joins `NAME=VALUE` entries of `-cmdenv` with spaces, as `StreamJob` does for `stream.addenvironment`.
///
/// Hadoop itself puts `HADOOP_ROOT_LOGGER=` first. Entries are joined unchecked: [`check_environment`] says which ones
/// do not survive.
pub fn join_environment<S: AsRef<str>>(entries: &[S]) -> String {
    entries.iter().map(AsRef::as_ref).collect::<Vec<_>>().join(" ")
}

/// Splits the value of `stream.addenvironment` into names and values, as `PipeMapRed.addEnvironment` does: at every
/// space, and each piece at its first `=`. Pieces without `=` are dropped.
///
/// ```
/// use howdah_streaming::command::split_environment;
///
/// let variables = split_environment("A=1 B=x=y C=two words");
/// assert_eq!(variables, [("A", "1"), ("B", "x=y"), ("C", "two")]);
/// ```
pub fn split_environment(joined: &str) -> Vec<(&str, &str)> {
    joined.split(' ').filter_map(|entry| entry.split_once('=')).collect()
}

/// Checks that an entry of `-cmdenv` reaches the child as it stands.
///
/// ```
/// use howdah_streaming::command::check_environment;
///
/// assert!(check_environment("LC_ALL=C.UTF-8").is_ok());
/// assert!(check_environment("GREETING=good morning").is_err());
/// ```
///
/// # Errors
/// An entry with a space, at which Hadoop cuts it, with a NUL, without a `=` or without a name.
pub fn check_environment(entry: &str) -> Result<(), ComposeError> {
    let complaint = match entry.split_once('=') {
        None => "has no `=`",
        Some(("", _)) => "has no name before `=`",
        Some(_) if entry.contains('\0') => "contains a NUL character",
        Some(_) if entry.contains(' ') => "contains a space, at which Hadoop cuts it",
        Some(_) => return Ok(()),
    };
    Err(ComposeError::Environment { entry: entry.to_owned(), complaint })
}

/// Why words cannot be written as a command, or an environment entry cannot be passed on.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum ComposeError {
    /// There are no words.
    NoProgram,
    /// A word is empty.
    Empty {
        /// The word's index; 0 is the program.
        index: usize,
    },
    /// A word contains `'` and `"`.
    BothQuotes {
        /// The word's index; 0 is the program.
        index: usize,
        /// The word.
        argument: String,
    },
    /// A word contains a NUL character.
    Nul {
        /// The word's index; 0 is the program.
        index: usize,
        /// The word.
        argument: String,
    },
    /// The command does not split into the words it was made of.
    NotTheSame {
        /// The command.
        command: String,
    },
    /// An environment entry would not arrive as it stands.
    Environment {
        /// The entry.
        entry: String,
        /// What is wrong with it.
        complaint: &'static str,
    },
}

impl fmt::Display for ComposeError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NoProgram => f.write_str("A command needs a program; name one"),
            Self::Empty { index } => write!(
                f,
                "Argument {index} is empty, and Hadoop drops empty arguments; leave it out or give it a value",
            ),
            Self::BothQuotes { index, argument } => write!(
                f,
                "Argument {index}, `{argument}`, contains both ' and \", and Hadoop's commands have no escapes; \
                 pass it in a file or in the environment",
            ),
            Self::Nul { index, argument } => write!(
                f,
                "Argument {index}, `{}`, contains a NUL character, which no process can be given; remove it",
                argument.escape_debug(),
            ),
            Self::NotTheSame { command } => write!(
                f,
                "Hadoop would not split `{command}` into the arguments it was made of; please report this as a bug",
            ),
            Self::Environment { entry, complaint } => write!(
                f,
                "The environment entry `{}` {complaint}; write it as NAME=VALUE without spaces, or ship it in a file",
                entry.escape_debug(),
            ),
        }
    }
}

impl error::Error for ComposeError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Observed with the real `PipeMapRed`.
    #[test]
    fn words_are_those_of_hadoop() {
        let cases: &[(&str, &[&str])] = &[
            ("a b  c", &["a", "b", "c"]),
            (r#""a b" c"#, &["a b", "c"]),
            ("a'b c'd", &["a", "b c", "d"]),
            (r#""it's" 'say "x"'"#, &["it's", r#"say "x""#]),
            (r#"a\ b \n \" "#, &["a\\", "b", "\\n", "\\", " "]),
            ("'a b", &["a b"]),
            ("a\tb", &["a\tb"]),
            ("'' \"\"", &[]),
            ("", &[]),
        ];
        for (command, words) in cases {
            assert_eq!(&tokenise(command), words, "{command}");
        }
    }

    #[test]
    fn what_cannot_be_composed_is_explained() {
        let cases: &[(&[&str], &str)] = &[
            (&[], "A command needs a program; name one"),
            (
                &["a", ""],
                "Argument 1 is empty, and Hadoop drops empty arguments; leave it out or give it a value",
            ),
            (
                &["a", "'\""],
                "Argument 1, `'\"`, contains both ' and \", and Hadoop's commands have no escapes; pass it in a file or in the environment",
            ),
            (
                &["a\0b"],
                "Argument 0, `a\\0b`, contains a NUL character, which no process can be given; remove it",
            ),
        ];
        for (argv, message) in cases {
            assert_eq!(compose(argv).unwrap_err().to_string(), *message);
        }
    }

    #[test]
    fn environment_entries_are_checked() {
        let cases = [
            ("A", "has no `=`"),
            ("=1", "has no name"),
            ("A=b c", "contains a space"),
            ("A=\0", "NUL"),
        ];
        for (entry, complaint) in cases {
            let message = check_environment(entry).unwrap_err().to_string();
            assert!(message.contains(complaint), "{message}");
        }
    }

    /// `PipeMapRed.splitArgs` as its states: outside of quotes, or inside of one kind.
    fn by_states(command: &str) -> Vec<String> {
        let mut words = vec![String::new()];
        let mut state = ' ';
        for character in command.chars() {
            let is_quote = matches!(character, '\'' | '"');
            match state {
                ' ' if is_quote || character == ' ' => {
                    state = character;
                    words.push(String::new());
                }
                _ if character == state && state != ' ' => {
                    state = ' ';
                    words.push(String::new());
                }
                _ => words.last_mut().unwrap().push(character),
            }
        }
        words.retain(|word| !word.is_empty());
        words
    }

    proptest! {
        #[test]
        fn words_are_those_of_the_states(command in "[ab '\"\\\\\té]{0,24}") {
            prop_assert_eq!(tokenise(&command), by_states(&command));
        }

        #[test]
        fn a_composed_command_splits_into_its_words(argv in prop::collection::vec("[a '\"\\\\\té]{0,6}", 0..5)) {
            let argv: Vec<&str> = argv.iter().map(String::as_str).collect();
            let composable = |word: &&str| !word.is_empty() && quoted(0, word).is_ok();
            match compose(&argv) {
                Ok(command) => {
                    prop_assert_eq!(tokenise(&command), argv);
                    prop_assert!(!loses_quotes(&command));
                }
                Err(_) => prop_assert!(argv.is_empty() || !argv.iter().all(composable)),
            }
        }

        #[test]
        fn any_command_is_split(command in "[a '\"]{0,20}|.*") {
            prop_assert!(tokenise(&command).iter().all(|word| !word.is_empty()));
        }

        #[test]
        fn checked_entries_arrive(entries in prop::collection::vec("[A-C]{1,2}=[a-c=é\t]{0,4}", 0..4)) {
            let joined = join_environment(&entries);
            let arrived: Vec<_> = split_environment(&joined).iter().map(|(name, value)| format!("{name}={value}")).collect();
            prop_assert!(entries.iter().all(|entry| check_environment(entry).is_ok()));
            prop_assert_eq!(arrived, entries);
        }
    }
}
