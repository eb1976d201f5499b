//! Steps as lines of a POSIX shell, which are read again before they are given out.

use std::collections::BTreeMap;

use super::{PrintError, PrintedStep};
use crate::invocation::Invocation;
use crate::secrets;

/// The steps as commands for a POSIX shell, one option a line, each step only if the one before it has succeeded.
///
/// `launcher` is what Hadoop's own words follow: `hadoop jar /usr/lib/hadoop-mapreduce/hadoop-streaming.jar`.
///
/// What looks like a secret is not printed: a variable of the shell stands in its place, and the shell refuses to go on
/// while it is not set.
///
/// ```
/// use howdah_hadoop::Invocation;
/// use howdah_hadoop::print::shell;
///
/// let mut job = Invocation::new("count words");
/// job.inputs.push("/books".to_owned());
/// job.output = "/counts".to_owned();
/// job.mapper = vec!["./word-count".to_owned(), "map".to_owned()];
/// let launcher = ["mapred", "streaming"].map(str::to_owned);
/// assert_eq!(
///     shell(&[job.into()], &launcher)?,
///     "# count words\n\
///      mapred streaming \\\n  \
///        -D 'mapreduce.job.name=count words' \\\n  \
///        -input /books \\\n  \
///        -output /counts \\\n  \
///        -mapper './word-count map'\n"
/// );
/// # Ok::<(), howdah_hadoop::print::PrintError>(())
/// ```
///
/// # Errors
/// A step that cannot be told to Hadoop.
pub fn shell(steps: &[PrintedStep], launcher: &[String]) -> Result<String, PrintError> {
    let launcher = Line(launcher.iter().map(|word| Word::plain(word)).collect());
    let mut script = Script::default();
    for (index, step) in steps.iter().enumerate() {
        let mut lines = vec![launcher.clone()];
        lines.extend(options(&step.invocation, &mut script.variables)?);
        script.commands.push(Command { title: step.title(index, steps.len()), lines });
    }
    script.text()
}

/// Words as a command.
pub(super) fn text<'a>(words: impl IntoIterator<Item = &'a str>) -> String {
    Line(words.into_iter().map(Word::plain).collect()).text()
}

/// Commands that follow each other.
#[derive(Default)]
pub(super) struct Script {
    pub(super) commands: Vec<Command>,
    pub(super) variables: Variables,
}

/// A command, with what is said above it.
pub(super) struct Command {
    pub(super) title: String,
    pub(super) lines: Vec<Line>,
}

/// Words that stand on one line.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Line(pub(super) Vec<Word>);

/// A word, of text and of variables.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Word(Vec<Piece>);

#[derive(Debug, Clone, PartialEq, Eq)]
enum Piece {
    Text(String),
    /// The value of a variable, which must be set and not be empty.
    Variable(String),
}

/// The variables that stand for secrets, by their names.
#[derive(Debug, Default)]
pub(super) struct Variables(BTreeMap<String, String>);

impl Script {
    /// The text, of which a shell makes the very words.
    pub(super) fn text(&self) -> Result<String, PrintError> {
        let comment = |name: &String| {
            format!("# Set {name} first: a secret, which is not printed. Better: {}", secrets::HINT)
        };
        let comments: Vec<_> = self.variables.0.keys().map(comment).collect();
        let commands: Vec<_> = self.commands.iter().map(Command::text).collect();
        let parts = [comments.join("\n"), commands.join(" &&\n\n")];
        let parts: Vec<_> = parts.into_iter().filter(|part| !part.is_empty()).collect();
        let text = parts.join("\n\n") + "\n";
        self.prove(&text)?;
        Ok(text)
    }

    fn prove(&self, text: &str) -> Result<(), PrintError> {
        let meant: Vec<Vec<&Word>> = self.commands.iter().map(Command::words).collect();
        let read = read(text).unwrap_or_default();
        let mut commands = meant.iter().zip(&read);
        let differs = commands.find_map(|(meant, read)| {
            let same = meant.iter().copied().eq(read);
            (!same).then(|| meant.iter().map(|word| word.text()).collect::<Vec<_>>().join(" "))
        });
        match differs {
            None if meant.len() == read.len() => Ok(()),
            what => {
                Err(PrintError::Differs { what: what.unwrap_or_else(|| "the script".to_owned()) })
            }
        }
    }
}

impl Command {
    fn text(&self) -> String {
        let lines: Vec<_> = self.lines.iter().map(Line::text).collect();
        format!("# {}\n{}", self.title, lines.join(" \\\n  "))
    }

    fn words(&self) -> Vec<&Word> {
        self.lines.iter().flat_map(|line| &line.0).collect()
    }
}

