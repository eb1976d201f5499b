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
use crate::compose::unsupported;
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

/// Refuses folders that Hadoop's shell would take for patterns: what is meant to be one would be several.
pub(super) fn check(options: &HadoopOptions) -> Result<(), HadoopError> {
    let folders = [&options.output, &options.temporary, &options.rejects];
    for folder in folders.into_iter().flatten() {
        let name = split(folder.trim_end_matches('/')).1;
        let is_root =
            name.is_empty() || folder.trim_end_matches('/').ends_with(&format!("://{name}"));
        if is_root
            || name == "."
            || name == ".."
            || folder.contains(['*', '?', '[', ']', '{', '}', '\\'])
        {
            return Err(unsupported(format!(
                "`{folder}` cannot be the name of a folder to be made\nhint: give one with a name, and without `*`, `?`, \
                 `[`, `{{` and `\\`, which are of patterns"
            )));
        }
    }
    if let (Some(output), Some(rejects)) = (&options.output, &options.rejects) {
        let output = output.trim_end_matches('/');
        let within = rejects.strip_prefix(output);
        if within.is_some_and(|rest| rest.is_empty() || rest.starts_with('/')) {
            return Err(unsupported(format!(
                "the folder for rejected records, `{rejects}`, is in the output `{output}`: name one beside it"
            )));
        }
    }
    Ok(())
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
        let rejects = options.rejects.as_deref().map(|path| path.trim_end_matches('/').to_owned());
        Folders { output, rejects, keeps_steps, staging, steps }
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

    /// Where an output goes that is replaced, until the new one is there.
    pub(super) fn replaced(&self) -> String {
        format!("{}.replaced", self.staging)
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

    /// Whether a folder is that of kept steps, which has no mark.
    pub(super) fn is_kept_steps(&self, folder: &str) -> bool {
        self.kept_steps().is_some_and(|kept| kept == folder)
    }

    /// What the run makes, and what therefore must not exist.
    pub(super) fn to_be_made(&self) -> Vec<String> {
        let made = [self.output.clone(), self.rejects.clone(), self.kept_steps()];
        made.into_iter().flatten().collect()
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

/// A name that no other run has, for folders of its own: the time and the process.
pub fn run_name() -> String {
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
                let parent = split(folder).0;
                if !parent.is_empty() {
                    self.files.make_folders(&[parent.to_owned()])?;
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
        stdout: Box<dyn Write + Send>,
    ) -> Result<(), HadoopError> {
        self.gather_side_outputs(last)?;
        match self.folders.output.clone() {
            None => {
                self.publish_rejects(last)?;
                self.tell_rejects();
                self.files.cat(&[parts_of(last)], stdout)
            }
            Some(output) => {
                self.put_in_place(last, &output)?;
                if let Err(error) = self.publish_rejects(&output) {
                    let message =
                        format!("the output is complete, but its rejects are in it: {error}");
                    let slug = "howdah::left-behind".to_owned();
                    (self.events)(Event::Warning { slug, message });
                }
                self.tell_rejects();
                Ok(())
            }
        }
    }

    /// Makes a folder the output. One that it replaces stands aside until it is there.
    fn put_in_place(&mut self, last: &str, output: &str) -> Result<(), HadoopError> {
        let exists = self.files.look(&[output.to_owned()])?.has(output);
        if exists && !self.options.overwrite {
            // A rename would put the one into the other.
            return Err(HadoopErrorKind::OutputExists(output.to_owned()).into());
        }
        let parent = split(output).0;
        if self.options.temporary.is_some() && !parent.is_empty() {
            self.files.make_folders(&[parent.to_owned()])?;
        }
        let aside = self.folders.replaced();
        if exists {
            self.files.rename(&[output.to_owned()], &aside)?;
        }
        if let Err(error) = self.files.rename(&[last.to_owned()], output) {
            if exists {
                self.files.rename(from_ref(&aside), output)?;
            }
            return Err(error);
        }
        self.is_published = true;
        self.made.remove(last);
        if exists {
            self.made.insert(aside);
        }
        Ok(())
    }

    /// Removes the run's folders, or leaves those that are to be kept. An output that is published stays one, whatever
    /// becomes of them.
    pub(super) fn clear(&self, succeeded: bool) -> Result<(), HadoopError> {
        match self.clear_or_fail(succeeded) {
            Err(error) if self.is_published => {
                let made: Vec<_> = self.made.iter().map(String::as_str).collect();
                let message = format!("`{}` could not be removed: {error}", made.join("`, `"));
                (self.events)(Event::Warning { slug: "howdah::left-behind".to_owned(), message });
                Ok(())
            }
            done => done,
        }
    }

    fn clear_or_fail(&self, succeeded: bool) -> Result<(), HadoopError> {
        let made: Vec<String> = self.made.iter().cloned().collect();
        if made.is_empty() {
            return Ok(());
        }
        if !succeeded && self.options.keep != Keep::None {
            let message = format!("what its steps wrote is kept in `{}`", made.join("`, `"));
            (self.events)(Event::Warning { slug: "howdah::kept".to_owned(), message });
            return Ok(());
        }
        let (steps, others): (Vec<_>, Vec<_>) =
            made.into_iter().partition(|folder| *folder == self.folders.steps);
        match self.folders.kept_steps() {
            Some(kept) if succeeded && !steps.is_empty() => {
                if self.options.overwrite {
                    self.files.remove(from_ref(&kept))?;
                }
                self.files.rename(&steps, &kept)?;
                if others.is_empty() { Ok(()) } else { self.files.remove(&others) }
            }
            _ => self.files.remove(&[steps, others].concat()),
        }
    }
}
