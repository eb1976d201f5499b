//! Hadoop's own shell, for file systems that only Hadoop knows.
//!
//! On a cluster it is a class among those that `CLASSPATH` names, and started by `java` alone; elsewhere it is the command
//! `hadoop fs` or `hdfs dfs`. It finds the job's tokens and configuration as the task's own JVM does. Each start of a
//! JVM takes a second or two, so there should be few.

use std::collections::BTreeMap;
use std::error::Error;
use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::Arc;

use crate::property::lookup;

/// The class behind `hadoop fs`.
const CLASS: &str = "org.apache.hadoop.fs.FsShell";
/// A small JVM that starts fast: it shares the task's memory, and only copies.
const JVM_OPTIONS: [&str; 3] = ["-Xmx128m", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"];
/// How many of the last lines that the shell has said an error shows.
const SHOWN_LINES: usize = 10;

/// Hadoop's shell, as far as the environment tells where it is.
#[derive(Debug, Clone)]
pub(super) struct Shell {
    environment: Arc<BTreeMap<String, String>>,
}

/// A way to start it.
struct Start {
    program: PathBuf,
    words: Vec<&'static str>,
}

impl Shell {
    /// The shell of a task with these variables in its environment.
    pub(super) fn new(environment: Arc<BTreeMap<String, String>>) -> Self {
        Shell { environment }
    }

    /// Runs one of its commands in a folder, and waits for its end. What it says on success is noise of a log; what
    /// is not done if it fails, `undone` says.
    pub(super) fn run(
        &self,
        folder: &Path,
        words: &[&str],
        undone: &str,
    ) -> Result<(), ShellError> {
        let failed = |start: &Start, why| {
            let program = start.program.display();
            // The JVM's options say nothing to those who read of a failure.
            let shown = [start.words.last(), words.first()].into_iter().flatten();
            let shown = shown.fold(program.to_string(), |shown, word| format!("{shown} {word}"));
            Err(ShellError { undone: undone.to_owned(), command: shown, why })
        };
        for start in self.starts() {
            let mut command = Command::new(&start.program);
            command.args(&start.words).args(words).current_dir(folder);
            command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::piped());
            if let Some(user) = self.user() {
                command.env("HADOOP_USER_NAME", user);
            }
            return match command.output() {
                Ok(done) if done.status.success() => Ok(()),
                Ok(done) => failed(&start, Why::Ended(done.status, last_lines(&done.stderr))),
                // A folder that is gone is not found either, but then another program would not help.
                Err(error) if error.kind() == io::ErrorKind::NotFound && folder.is_dir() => {
                    continue;
                }
                Err(error) => failed(&start, Why::NotStarted(error)),
            };
        }
        let (undone, command) = (undone.to_owned(), "hadoop fs".to_owned());
        Err(ShellError { undone, command, why: Why::NotFound })
    }

    /// The ways to start it, the best first.
    fn starts(&self) -> Vec<Start> {
        let mut starts = Vec::new();
        if self.variable("CLASSPATH").is_some() {
            let java = [&JVM_OPTIONS[..], &[CLASS]].concat();
            let home = self.variable("JAVA_HOME").map(|home| Path::new(home).join("bin/java"));
            let programs = home.into_iter().chain(["java".into()]);
            starts.extend(programs.map(|program| Start { program, words: java.clone() }));
        }
        for (name, word) in [("hadoop", "fs"), ("hdfs", "dfs")] {
            let homes = ["HADOOP_HOME", "HADOOP_COMMON_HOME"].map(|home| self.variable(home));
            let installed = homes.into_iter().flatten();
            let programs = installed.map(|home| Path::new(home).join("bin").join(name));
            let programs = programs.chain([name.into()]);
            starts.extend(programs.map(|program| Start { program, words: vec![word] }));
        }
        starts
    }

    /// Whose files they are, if nobody has said it yet: without Kerberos Hadoop asks the environment, where a container
    /// knows the job's user, who need not be the system's.
    fn user(&self) -> Option<&str> {
        let user = lookup(&self.environment, "mapreduce.job.user.name");
        user.filter(|user| !user.is_empty() && self.variable("HADOOP_USER_NAME").is_none())
    }

    fn variable(&self, name: &str) -> Option<&str> {
        self.environment.get(name).map(String::as_str).filter(|value| !value.is_empty())
    }
}

/// A path or URI as the shell takes it: what would be a pattern to it is not.
pub(super) fn literal(path: &str) -> String {
    let mut escaped = String::with_capacity(path.len());
    for c in path.chars() {
        if matches!(c, '\\' | '*' | '?' | '[' | ']' | '{' | '}') {
            escaped.push('\\');
        }
        escaped.push(c);
    }
    escaped
}

fn last_lines(said: &[u8]) -> Vec<String> {
    let said = String::from_utf8_lossy(said);
    let lines: Vec<_> = said.lines().filter(|line| !line.trim().is_empty()).collect();
    let shown = lines[lines.len().saturating_sub(SHOWN_LINES)..].iter();
    shown.map(|line| line.chars().map(|c| if c.is_control() { ' ' } else { c }).collect()).collect()
}

/// Why the shell has not done what it should.
#[derive(Debug)]
pub(in crate::cli) struct ShellError {
    undone: String,
    command: String,
    why: Why,
}

#[derive(Debug)]
enum Why {
    /// It is nowhere.
    NotFound,
    NotStarted(io::Error),
    /// It has failed, and said why.
    Ended(ExitStatus, Vec<String>),
}

