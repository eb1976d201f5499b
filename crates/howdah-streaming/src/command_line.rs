//! How options are told from values: the parsers of commons-cli that Hadoop uses.
//!
//! `GnuParser` reads the generic options and stops at the first word that is none; `BasicParser` reads the streaming
//! options behind them. An option is written with one hyphen or two. What counts as a value is decided by a single
//! rule: all but the options of the same parser, so that an unknown option behind a value's option is a value.

use crate::command::loses_quotes;

/// How many values an option takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Arity {
    None,
    One,
    Many,
}

/// The options that a parser accepts, by name without hyphens.
pub(crate) type Accepted = &'static [(&'static str, Arity)];

/// What a command line says.
#[derive(Debug, Default)]
pub(crate) struct CommandLine {
    /// The options in the order given, each with its values.
    options: Vec<(&'static str, Vec<String>)>,
    /// The words that belong to no option.
    pub(crate) rest: Vec<String>,
}

impl CommandLine {
    pub(crate) fn has(&self, name: &str) -> bool {
        self.options.iter().any(|(option, _)| *option == name)
    }

    /// All values of an option, however often it is given.
    pub(crate) fn values(&self, name: &str) -> impl Iterator<Item = &String> {
        self.options
            .iter()
            .filter(move |(option, _)| *option == name)
            .flat_map(|(_, values)| values)
    }

    /// The first value of an option; that is the one that counts.
    pub(crate) fn value(&self, name: &str) -> Option<String> {
        self.values(name).next().cloned()
    }
}

/// Why words are no command line, with commons-cli's message.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Complaint {
    Unrecognized(String),
    MissingArgument(&'static str),
}

impl Complaint {
    pub(crate) fn message(&self) -> String {
        match self {
            Self::Unrecognized(option) => format!("Unrecognized option: {option}"),
            Self::MissingArgument(name) => format!("Missing argument for option: {name}"),
        }
    }
}

/// Reads options anywhere between the words (`BasicParser`).
pub(crate) fn parse(accepted: Accepted, words: &[String]) -> Result<CommandLine, Complaint> {
    Reader { accepted, words }.read(false)
}

/// Reads options up to the first word that is none (`GnuParser`); `-Dname=value` and `-files=value` are understood.
pub(crate) fn parse_leading(
    accepted: Accepted,
    words: &[String],
) -> Result<CommandLine, Complaint> {
    let words = with_joined_values_parted(accepted, words);
    Reader { accepted, words: &words }.read(true)
}

/// Parts `-Dvalue` and `-option=value` into option and value, up to the first unknown option.
fn with_joined_values_parted(accepted: Accepted, words: &[String]) -> Vec<String> {
    let mut parted = Vec::with_capacity(words.len());
    for (index, word) in words.iter().enumerate() {
        if word == "-" || !word.starts_with('-') || find(accepted, word).is_some() {
            parted.push(word.clone());
        } else if let Some((option, value)) = joined_value(accepted, word) {
            parted.extend([option.to_owned(), value.to_owned()]);
        } else {
            parted.extend_from_slice(&words[index..]);
            break;
        }
    }
    parted
}

fn joined_value(accepted: Accepted, word: &str) -> Option<(&str, &str)> {
    let by_equals = word.split_once('=').filter(|(option, _)| find(accepted, option).is_some());
    by_equals
        .or_else(|| word.split_at_checked(2).filter(|(option, _)| find(accepted, option).is_some()))
}

/// The accepted option that a word names, with hyphens or without.
fn find(accepted: Accepted, word: &str) -> Option<(&'static str, Arity)> {
    let name = word.strip_prefix("--").or_else(|| word.strip_prefix('-')).unwrap_or(word);
    accepted.iter().find(|(option, _)| *option == name).copied()
}

struct Reader<'w> {
    accepted: Accepted,
    words: &'w [String],
}

