//! What a run writes: where its steps write, what of that is kept, and the commit.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use howdah_plan::reject::{self, REJECTS_FOLDER};
use howdah_plan::{Counters, Course, Keep};

use super::run_folder::steps_folder;
use super::{Engine, StepOutput, unsupported};
use crate::error::{RunError, RunErrorKind};
use crate::options::Output;
use crate::output::{Staging, sweep_beside};

impl Engine<'_> {
    /// Refuses outputs that exist before anything is done.
    pub(super) fn check_outputs(&self) -> Result<(), RunError> {
        let rejects = self.options.rejects.as_deref();
        if let Output::Folder(output) = &self.options.output {
            self.check_output(output)?;
            let steps = steps_folder(output);
            let keeps_steps = self.options.keep == Keep::All && !self.options.overwrite;
            if keeps_steps && self.storage.look(&steps).is_ok() {
                return Err(RunErrorKind::OutputExists(steps).into());
            }
            let is_within = |path: &&Path| {
                let (path, output) = (std::path::absolute(path), std::path::absolute(output));
                path.is_ok_and(|path| output.is_ok_and(|output| path.starts_with(output)))
            };
            if let Some(within) = rejects.filter(is_within) {
                return Err(unsupported(format!(
                    "the folder for rejected records `{}` lies in the output\nhint: without `--rejects` they are in \
                     `{}`",
                    within.display(),
                    output.join(REJECTS_FOLDER).display()
                )));
            }
        }
        rejects.map_or(Ok(()), |rejects| self.check_output(rejects))
    }

    /// Checks a place for an output, as it is when dead runs have no part in it any more.
    fn check_output(&self, path: &Path) -> Result<(), RunError> {
        sweep_beside(&*self.storage, path);
        match path.symlink_metadata() {
            Err(_) => Ok(()),
            Ok(_) if !self.options.overwrite => {
                Err(RunErrorKind::OutputExists(path.to_owned()).into())
            }
            Ok(_) if self.is_replaceable(path) => Ok(()),
            Ok(_) => Err(RunErrorKind::NotAnOutput(path.to_owned()).into()),
        }
    }

    /// Whether what is there is a job's output, which another may replace: an empty folder, or one that is complete.
    fn is_replaceable(&self, path: &Path) -> bool {
        let Ok(entries) = self.storage.list(path) else { return false };
        entries.is_empty() || entries.iter().any(|entry| entry.name == "_SUCCESS")
    }

    /// Where the step at hand writes. What can be the job's output lies beside it.
    pub(super) fn staging(&self, course: &Course<'_>) -> Result<Staging, RunError> {
        let storage = Arc::clone(&self.storage);
        match &self.options.output {
            Output::Folder(path) if course.may_be_last() => {
                let run = match course.round() {
                    Some(_) => format!("{}.{}", self.id.name, course.name()),
                    None => self.id.name.clone(),
                };
                Staging::beside(storage, path, &run)
            }
            _ => {
                Staging::within(storage, self.folder.path().join(format!("step-{}", course.name())))
            }
        }
    }

    /// Lets go of a step's parts, but not of its named outputs and rejects.
    pub(super) fn give_up(&mut self, written: StepOutput) -> Result<(), RunError> {
        let StepOutput { name, staging } = written;
        if staging.has_named_outputs()? {
            let named = if let Some(named) = self.named.take() {
                named
            } else {
                let folder = self.folder.path().join("named");
                Staging::within(Arc::clone(&self.storage), folder)?
            };
            let taken = named.take_named_outputs(&staging, &format!("step-{name}-"));
            self.named = Some(named);
            taken?;
        }
        if self.options.keep != Keep::None {
            self.folder.add_step(name, staging);
        }
        Ok(())
    }

    /// Gives the named outputs and rejects of all steps to the last.
    fn gather_named_outputs(&mut self, last: &Staging) -> Result<(), RunError> {
        for written in self.written.take_all() {
            self.give_up(written)?;
        }
        match self.named.take() {
            Some(named) => last.take_named_outputs(&named, ""),
            None => Ok(()),
        }
    }

    /// Fails a run in which a step has rejected more than it may.
    pub(super) fn check_rejects(
        &mut self,
        step: &Counters,
        staging: &Staging,
    ) -> Result<(), RunError> {
        self.rejected += step.rejected();
        let Some(limit) = self.options.max_rejects else { return Ok(()) };
        if limit.allows(self.rejected, step) {
            return Ok(());
        }
        let kept = self.options.rejects.clone();
        if let Some(folder) = &kept {
            self.gather_named_outputs(staging)?;
            staging.publish_rejects(folder, self.options.overwrite, &self.id.name)?;
        }
        Err(RunErrorKind::Rejects { rejected: self.rejected, limit, kept }.into())
    }

    fn tell_rejects(&self) {
        let kept = match (&self.options.rejects, &self.options.output) {
            (Some(folder), _) => Some(folder.clone()),
            (None, Output::Folder(output)) => Some(output.join(REJECTS_FOLDER)),
            (None, Output::Stream) => None,
        };
        let kept = kept.map(|folder| folder.display().to_string());
        reject::warning(self.rejected, kept.as_deref()).into_iter().for_each(self.events);
    }

    /// Publishes what the last step has written; gives the parts that are to be streamed instead.
    pub(super) fn publish(&mut self, last: Staging) -> Result<Option<Vec<PathBuf>>, RunError> {
        self.gather_named_outputs(&last)?;
        if matches!(self.options.output, Output::Folder(_)) {
            last.complete(self.options.success_marker)?;
            // Before anything gets its name, since it finds inputs that have changed.
            self.write_manifest(&last)?;
        }
        if let Some(folder) = &self.options.rejects {
            last.publish_rejects(folder, self.options.overwrite, &self.id.name)?;
        }
        self.tell_rejects();
        match &self.options.output {
            Output::Folder(output) => {
                if self.options.keep == Keep::All {
                    self.folder.publish_steps(output, self.options.overwrite)?;
                }
                last.publish_complete(self.options.overwrite)?;
                Ok(None)
            }
            Output::Stream => {
                let mut paths: Vec<_> =
                    self.parts_of(&last)?.iter().map(|file| file.path.clone()).collect();
                by_number(&mut paths);
                self.folder.add_step("output".to_owned(), last);
                Ok(Some(paths))
            }
        }
    }
}

/// Puts parts into the order of their numbers: that of their names, until a number has more than five digits.
fn by_number(parts: &mut [PathBuf]) {
    parts.sort_by_key(|path| path.as_os_str().len());
}

#[cfg(test)]
mod tests {
    use super::by_number;

    #[test]
    fn the_hundred_thousandth_part_comes_after_those_before_it() {
        let names = ["part-00001.gz", "part-100000.gz", "part-100001.gz", "part-99999.gz"];
        let mut parts = names.map(|name| std::path::Path::new("out").join(name));
        by_number(&mut parts);
        assert_eq!(
            parts.map(|path| path.display().to_string()),
            ["out/part-00001.gz", "out/part-99999.gz", "out/part-100000.gz", "out/part-100001.gz",]
        );
    }
}
