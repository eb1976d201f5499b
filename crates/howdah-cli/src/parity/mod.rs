//! `howdah parity`: a job run here and by Hadoop, and what is different then.
//!
//! | file | what |
//! | --- | --- |
//! | this | both runs, one after the other, and what is left of them |
//! | [`options`] | what is asked for |
//! | [`inputs`] | the same inputs on both sides |
//! | [`cluster`] | the cluster's files |
//! | [`sides`] | one run |
//! | [`children`] | programs, ended when a signal asks for it |
//! | [`compare`] | outputs, line by line |
//! | [`counters`] | counters, step by step |
//! | [`report`] | what is said in the end |

mod children;
mod cluster;
mod compare;
mod counters;
mod inputs;
mod options;
mod report;
mod sides;

use std::ffi::OsString;
use std::fmt;
use std::fs;
use std::io;
use std::path::Path;

use howdah_plan::exit;
use howdah_platform::TemporaryFolder;
use serde::Serialize;

use crate::terminal;
use children::Children;
use cluster::Cluster;
use compare::Listing;
use inputs::{Of, Placed};
use options::{By, Job, Options, Says};
use report::{PARITY_SCHEMA, Report};
use sides::Ran;

/// Runs what the words behind `parity` ask for; gives the exit code.
pub(crate) fn run(words: Vec<OsString>) -> u8 {
    let options = match options::command().try_get_matches_from(words) {
        Ok(matches) => Options::of(&matches),
        Err(error) => return terminal::tell_of_usage(&error),
    };
    let is_json = options.says == Says::Json;
    match parity(&options) {
        Ok(report) => {
            let text = if is_json { report.json() } else { report.text() };
            terminal::show(&text, report.exit_code)
        }
        Err(failure) => {
            let code =
                if is_json { terminal::show(&failure.json(), failure.code) } else { failure.code };
            terminal::complain(&format!("error: {}", failure.message));
            code
        }
    }
}

/// Why nothing could be compared.
#[derive(Debug, Serialize)]
struct Failure {
    schema: &'static str,
    outcome: &'static str,
    #[serde(rename = "exit_code")]
    code: u8,
    #[serde(rename = "error")]
    message: String,
}

impl Failure {
    fn new(code: u8, message: impl fmt::Display) -> Self {
        let message = message.to_string();
        Failure { schema: PARITY_SCHEMA, outcome: "failed", code, message }
    }

    fn of_signal(signal: i32) -> Self {
        match signal {
            2 => Failure::new(exit::INTERRUPTED, "interrupted; nothing of the runs is left"),
            _ => Failure::new(exit::TERMINATED, "ended by a signal; nothing of the runs is left"),
        }
    }

    fn json(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }
}

/// Runs a job both ways, and removes what that has left on both sides.
fn parity(options: &Options) -> Result<Report, Failure> {
    check(options)?;
    let unprepared =
        |what: &str, error: io::Error| Failure::new(exit::IO, format!("{what}: {error}"));
    let children =
        Children::new().map_err(|error| unprepared("waiting for signals failed", error))?;
    let folder = TemporaryFolder::new(&std::env::temp_dir());
    let mut folder =
        folder.map_err(|error| unprepared("no temporary folder can be made", error))?;
    let cluster = match options.by {
        By::Oracle => None,
        By::Cluster => Some(Cluster::find(options, &children)?),
    };
    let both = Both { options, children: &children, folder: folder.path(), cluster };
    let report = both.run();
    if let Some(warning) = both.cluster.as_ref().and_then(Cluster::clear) {
        terminal::complain(&format!("warning: {warning}"));
    }
    if options.keep {
        keep(&mut folder);
    }
    report
}

/// What can be found wrong before anything runs.
fn check(options: &Options) -> Result<(), Failure> {
    let given = options.inputs.iter().chain(options.named_inputs.iter().map(|(_, path)| path));
    if given.clone().any(|input| input == "-") {
        let message = "the standard input can be read once, and both runs read the input\nhint: save it to a file";
        return Err(Failure::new(exit::USAGE, message));
    }
    if given.count() == 0 {
        return Err(Failure::new(exit::USAGE, "no input: name a file, a folder or a glob"));
    }
    match &options.job {
        Job::Plan(plan) if !plan.is_file() => {
            Err(Failure::new(exit::SETUP, format!("there is no plan `{}`", plan.display())))
        }
        _ => Ok(()),
    }
}

fn keep(folder: &mut TemporaryFolder) {
    let folder = folder.keep();
    terminal::complain(&format!("what both have written is kept in `{}`", folder.display()));
}

/// Both runs of a job.
struct Both<'a> {
    options: &'a Options,
    children: &'a Children,
    /// Has all that is written on this machine.
    folder: &'a Path,
    /// `None` where Hadoop works on this machine's files.
    cluster: Option<Cluster<'a>>,
}