impl Line {
    pub(super) fn text(&self) -> String {
        self.0.iter().map(Word::text).collect::<Vec<_>>().join(" ")
    }
}

impl Word {
    pub(super) fn plain(text: &str) -> Self {
        Word(if text.is_empty() { vec![] } else { vec![Piece::Text(text.to_owned())] })
    }

    /// Text, and behind it the value of a variable.
    pub(super) fn with_variable(text: &str, name: &str) -> Self {
        let mut word = Word::plain(text);
        word.0.push(Piece::Variable(name.to_owned()));
        word
    }

    fn text(&self) -> String {
        if self.0.is_empty() {
            return "''".to_owned();
        }
        let piece = |piece: &Piece| match piece {
            Piece::Text(text) => quoted(text),
            Piece::Variable(name) => format!("\"${{{name}:?}}\""),
        };
        self.0.iter().map(piece).collect()
    }
}

/// Characters that mean themselves to every shell; `=` only behind the first word, and not as the first letter.
fn is_plain(c: char) -> bool {
    c.is_ascii_alphanumeric()
        || matches!(c, '_' | '-' | '.' | '/' | ':' | ',' | '+' | '@' | '%' | '=')
}

fn quoted(text: &str) -> String {
    let reads_as_itself = text.chars().all(is_plain) && !text.starts_with('=');
    if reads_as_itself { text.to_owned() } else { format!("'{}'", text.replace('\'', r"'\''")) }
}

/// Reads what is written here, and nothing else that shells know: comments, lines that go on, `&&`, both quotes, and
/// variables in double ones.
fn read(text: &str) -> Option<Vec<Vec<Word>>> {
    let mut reader = Reader::default();
    let mut rest = text;
    while let Some(c) = rest.chars().next() {
        rest = reader.take(c, &rest[c.len_utf8()..])?;
    }
    reader.end_command();
    Some(reader.commands)
}

/// The commands that were read, and those parts that have not ended yet.
#[derive(Default)]
struct Reader {
    commands: Vec<Vec<Word>>,
    command: Vec<Word>,
    word: Option<Word>,
}

impl Reader {
    /// Takes a character, and perhaps some of those behind it; gives back the others.
    fn take<'a>(&mut self, c: char, behind: &'a str) -> Option<&'a str> {
        let is_between = self.word.is_none();
        match c {
            '\'' => {
                let (inside, behind) = behind.split_once('\'')?;
                self.add(inside);
                Some(behind)
            }
            '"' => {
                let (inside, behind) = behind.split_once('"')?;
                let name = inside.strip_prefix("${")?.strip_suffix(":?}")?;
                self.word.get_or_insert_default().0.push(Piece::Variable(name.to_owned()));
                Some(behind)
            }
            '\\' if behind.starts_with('\'') => {
                self.add("'");
                behind.strip_prefix('\'')
            }
            '\\' => behind.strip_prefix('\n'),
            ' ' | '\n' => {
                self.command.extend(self.word.take());
                Some(behind)
            }
            '#' if is_between => Some(behind.split_once('\n').map_or("", |(_, behind)| behind)),
            '&' if is_between => {
                self.end_command();
                behind.strip_prefix('&')
            }
            // In front of a command it would set a variable.
            '=' if self.command.is_empty() => None,
            c if is_plain(c) => {
                self.add(c.encode_utf8(&mut [0; 4]));
                Some(behind)
            }
            _ => None,
        }
    }

    fn add(&mut self, text: &str) {
        let Word(pieces) = self.word.get_or_insert_default();
        match pieces.last_mut() {
            _ if text.is_empty() => {}
            Some(Piece::Text(last)) => last.push_str(text),
            _ => pieces.push(Piece::Text(text.to_owned())),
        }
    }

    fn end_command(&mut self) {
        self.command.extend(self.word.take());
        if !self.command.is_empty() {
            self.commands.push(std::mem::take(&mut self.command));
        }
    }
}