impl Reader<'_> {
    fn read(mut self, stop_at_other: bool) -> Result<CommandLine, Complaint> {
        let mut line = CommandLine::default();
        while let Some((word, behind)) = self.words.split_first() {
            self.words = behind;
            let option = find(self.accepted, word);
            match (word.as_str(), option) {
                ("--", _) => self.take_rest(&mut line),
                ("-", _) if stop_at_other => self.take_rest(&mut line),
                (_, Some((name, arity))) if word.starts_with('-') => {
                    let values = self.take_values(name, arity)?;
                    line.options.push((name, values));
                }
                _ if stop_at_other => {
                    line.rest.push(word.clone());
                    self.take_rest(&mut line);
                }
                _ if word != "-" && word.starts_with('-') => {
                    return Err(Complaint::Unrecognized(word.clone()));
                }
                _ => line.rest.push(word.clone()),
            }
        }
        Ok(line)
    }

    /// The values of an option: the words up to the next option, and no more than it takes.
    fn take_values(&mut self, name: &'static str, arity: Arity) -> Result<Vec<String>, Complaint> {
        let limit = match arity {
            Arity::None => return Ok(Vec::new()),
            Arity::One => 1,
            Arity::Many => usize::MAX,
        };
        let is_value =
            |word: &&String| !word.starts_with('-') || find(self.accepted, word).is_none();
        let count = self.words.iter().take(limit).take_while(is_value).count();
        let (values, behind) = self.words.split_at(count);
        self.words = behind;
        if values.is_empty() {
            return Err(Complaint::MissingArgument(name));
        }
        Ok(values.iter().map(|value| without_quotes(value).to_owned()).collect())
    }

    /// Every word that is left belongs to no option; `--` among them are dropped.
    fn take_rest(&mut self, line: &mut CommandLine) {
        let rest = std::mem::take(&mut self.words);
        line.rest.extend(rest.iter().filter(|word| *word != "--").cloned());
    }
}

/// The value without one pair of `"` around it.
fn without_quotes(value: &str) -> &str {
    if loses_quotes(value) { &value[1..value.len() - 1] } else { value }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const ACCEPTED: Accepted =
        &[("D", Arity::One), ("files", Arity::One), ("input", Arity::Many), ("v", Arity::None)];

    fn words(line: &str) -> Vec<String> {
        line.split(' ').filter(|word| !word.is_empty()).map(str::to_owned).collect()
    }

    fn values(line: &CommandLine, name: &str) -> String {
        line.values(name).map(String::as_str).collect::<Vec<_>>().join(" ")
    }

    #[test]
    fn values_are_all_words_that_are_no_options() {
        let line = parse(ACCEPTED, &words("-input a -foo b --v -D x y - -input \"c\"")).unwrap();
        assert_eq!(values(&line, "input"), "a -foo b c");
        assert_eq!((values(&line, "D"), line.rest), ("x".to_owned(), words("y -")));
    }

    #[test]
    fn leading_options_end_at_another_word() {
        let line =
            parse_leading(ACCEPTED, &words("-Da=b -files=x --D c -v -other -Dd=e -- f")).unwrap();
        assert_eq!(
            (values(&line, "D"), values(&line, "files")),
            ("a=b c".to_owned(), "x".to_owned())
        );
        assert_eq!(line.rest, words("-other -Dd=e f"));
    }

    #[test]
    fn complaints_are_those_of_commons_cli() {
        let complaint = |line| parse(ACCEPTED, &words(line)).unwrap_err().message();
        assert_eq!(complaint("-v -foo 1"), "Unrecognized option: -foo");
        assert_eq!(complaint("-input -v"), "Missing argument for option: input");
        assert_eq!(complaint("-D"), "Missing argument for option: D");
    }

    proptest! {
        #[test]
        fn any_words_are_read_or_refused(words in prop::collection::vec("-{0,2}(D|files|input|v|é)?(=|\")?.{0,2}", 0..9)) {
            let _ = parse(ACCEPTED, &words);
            let _ = parse_leading(ACCEPTED, &words);
        }
    }
}