impl Both<'_> {
    fn run(&self) -> Result<Report, Failure> {
        let (job, hadoop) = (self.options.job.name(), self.hadoop());
        let inputs = match &self.cluster {
            None => inputs::of_this_machine(self.options),
            Some(cluster) => {
                self.say("looking at inputs, and copying them");
                inputs::on_both_sides(self.options, cluster, self.folder)?
            }
        };
        self.say(&format!("running {job} here"));
        let here = self.run_here(&inputs)?;
        // What fails for another reason than its records would only fail once more.
        if !matches!(here.exit_code, exit::OK | exit::JOB_FAILED | exit::REJECTS) {
            return Ok(Report::failed(job, hadoop, here, None));
        }
        self.say(&format!("running {job} by {hadoop}"));
        let there = self.run_by_hadoop(&inputs)?;
        if here.exit_code != exit::OK || there.exit_code != exit::OK {
            return Ok(Report::failed(job, hadoop, here, Some(there)));
        }
        if let Some(cluster) = &self.cluster {
            self.say("copying the cluster's output");
            cluster.get(&[self.hadoops_output()], &self.folder.join("hadoop"))?;
        }
        let files = compare::outputs(
            &self.listed("here")?,
            &self.listed("hadoop")?,
            |name, line| match self.cluster {
                Some(_) if compare::holds_rejects(name) => compare::without_way(line),
                _ => line,
            },
        );
        let counters = counters::rows(&here.counters, &there.counters);
        let strict = self.options.strict_order;
        Ok(Report::compared(job, hadoop, (here, there), (files, counters), strict))
    }

    /// What runs the job beside this machine's engine.
    fn hadoop(&self) -> &'static str {
        match self.options.by {
            By::Oracle => "Hadoop's LocalJobRunner",
            By::Cluster => "Hadoop's cluster",
        }
    }

    fn run_here(&self, inputs: &[Placed]) -> Result<Ran, Failure> {
        let mut words = inputs::words(inputs, Of::Here);
        words.extend(self.given_properties());
        words.extend(self.options.passed_on.iter().cloned());
        let output = self.folder.join("here");
        sides::run(self.children, &self.options.job, "local", &words, &output.to_string_lossy())
    }

    fn run_by_hadoop(&self, inputs: &[Placed]) -> Result<Ran, Failure> {
        let mut words = inputs::words(inputs, Of::Hadoop);
        words.extend(self.given_properties());
        if self.cluster.is_none() {
            let own = self.folder.join("hadoop.tmp");
            let properties = [
                ("mapreduce.framework.name", "local"),
                ("fs.defaultFS", "file:///"),
                ("hadoop.tmp.dir", &own.to_string_lossy()),
                // Else its client looks once in several seconds.
                ("mapreduce.client.progressmonitor.pollinterval", "100"),
                ("mapreduce.client.completion.pollinterval", "100"),
            ];
            words.extend(Options::property_words(properties));
        }
        let paths = [
            ("--streaming-jar", self.options.streaming_jar.as_ref().map(|jar| jar.as_os_str())),
            ("--hadoop-classpath", self.options.classpath.as_deref()),
        ];
        for (name, value) in paths {
            words.extend(value.into_iter().flat_map(|value| [name.into(), value.to_owned()]));
        }
        words.extend(self.options.passed_on.iter().cloned());
        sides::run(self.children, &self.options.job, "hadoop", &words, &self.hadoops_output())
    }

    fn given_properties(&self) -> Vec<OsString> {
        let given = self.options.properties.iter();
        Options::property_words(given.map(|(name, value)| (name.as_str(), value.as_str())))
    }

    fn hadoops_output(&self) -> String {
        match &self.cluster {
            Some(cluster) => format!("{}/out", cluster.folder()),
            None => self.folder.join("hadoop").to_string_lossy().into_owned(),
        }
    }

    fn listed(&self, name: &str) -> Result<Listing, Failure> {
        let folder = self.folder.join(name);
        let mut listing = Listing::new();
        list(&folder, "", &mut listing).map_err(|error| {
            Failure::new(exit::IO, format!("`{}` cannot be listed: {error}", folder.display()))
        })?;
        Ok(listing)
    }

    fn say(&self, what: &str) {
        if self.options.says == Says::All {
            terminal::complain(what);
        }
    }
}

/// Lists the files of an output, but for checksums and the mark of success, which hold no records.
fn list(folder: &Path, below: &str, listing: &mut Listing) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = entry.file_name().to_string_lossy().into_owned();
        let path = format!("{below}{name}");
        if entry.file_type()?.is_dir() {
            list(&entry.path(), &format!("{path}/"), listing)?;
        } else if !name.starts_with('.') && path != "_SUCCESS" {
            listing.insert(path, entry.path());
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_output_is_its_files_with_records() {
        let folder = tempfile::tempdir().unwrap();
        fs::create_dir_all(folder.path().join("_rejects")).unwrap();
        for name in ["part-00000", ".part-00000.crc", "_SUCCESS", "_rejects/part-m-00000"] {
            fs::write(folder.path().join(name), "").unwrap();
        }
        let mut listing = Listing::new();
        list(folder.path(), "", &mut listing).unwrap();
        let names: Vec<_> = listing.into_keys().collect();
        assert_eq!(names, ["_rejects/part-m-00000", "part-00000"]);
    }
}
