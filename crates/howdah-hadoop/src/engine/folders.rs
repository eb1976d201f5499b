//! Where the steps of a run write on the cluster, and what becomes of it at the end.
//!
//! ```text
//! DIR/.NAME.howdah-RUN            what the last step writes; one rename makes it DIR/NAME
//! DIR/.NAME.howdah-RUN.steps/0000 what the steps before it write, and each round of a loop
//! ```

use std::collections::BTreeSet;
use std::io::Write;
use std::slice::from_ref;
use std::time::{SystemTime, UNIX_EPOCH};

use howdah_plan::reject::REJECTS_FOLDER;
use howdah_plan::{Course, Event, Keep, Source};

use super::Engine;
use crate::error::{HadoopError, HadoopErrorKind};
use crate::options::HadoopOptions;

/// The folders of a run.
#[derive(Debug, Clone)]
pub(super) struct Folders {
    output: Option<String>,
    rejects: Option<String>,
    keeps_steps: bool,
    /// Where the last step writes.
    staging: String,
    /// The folder of the folders of all others.
    steps: String,
}

impl Folders {
    pub(super) fn new(options: &HadoopOptions) -> Self {
        let run = run_name();
        let output = options.output.as_deref().map(|path| path.trim_end_matches('/').to_owned());
        let (folder, name) = match output.as_deref().map(split) {
            Some((folder, name)) => (folder.to_owned(), name.to_owned()),
            None => ("/tmp/".to_owned(), "output".to_owned()),
        };
        let folder = match &options.temporary {
            Some(temporary) => format!("{}/", temporary.trim_end_matches('/')),
            None => folder,
        };
        let staging = format!("{folder}.{name}.howdah-{run}");
        let steps = format!("{staging}.steps");
        let keeps_steps = options.keep == Keep::All;
        Folders { output, rejects: options.rejects.clone(), keeps_steps, staging, steps }
    }

    /// The folders of jobs that somebody else runs, who has no rename at the end: the last step writes the output
    /// itself, those before it write beside it. `None` if there is no output.
    pub(super) fn told(options: &HadoopOptions) -> Option<Self> {
        let folders = Folders::new(options);
        let output = folders.output.clone()?;
        let steps = match &options.temporary {
            Some(_) => folders.steps.clone(),
            None => format!("{output}.steps"),
        };
        Some(Folders { staging: output, steps, ..folders })
    }

    /// Where the step at hand writes.
    pub(super) fn of_step(&self, course: &Course<'_>) -> String {
        if course.may_be_last() && course.round().is_none() {
            self.staging.clone()
        } else {
            format!("{}/{}", self.steps, course.name())
        }
    }

    /// The folder of the run's own that a step's folder is, or lies in.
    pub(super) fn top_of<'p>(&'p self, folder: &'p str) -> &'p str {
        if folder.starts_with(&self.steps) { &self.steps } else { folder }
    }

    pub(super) fn scratch(&self) -> &str {
        &self.steps
    }

    pub(super) fn spooled_stdin(&self) -> String {
        format!("{}/stdin", self.steps)
    }

    /// The list of an input's files.
    pub(super) fn list_of(&self, source: &Source) -> String {
        format!("{}/files-of-{}", self.steps, source.name())
    }

    /// Where the folders of steps are kept.
    fn kept_steps(&self) -> Option<String> {
        self.output.as_ref().filter(|_| self.keeps_steps).map(|output| format!("{output}.steps"))
    }

    /// What the run makes, and what therefore must not exist.
    pub(super) fn to_be_made(&self) -> Vec<String> {
        let made = [self.output.clone(), self.rejects.clone(), self.kept_steps()];
        made.into_iter().flatten().collect()
    }

    /// What shows that an output is one.
    pub(super) fn marks(&self) -> Vec<String> {
        self.output.iter().map(|output| mark_of(output)).collect()
    }
}

/// The file that an output has which is complete.
pub(super) fn mark_of(output: &str) -> String {
    format!("{output}/_SUCCESS")
}

/// A step's part files, without its named outputs.
pub(super) fn parts_of(folder: &str) -> String {
    format!("{folder}/part-*")
}

/// The folder that a path lies in, with the slash at its end, and its name there.
fn split(path: &str) -> (&str, &str) {
    let begin = path.rfind('/').map_or(0, |slash| slash + 1);
    path.split_at(begin)
}

