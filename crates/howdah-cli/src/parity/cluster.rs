//! The cluster's files: a folder of our own there, and what is copied to and from it.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::path::Path;

use howdah_hadoop::{Counted, Hadoop, Search, run_name};
use howdah_plan::exit;

use super::Failure;
use super::children::{Children, Finished};
use super::options::Options;

/// The cluster that Hadoop is configured for.
pub(super) struct Cluster<'a> {
    hadoop: Hadoop,
    children: &'a Children,
    properties: BTreeMap<String, String>,
    folder: String,
}

impl<'a> Cluster<'a> {
    pub(super) fn find(options: &Options, children: &'a Children) -> Result<Self, Failure> {
        let search = Search::asked(options.streaming_jar.as_deref(), options.classpath.as_deref());
        let hadoop = search.find().map_err(|error| Failure::new(exit::SETUP, error))?;
        let properties = options.properties.iter().cloned().collect();
        let folder = format!("{}/howdah-parity-{}", options.cluster_folder, run_name());
        Ok(Cluster { hadoop, children, properties, folder })
    }

    /// The folder of this run, which is made when something is put into it.
    pub(super) fn folder(&self) -> &str {
        &self.folder
    }

    /// What a path or a glob leads to, in Hadoop's order.
    pub(super) fn look(&self, path: &str) -> Result<Vec<Counted>, Failure> {
        let finished = self.shell("-count", [path])?;
        let is_missing = finished.stderr.contains("No such file or directory");
        match Counted::read(&finished.stdout) {
            Some(found) if finished.status.success() => Ok(found),
            _ if is_missing => Err(Failure::new(
                exit::SETUP,
                format!("the input `{path}` is neither on this machine nor on the cluster"),
            )),
            _ => Err(failed(&format!("looking at `{path}`"), &finished)),
        }
    }

    /// Copies a folder of this machine into ours.
    pub(super) fn put(&self, folder: &Path) -> Result<(), Failure> {
        let doing = format!("copying inputs to `{}`", self.folder);
        succeed(&doing, &self.shell("-mkdir", ["-p", &self.folder])?)?;
        let words = [folder.as_os_str().to_owned(), format!("{}/", self.folder).into()];
        succeed(&doing, &self.shell("-put", words)?)
    }

    /// Copies from the cluster to a path of this machine.
    pub(super) fn get(&self, from: &[String], to: &Path) -> Result<(), Failure> {
        let doing = format!("copying `{}` to this machine", from.join("`, `"));
        let words = from.iter().map(OsString::from).chain([to.as_os_str().to_owned()]);
        succeed(&doing, &self.shell("-get", words)?)
    }

    /// Removes our folder; a warning if it may still be there.
    pub(super) fn clear(&self) -> Option<String> {
        let removed = self.shell("-rm", ["-r", "-f", "-skipTrash", &self.folder]);
        let is_removed = removed.is_ok_and(|finished| finished.status.success());
        (!is_removed).then(|| {
            format!(
                "`{0}` may still be on the cluster: `hadoop fs -rm -r -skipTrash {0}` removes it",
                self.folder
            )
        })
    }

    fn shell(
        &self,
        verb: &str,
        words: impl IntoIterator<Item = impl Into<OsString>>,
    ) -> Result<Finished, Failure> {
        let mut command = self.hadoop.file_system(&self.properties);
        command.arg(verb).args(words.into_iter().map(Into::into));
        let finished = self.children.run(&mut command);
        let finished = finished.map_err(|error| {
            Failure::new(exit::SETUP, format!("Hadoop's shell cannot be started: {error}"))
        })?;
        match finished.signal {
            Some(signal) => Err(Failure::of_signal(signal)),
            None => Ok(finished),
        }
    }
}

fn succeed(doing: &str, finished: &Finished) -> Result<(), Failure> {
    if finished.status.success() { Ok(()) } else { Err(failed(doing, finished)) }
}

fn failed(doing: &str, finished: &Finished) -> Failure {
    let said = last_lines(&finished.stderr, 5).join("\n  ");
    Failure::new(exit::IO, format!("{doing} failed ({}):\n  {said}", finished.status))
}

/// The last lines of what a program said, without Java's way through its code.
pub(super) fn last_lines(text: &str, most: usize) -> Vec<&str> {
    let is_said = |line: &&str| !line.trim().is_empty() && !line.trim_start().starts_with("at ");
    let lines: Vec<_> = text.lines().filter(is_said).collect();
    lines[lines.len().saturating_sub(most)..].to_vec()
}