/// What is told to Hadoop, an option a line; what looks like a secret is a variable.
pub(super) fn options(
    invocation: &Invocation,
    variables: &mut Variables,
) -> Result<Vec<Line>, PrintError> {
    let argv = invocation.argv()?;
    let secret_properties = secrets::find(&invocation.properties);
    let mut lines = Vec::new();
    for pair in argv.chunks(2) {
        let [option, value] = pair else {
            return Err(PrintError::Differs { what: pair.join(" ") });
        };
        let word = match option.as_str() {
            "-D" => {
                let (name, secret) = value.split_once('=').unwrap_or((value, ""));
                let is_secret = secret_properties.iter().any(|found| found.name == name);
                if is_secret {
                    Word::with_variable(&format!("{name}="), &variables.stand_for(name, secret))
                } else {
                    Word::plain(value)
                }
            }
            "-mapper" => command(value, &invocation.mapper, variables),
            "-combiner" => {
                command(value, invocation.combiner.as_deref().unwrap_or_default(), variables)
            }
            "-reducer" => {
                command(value, invocation.reducer.as_deref().unwrap_or_default(), variables)
            }
            _ if secrets::why_value(value).is_some() => {
                Word::with_variable("", &variables.stand_for(option, value))
            }
            _ => Word::plain(value),
        };
        lines.push(Line(vec![Word::plain(option), word]));
    }
    Ok(lines)
}

/// A command's text, in which variables stand for the words that look like secrets.
fn command(text: &str, words: &[String], variables: &mut Variables) -> Word {
    let mut pieces = vec![Piece::Text(text.to_owned())];
    for (found, secret) in secrets::in_command(words) {
        let name = variables.stand_for(&found.name, secret);
        pieces = pieces.into_iter().flat_map(|piece| parted(piece, secret, &name)).collect();
    }
    Word(pieces)
}

/// A piece of text, parted at each place where the secret is.
fn parted(piece: Piece, secret: &str, name: &str) -> Vec<Piece> {
    let Piece::Text(text) = piece else { return vec![piece] };
    let mut pieces = Vec::new();
    for (index, part) in text.split(secret).enumerate() {
        if index > 0 {
            pieces.push(Piece::Variable(name.to_owned()));
        }
        if !part.is_empty() {
            pieces.push(Piece::Text(part.to_owned()));
        }
    }
    pieces
}

impl Variables {
    /// The variable for a secret: of one value always the same, and of two values never.
    fn stand_for(&mut self, name: &str, value: &str) -> String {
        let name = name.trim_start_matches('-');
        let letter = |c: char| if c.is_ascii_alphanumeric() { c.to_ascii_uppercase() } else { '_' };
        let mut variable: String = name.chars().map(letter).collect();
        if variable.starts_with(|c: char| c.is_ascii_digit()) || variable.is_empty() {
            variable.insert(0, '_');
        }
        let mut candidates = (2..).map(|number| format!("{variable}_{number}"));
        let mut candidate = variable.clone();
        while self.0.get(&candidate).is_some_and(|known| known != value) {
            candidate = candidates.next().unwrap_or_default();
        }
        self.0.insert(candidate.clone(), value.to_owned());
        candidate
    }
}

#[cfg(test)]
mod tests {
    use std::process::Command as Process;

    use proptest::prelude::*;

    use super::super::tests::step;
    use super::*;

    fn launcher() -> Vec<String> {
        ["hadoop", "jar", "/usr/lib/hadoop-mapreduce/hadoop-streaming.jar"]
            .map(str::to_owned)
            .to_vec()
    }

    #[test]
    fn steps_are_commands_that_wait_for_each_other() {
        let mut second = step("top words");
        second.note = Some("again until the job says that it is enough".to_owned());
        second.invocation.set("a", "it's $HOME");
        second.invocation.reducer = None;
        assert_eq!(
            shell(&[step("count words"), second], &launcher()).unwrap(),
            r"# count words (step 1 of 2)
hadoop jar /usr/lib/hadoop-mapreduce/hadoop-streaming.jar \
  -D 'mapreduce.job.name=count words' \
  -D mapreduce.job.reduces=2 \
  -D 'mapreduce.partition.keycomparator.options=-k1,1 -k2,2n' \
  -files '/home/me/word-count#word-count' \
  -input 's3://bucket/books/*.txt' \
  -output s3://bucket/counts \
  -mapper './word-count map --step 0' \
  -reducer './word-count reduce --step 0' &&

# top words (step 2 of 2): again until the job says that it is enough
hadoop jar /usr/lib/hadoop-mapreduce/hadoop-streaming.jar \
  -D 'mapreduce.job.name=top words' \
  -D mapreduce.job.reduces=2 \
  -D 'mapreduce.partition.keycomparator.options=-k1,1 -k2,2n' \
  -D 'a=it'\''s $HOME' \
  -files '/home/me/word-count#word-count' \
  -input 's3://bucket/books/*.txt' \
  -output s3://bucket/counts \
  -mapper './word-count map --step 0'
"
        );
    }

