//! Real Hadoop, asked what it does.
//!
//! One JVM runs many command lines, since most of a small job's time is the start of Java. Hadoop's local runner does
//! to a job's bytes what a cluster does. [`Oracle::cross`] asks its codecs and `SequenceFile`s without a job.

use std::collections::BTreeMap;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::{Receiver, RecvTimeoutError, channel};
use std::time::Duration;
use std::{env, fs, thread};

use crate::conformance::runner::{Redirected, Runner};

/// The variable with the class path: Hadoop's jars, its configuration and the classes of `tests/oracle`.
pub const CLASS_PATH: &str = "HOWDAH_ORACLE_CLASSPATH";
/// A JVM runs so many jobs: each that fails leaves threads behind, and with them its sort buffer of 100 MB.
const MOST_JOBS: u32 = 40;
/// Properties that Hadoop keeps for as long as a JVM lives.
const OF_THE_JVM: [&str; 2] = ["mapreduce.job.counters.", "aggregate.max."];
/// Longer than any job here takes; then it hangs.
const PATIENCE: Duration = Duration::from_secs(180);

/// Hadoop, in a folder of its own.
pub struct Oracle {
    class_path: String,
    /// Has `here`, where jobs run, and what Hadoop keeps beside it.
    folder: tempfile::TempDir,
    jvm: Option<Jvm>,
}

struct Jvm {
    process: Child,
    requests: ChildStdin,
    answers: Receiver<String>,
    environment: BTreeMap<String, String>,
    jobs: u32,
}

impl Oracle {
    /// Finds Hadoop; the reason if it is not there.
    ///
    /// # Errors
    /// When the variable with the class path is not set.
    pub fn find() -> Result<Self, String> {
        let class_path = env::var(CLASS_PATH)
            .map_err(|_| format!("{CLASS_PATH} is not set: start this by scripts/hadoop-oracle"))?;
        let folder = tempfile::Builder::new().prefix("hadoop-oracle").tempdir().unwrap();
        fs::create_dir(folder.path().join("here")).unwrap();
        Ok(Oracle { class_path, folder, jvm: None })
    }

    /// The folder in which jobs run: a JVM cannot leave the one that it was started in.
    #[must_use]
    pub fn here(&self) -> std::path::PathBuf {
        self.folder.path().join("here")
    }

    /// Asks Hadoop's codecs and `SequenceFile`s for something: see `Cross.java`.
    ///
    /// # Errors
    /// What Hadoop said when it failed.
    pub fn cross(&mut self, words: &[&str]) -> Result<(), String> {
        let words: Vec<_> = ["cross"].iter().chain(words).map(|&word| String::from(word)).collect();
        let mut printed = String::new();
        // A Java machine has been seen to stand still, once in fifteen thousand files and not there again.
        for _ in 0..2 {
            let mut jvm = self.jvm.take().unwrap_or_else(|| self.start(&BTreeMap::new()));
            let (exit, says) =
                jvm.ask(&self.folder.path().join("log"), &words, &Redirected::default());
            if exit.is_some() {
                self.jvm = Some(jvm);
            }
            match exit {
                Some(0) => return Ok(()),
                Some(_) => return Err(says),
                None => printed = says,
            }
        }
        Err(format!("Java did not answer, twice: {printed}"))
    }

    fn start(&self, environment: &BTreeMap<String, String>) -> Jvm {
        let mut process = Command::new("java")
            .args(["-Xmx1g", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1"])
            .args([
                "-Djava.security.manager=allow",
                "--add-opens",
                "java.base/java.lang=ALL-UNNAMED",
            ])
            .arg(format!("-Dhowdah.oracle.folder={}", self.folder.path().join("hadoop").display()))
            .args(["-cp", &self.class_path, "Oracle"])
            .envs(environment)
            .current_dir(self.here())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null()) // Java's own warnings; the jobs' words go to a file
            .spawn()
            .unwrap();
        let requests = process.stdin.take().unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (sender, answers) = channel();
        thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    return;
                }
            }
        });
        Jvm { process, requests, answers, environment: environment.clone(), jobs: 0 }
    }
}

impl Jvm {
    /// Asks for one thing; gives the exit code, unless the asking took too long or Java died, and what was printed.
    fn ask(
        &mut self,
        log: &Path,
        words: &[String],
        redirected: &Redirected,
    ) -> (Option<i32>, String) {
        let path = |path: &Option<PathBuf>| {
            path.as_ref().map_or(String::new(), |path| path.to_str().unwrap().to_owned())
        };
        let streams =
            [log.to_str().unwrap().to_owned(), path(&redirected.input), path(&redirected.output)];
        let words = streams.iter().chain(words).map(String::as_str);
        let request = words.map(encoded).collect::<Vec<_>>().join("\t");
        let asked = writeln!(self.requests, "{request}");
        let answer = match asked {
            Ok(()) => self.answers.recv_timeout(PATIENCE),
            Err(_) => Err(RecvTimeoutError::Disconnected),
        };
        let printed = String::from_utf8_lossy(&fs::read(log).unwrap_or_default()).into_owned();
        (answer.ok().and_then(|answer| answer.parse().ok()), printed)
    }
}

impl Runner for Oracle {
    /// Runs a command line in [`Oracle::here`]; no exit code if the job hangs or Java died.
    fn run(
        &mut self,
        folder: &Path,
        line: &[String],
        environment: &BTreeMap<String, String>,
        redirected: &Redirected,
    ) -> (Option<i32>, String) {
        assert_eq!(folder, self.here(), "Hadoop runs in its own folder only");
        // A JVM has one environment, and keeps these limits.
        let own_limits = line.iter().any(|word| OF_THE_JVM.iter().any(|name| word.contains(name)));
        let fits =
            |jvm: &Jvm| !own_limits && jvm.environment == *environment && jvm.jobs < MOST_JOBS;
        let mut jvm = self.jvm.take().filter(fits).unwrap_or_else(|| self.start(environment));
        jvm.jobs += 1;
        let (exit, printed) = jvm.ask(&self.folder.path().join("log"), line, redirected);
        if printed.contains("OutOfMemoryError") && jvm.jobs > 1 {
            drop(jvm); // what was left behind is to blame, so that a new one is asked
            let _ = fs::remove_dir_all(folder.join("out"));
            if let Some(folder) = redirected.output.as_ref().and_then(|path| path.parent()) {
                fs::create_dir_all(folder).unwrap();
            }
            return self.run(folder, line, environment, redirected);
        }
        if exit.is_some() && !own_limits {
            self.jvm = Some(jvm);
        }
        (exit, printed)
    }
}

impl Drop for Jvm {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
    }
}

/// A word as `java.net.URLDecoder` reads it.
fn encoded(word: &str) -> String {
    let byte = |byte: u8| match byte {
        _ if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        _ => format!("%{byte:02X}"),
    };
    word.bytes().map(byte).collect()
}