/// A name that no other run has: the time and the process.
fn run_name() -> String {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    format!("{:x}-{:x}", since.as_millis(), std::process::id())
}

/// A file of an output with a name, as a task has written it.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
struct SideFile {
    /// The folder of the step.
    step: String,
    /// The output's name.
    output: String,
    /// The file's, with what the task put before it.
    name: String,
}

impl SideFile {
    /// Reads a path below one of the run's folders.
    fn of(path: &str) -> Option<Self> {
        let (folder, name) = path.rsplit_once('/')?;
        let (step, output) = folder.rsplit_once('/')?;
        Some(SideFile { step: step.to_owned(), output: output.to_owned(), name: name.to_owned() })
    }

    fn path(&self) -> String {
        format!("{}/{}/{}", self.step, self.output, self.name)
    }
}

impl Engine<'_> {
    /// Moves the named outputs and rejects of all steps to the last.
    pub(super) fn gather_side_outputs(&self, last: &str) -> Result<(), HadoopError> {
        if !self.made.contains(&self.folders.steps) {
            return Ok(());
        }
        let found = self.files.find(&self.folders.steps, "*part-[mr]-*")?;
        let files: BTreeSet<SideFile> =
            found.iter().filter_map(|path| SideFile::of(path)).collect();
        let last_name = split(last).1;
        let (own, others): (Vec<_>, Vec<_>) =
            files.into_iter().partition(|file| split(&file.step).1 == last_name);
        // The last round of a loop did not know that it was the last.
        for file in own {
            let plain = file.name.find("part-").map_or(file.name.as_str(), |at| &file.name[at..]);
            if plain != file.name {
                let to = format!("{}/{}/{plain}", file.step, file.output);
                self.files.rename(&[file.path()], &to)?;
            }
        }
        let outputs: BTreeSet<&String> = others.iter().map(|file| &file.output).collect();
        if outputs.is_empty() {
            return Ok(());
        }
        let folders: Vec<_> = outputs.iter().map(|output| format!("{last}/{output}")).collect();
        self.files.make_folders(&folders)?;
        for (output, folder) in outputs.into_iter().zip(&folders) {
            let of_it = others.iter().filter(|file| file.output == *output);
            let paths: Vec<_> = of_it.map(SideFile::path).collect();
            self.files.rename(&paths, folder)?;
        }
        Ok(())
    }

    pub(super) fn publish_rejects(&self, last: &str) -> Result<(), HadoopError> {
        match &self.folders.rejects {
            Some(folder) if self.rejected > 0 => {
                if self.options.overwrite {
                    self.files.remove(from_ref(folder))?;
                }
                self.files.rename(&[format!("{last}/{REJECTS_FOLDER}")], folder)
            }
            _ => Ok(()),
        }
    }

    /// Makes what the last step has written the output, or copies it out.
    pub(super) fn publish(
        &mut self,
        last: &str,
        stdout: &mut (dyn Write + Send),
    ) -> Result<(), HadoopError> {
        self.gather_side_outputs(last)?;
        self.publish_rejects(last)?;
        self.tell_rejects();
        match &self.folders.output {
            None => self.files.cat(&[parts_of(last)], stdout),
            Some(output) => {
                if self.options.overwrite {
                    self.files.remove(from_ref(output))?;
                } else if self.files.look(from_ref(output))?.has(output) {
                    // A rename would put the one into the other.
                    return Err(HadoopErrorKind::OutputExists(output.clone()).into());
                }
                self.files.rename(&[last.to_owned()], output)?;
                self.made.remove(last);
                Ok(())
            }
        }
    }

    /// Removes the run's folders, or leaves those that are to be kept.
    pub(super) fn clear(&self, succeeded: bool) -> Result<(), HadoopError> {
        let made: Vec<String> = self.made.iter().cloned().collect();
        if made.is_empty() {
            return Ok(());
        }
        if !succeeded && self.options.keep != Keep::None {
            let message = format!("what its steps wrote is kept in `{}`", made.join("`, `"));
            (self.events)(Event::Warning { slug: "howdah::kept".to_owned(), message });
            return Ok(());
        }
        match self.folders.kept_steps() {
            Some(kept) if succeeded && self.made.contains(&self.folders.steps) => {
                if self.options.overwrite {
                    self.files.remove(from_ref(&kept))?;
                }
                self.files.rename(from_ref(&self.folders.steps), &kept)
            }
            _ => self.files.remove(&made),
        }
    }
}