    #[test]
    fn secrets_are_variables_that_must_be_set() {
        let mut step = step("count");
        step.invocation.set("fs.s3a.secret.key", "hunter2");
        step.invocation.inputs = vec!["http://me:hunter3@host/books".to_owned()];
        step.invocation.mapper.extend(["--api-key", "hunter2x"].map(str::to_owned));
        step.invocation.reducer = Some(["./r", "--password=hunter 4"].map(str::to_owned).to_vec());
        let text = shell(&[step], &launcher()).unwrap();
        assert!(!text.contains("hunter"), "{text}");
        for line in [
            "# Set API_KEY first: a secret, which is not printed. Better: put it into a credential store",
            "  -D fs.s3a.secret.key=\"${FS_S3A_SECRET_KEY:?}\" \\\n",
            "  -input \"${INPUT:?}\" \\\n",
            "  -mapper './word-count map --step 0 --api-key '\"${API_KEY:?}\" \\\n",
            "  -reducer './r '\\''--password='\"${PASSWORD:?}\"''\\'''\n",
        ] {
            assert!(text.contains(line), "{line}\n{text}");
        }
    }

    #[test]
    fn two_secrets_of_one_name_are_two_variables() {
        let mut variables = Variables::default();
        assert_eq!(variables.stand_for("my.password", "a"), "MY_PASSWORD");
        assert_eq!(variables.stand_for("my.password", "b"), "MY_PASSWORD_2");
        assert_eq!(variables.stand_for("--my-password", "a"), "MY_PASSWORD");
        assert_eq!(variables.stand_for("1.password", "a"), "_1_PASSWORD");
    }

    #[test]
    fn what_cannot_be_told_to_hadoop_is_not_printed() {
        let mut step = step("count");
        step.invocation.inputs.push("a,b".to_owned());
        let error = shell(&[step], &launcher()).unwrap_err();
        assert!(matches!(error, PrintError::Invocation(_)), "{error}");
    }

    /// What a shell makes of a script: each command's words, and whether it went on behind each.
    fn by_shell(text: &str, variables: &[(&str, &str)]) -> Vec<u8> {
        let script = format!("launch() {{ printf '%s\\0' \"$@\"; }}\n{text}");
        let mut process = Process::new("sh");
        let output =
            process.arg("-c").arg(script).envs(variables.iter().copied()).output().unwrap();
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
        output.stdout
    }

    fn joined(argv: &[Vec<String>]) -> Vec<u8> {
        argv.iter().flatten().flat_map(|word| word.bytes().chain([0])).collect()
    }

    #[test]
    fn a_shell_reads_the_very_words() {
        let launch = ["launch".to_owned()];
        let mut odd = step("it's `date` \"$HOME\" \\ é !! ~ * {a,b} #x && ;");
        odd.invocation.set("tab", "a\tb");
        odd.invocation.mapper.push("it's".to_owned());
        let steps = [step("a"), odd];
        let argv: Vec<_> = steps.iter().map(|step| step.invocation.argv().unwrap()).collect();
        assert_eq!(by_shell(&shell(&steps, &launch).unwrap(), &[]), joined(&argv));

        let mut secret = step("b");
        secret.invocation.set("my.password", "x'y z");
        secret.invocation.mapper.extend(["--password", "x'y z"].map(str::to_owned));
        let argv = vec![secret.invocation.argv().unwrap()];
        let text = shell(&[secret], &launch).unwrap();
        let variables = [("MY_PASSWORD", "x'y z"), ("PASSWORD", "x'y z")];
        assert_eq!(by_shell(&text, &variables), joined(&argv));
    }

    #[test]
    fn what_is_not_written_here_is_not_read() {
        for text in [
            "a $b", "a \"$b\"", "a \"b\"", "a; b", "a | b", "a 'b", "a \\b", "a & b", "a*", "a=b c",
        ] {
            assert_eq!(read(text), None, "{text}");
        }
        assert_eq!(read("# only this").unwrap(), Vec::<Vec<Word>>::new());
    }

    proptest! {
        #[test]
        fn any_words_are_read_as_they_were_meant(words in prop::collection::vec("[a-z=#'\"\\\\ \n$&~*é]{0,8}|\\PC{0,8}", 1..6)) {
            let line = Line(words.iter().map(|word| Word::plain(word)).collect());
            let command = Command { title: "x".to_owned(), lines: vec![Line(vec![Word::plain("a")]), line.clone()] };
            let script = Script { commands: vec![command], variables: Variables::default() };
            let text = script.text().unwrap();
            let read = read(&text).unwrap();
            prop_assert_eq!(&read[0][1..], line.0.as_slice());
        }

        #[test]
        fn any_text_is_read_or_not(text in "[a-b'\"\\\\ \n${}:?&#]{0,24}|.*") {
            let _ = read(&text);
        }
    }
}