impl ShellError {
    /// Whether it missed a file or folder.
    pub(super) fn is_missing_path(&self) -> bool {
        match &self.why {
            Why::Ended(_, said) => {
                said.iter().any(|line| line.contains("No such file or directory"))
            }
            Why::NotFound | Why::NotStarted(_) => false,
        }
    }

    /// What to do about it.
    pub(in crate::cli) fn hint(&self) -> &'static str {
        match &self.why {
            Why::NotFound | Why::NotStarted(_) => {
                "let CLASSPATH name Hadoop's jars and configuration, and JAVA_HOME or PATH find `java`, as YARN does; \
                 or let PATH or HADOOP_HOME find `hadoop` or `hdfs`"
            }
            Why::Ended(..) => {
                "what Hadoop's shell has said is above; is the path right, and may this task's user do that?"
            }
        }
    }
}

impl fmt::Display for ShellError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: ", self.undone)?;
        match &self.why {
            Why::NotFound => f.write_str("Hadoop's shell is not to be found"),
            Why::NotStarted(error) => write!(f, "`{}` cannot be started: {error}", self.command),
            Why::Ended(status, said) => {
                match status.code() {
                    Some(code) => write!(f, "`{}` failed with code {code}", self.command)?,
                    None => write!(f, "`{}` was ended by {status}", self.command)?,
                }
                said.iter().try_for_each(|line| write!(f, "\n  | {line}"))
            }
        }
    }
}

impl Error for ShellError {}

#[cfg(test)]
#[cfg(unix)]
pub(super) mod tests {
    use std::fs;

    use super::*;
    use crate::cli::task::tests::TestFolder;

    /// Puts a program of a shell's commands into a folder, in the place of Java's in its `JAVA_HOME`.
    pub(in crate::cli::task) fn stand_in(home: &Path, commands: &str) {
        fs::create_dir_all(home.join("bin")).unwrap();
        // Written by a child: what a thread beside this one starts would keep the file open, and so not to be run.
        let write = "printf '#!/bin/sh\\n%s\\n' \"$1\" > \"$0\" && chmod 700 \"$0\"";
        let program = home.join("bin/java");
        let written = Command::new("sh").args(["-c", write]).arg(program).arg(commands).status();
        assert!(written.unwrap().success());
    }

    fn shell(variables: &[(&str, &str)]) -> Shell {
        let pairs = variables.iter().map(|(name, value)| ((*name).into(), (*value).into()));
        Shell::new(Arc::new(pairs.collect()))
    }

    fn ways(variables: &[(&str, &str)]) -> Vec<String> {
        let starts = shell(variables).starts().into_iter();
        starts
            .map(|start| {
                format!("{} {}", start.program.display(), start.words.last().unwrap_or(&""))
            })
            .collect()
    }

    #[test]
    fn java_is_asked_first_where_its_classes_are_known() {
        assert_eq!(ways(&[("JAVA_HOME", "/j"), ("CLASSPATH", "")]), ["hadoop fs", "hdfs dfs"]);
        let all = ways(&[("CLASSPATH", "x"), ("JAVA_HOME", "/j"), ("HADOOP_HOME", "/h")]);
        assert_eq!(
            all,
            [
                "/j/bin/java org.apache.hadoop.fs.FsShell",
                "java org.apache.hadoop.fs.FsShell",
                "/h/bin/hadoop fs",
                "hadoop fs",
                "/h/bin/hdfs dfs",
                "hdfs dfs",
            ]
        );
    }

    #[test]
    fn it_runs_as_the_jobs_user_and_a_failure_shows_what_it_said() {
        let folder = TestFolder::new();
        let home = folder.path().to_str().unwrap();
        let variables =
            [("CLASSPATH", "x"), ("JAVA_HOME", home), ("mapreduce_job_user_name", "ann")];
        stand_in(folder.path(), "pwd > out; echo $HADOOP_USER_NAME \"$@\" >> out; echo noise >&2");
        shell(&variables).run(folder.path(), &["-ls", "a b"], "x").unwrap();
        assert_eq!(
            fs::read_to_string(folder.path().join("out")).unwrap(),
            format!(
                "{home}\nann -Xmx128m -XX:+UseSerialGC -XX:TieredStopAtLevel=1 {CLASS} -ls a b\n"
            )
        );
        let known = [&variables[..], &[("HADOOP_USER_NAME", "bob")]].concat();
        assert_eq!(shell(&known).user(), None);

        stand_in(
            folder.path(),
            "echo 'log4j: x' >&2; echo \"put: \\`x': No such file or directory\" >&2; exit 1",
        );
        let error = shell(&variables).run(folder.path(), &["-put", "x"], "no copy").unwrap_err();
        assert_eq!(
            error.to_string(),
            format!(
                "no copy: `{home}/bin/java {CLASS} -put` failed with code 1\n  | log4j: x\n  \
                 | put: `x': No such file or directory"
            )
        );
        assert!(error.is_missing_path());
        stand_in(
            folder.path(),
            "i=0; while [ $i -lt 30 ]; do i=$((i+1)); echo $i >&2; done; exit 2",
        );
        let error = shell(&variables).run(folder.path(), &["-put"], "no copy").unwrap_err();
        assert!(error.to_string().ends_with("code 2\n  | 21\n  | 22\n  | 23\n  | 24\n  | 25\n  | 26\n  | 27\n  | 28\n  | 29\n  | 30"), "{error}");
        assert!(!error.is_missing_path());
    }

    #[test]
    fn what_would_be_a_pattern_is_none() {
        assert_eq!(literal("hdfs://h/a b,c"), "hdfs://h/a b,c");
        assert_eq!(literal("/a{b}*[c]?\\"), "/a\\{b\\}\\*\\[c\\]\\?\\\\");
    }
}
