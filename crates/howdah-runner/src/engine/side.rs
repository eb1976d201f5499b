//! Side files: looked at before the first step, unpacked once, and shown to the children of a step in a folder.
//!
//! ```text
//! RUN/archives/0000/       what is in an archive
//! RUN/tasks-0001/model     the folder that children of a step run in: a link to a side file, by its name,
//! RUN/tasks-0001/data      … and to all that is in the current folder
//! ```

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::io;
use std::ops::RangeInclusive;
use std::path::{Component, Path, PathBuf};

use howdah_plan::names::SIDE_FILE;
use howdah_plan::{Course, Part, Plan, SideFile, Step};
use howdah_platform::bounded::explain;
use howdah_platform::{BoundedStorage, FileKind, Storage};
use howdah_streaming::properties::Properties;

use super::{Engine, unsupported};
use crate::error::{RunError, RunErrorKind};
use crate::input::file_uri;
use crate::pulse::Pulse;
use crate::side_files::{bytes_below, is_archive, show, show_all, unpack_while};

/// The property that says where children run.
pub(super) const TASK_FOLDER: &str = "howdah.task.folder";

/// The side files of a run's steps.
#[derive(Debug, Default)]
pub(super) struct SideFiles {
    /// Where they lie.
    pub(super) sources: BTreeSet<PathBuf>,
    /// For each step, where its tasks find them: names and absolute paths.
    of_steps: BTreeMap<usize, BTreeMap<String, PathBuf>>,
}

/// The folder that the children of a step run in; removed with what they left there.
#[derive(Debug)]
pub(super) struct TaskFolder(PathBuf);

impl Drop for TaskFolder {
    fn drop(&mut self) {
        // Links are removed, not what they lead to. What is left goes with the run's folder.
        let _ = fs::remove_dir_all(&self.0);
    }
}

impl Engine<'_> {
    /// Looks at the side files of all steps that run, and unpacks their archives.
    pub(super) fn side_files(
        &self,
        plan: &Plan,
        steps: &RangeInclusive<usize>,
    ) -> Result<SideFiles, RunError> {
        let steps: Vec<_> = steps
            .clone()
            .map(|number| (number, plan.steps[number].files.as_slice()))
            .filter(|(_, files)| !files.is_empty())
            .collect();
        if steps.is_empty() {
            return Ok(SideFiles::default());
        }
        steps.iter().try_for_each(|(_, files)| check_names(files))?;
        let files = steps.iter().flat_map(|&(_, files)| files);
        let complaints: BTreeSet<_> =
            files.filter_map(|file| complaint(&*self.storage, file)).collect();
        if !complaints.is_empty() {
            return Err(RunErrorKind::Input(complaints.into_iter().collect()).into());
        }
        let folder = absolute(&self.folder.path().join("archives"));
        let storage = &*self.bounded;
        self.watched(|pulse| {
            locate(&steps, Archives { folder, storage, pulse, unpacked: BTreeMap::new() })
        })
    }

    /// Tells the tasks of a step where its side files are. If the step has children, they run in a folder that shows
    /// them.
    pub(super) fn show_side_files(
        &self,
        course: &Course<'_>,
        step: &Step,
        properties: &mut Properties,
    ) -> Result<Option<TaskFolder>, RunError> {
        let Some(files) = self.side.of_steps.get(&course.step()) else { return Ok(None) };
        for (name, path) in files {
            properties.set(&format!("{SIDE_FILE}{name}"), path.to_string_lossy());
        }
        if !has_children(step) {
            return Ok(None);
        }
        let path = absolute(&self.folder.path().join(format!("tasks-{}", course.name())));
        let folder = make_folder(&*self.storage, path, files)?;
        properties.set(TASK_FOLDER, folder.0.to_string_lossy());
        Ok(Some(folder))
    }
}

/// Refuses names that a folder cannot hold, and two files under one.
fn check_names(files: &[SideFile]) -> Result<(), RunError> {
    let mut known: BTreeMap<&str, &SideFile> = BTreeMap::new();
    for file in files {
        let mut components = Path::new(&file.name).components();
        let is_plain =
            matches!(components.next(), Some(Component::Normal(one)) if one == &*file.name);
        if !is_plain {
            return Err(unsupported(format!(
                "`{}` is no name for the side file `{}`: give it one without `/`",
                file.name,
                file.path.display()
            )));
        }
        let other = known.entry(&file.name).or_insert(file);
        if !is_same(other, file) {
            return Err(unsupported(format!(
                "the side files `{}` and `{}` cannot both be `{}`: give one of them another name",
                other.path.display(),
                file.path.display(),
                file.name
            )));
        }
    }
    Ok(())
}

fn is_same(one: &SideFile, other: &SideFile) -> bool {
    let real = |file: &SideFile| file.path.canonicalize().unwrap_or_else(|_| absolute(&file.path));
    one.is_archive == other.is_archive && real(one) == real(other)
}

/// What is wrong with a side file, as a sentence.
fn complaint(storage: &dyn Storage, file: &SideFile) -> Option<String> {
    let uri = file_uri(&file.path);
    match storage.look(&file.path) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => {
            Some(format!("Side file does not exist: {uri}"))
        }
        Err(error) => {
            Some(format!("the side file `{}` cannot be read: {error}", file.path.display()))
        }
        Ok(found) if found.kind == FileKind::Folder => {
            Some(format!("Side file is a folder: {uri}"))
        }
        Ok(_) if file.path.to_str().is_none() => {
            Some(format!("Side file has a path that is not UTF-8, as tasks are told it: {uri}"))
        }
        Ok(_) if file.is_archive && !is_archive(&file.path) => Some(format!(
            "Side file is no archive: {uri}: its name ends in none of .zip, .jar, .tar, .tar.gz and .tgz"
        )),
        Ok(_) => None,
    }
}

/// Says where tasks find each side file.
fn locate(
    steps: &[(usize, &[SideFile])],
    mut archives: Archives<'_>,
) -> Result<SideFiles, RunError> {
    let mut side = SideFiles::default();
    for (number, files) in steps {
        let of_step = side.of_steps.entry(*number).or_default();
        for file in *files {
            let path = absolute(&file.path);
            side.sources.insert(path.clone());
            let path = if file.is_archive { archives.unpacked(path)? } else { path };
            of_step.insert(file.name.clone(), path);
        }
    }
    Ok(side)
}

/// The archives of a run, each unpacked once.
struct Archives<'p> {
    folder: PathBuf,
    storage: &'p BoundedStorage,
    pulse: &'p Pulse,
    unpacked: BTreeMap<PathBuf, PathBuf>,
}

impl Archives<'_> {
    /// The folder with what is in an archive.
    fn unpacked(&mut self, archive: PathBuf) -> Result<PathBuf, RunError> {
        if let Some(known) = self.unpacked.get(&archive) {
            return Ok(known.clone());
        }
        let folder = self.folder.join(format!("{:04}", self.unpacked.len()));
        let done = unpack_while(&archive, &folder, &mut || self.pulse.beat(0));
        done.map_err(|error| match error.kind() {
            io::ErrorKind::InvalidData
            | io::ErrorKind::InvalidInput
            | io::ErrorKind::UnexpectedEof => {
                let archive = archive.display();
                let sentence = format!("the side file `{archive}` cannot be unpacked: {error}");
                RunErrorKind::Input(vec![sentence]).into()
            }
            _ => {
                let error = explain(self.storage, &folder, 0, error);
                RunError::storage("unpacking the side file", &archive)(error)
            }
        })?;
        bytes_below(&folder)
            .and_then(|bytes| self.storage.add(&folder, bytes))
            .map_err(RunError::storage("unpacking the side file", &archive))?;
        self.unpacked.insert(archive, folder.clone());
        Ok(folder)
    }
}

fn has_children(step: &Step) -> bool {
    let is_command = |part: &Part<dyn howdah_plan::RawReducer>| matches!(part, Part::Command(_));
    step.inputs
        .iter()
        .any(|input| input.filter.is_some() || matches!(input.mapper, Part::Command(_)))
        || step.combiner.as_ref().is_some_and(is_command)
        || step.reducer.as_ref().is_some_and(is_command)
}

/// Makes a folder that shows side files by their names, and beside them all that is in the current folder.
fn make_folder(
    storage: &dyn Storage,
    path: PathBuf,
    files: &BTreeMap<String, PathBuf>,
) -> Result<TaskFolder, RunError> {
    storage
        .create_private_folder(&path)
        .map_err(RunError::storage("making the tasks' folder", &path))?;
    let folder = TaskFolder(path);
    for (name, file) in files {
        show(file, &folder.0.join(name))
            .map_err(RunError::storage("showing tasks the side file", file))?;
    }
    let here = absolute(Path::new("."));
    show_all(&here, &folder.0)
        .map_err(RunError::storage("showing tasks what is in the folder", &here))?;
    Ok(folder)
}

/// A path made absolute, without a look at the disk.
pub(super) fn absolute(path: &Path) -> PathBuf {
    std::path::absolute(path).unwrap_or_else(|_| path.to_owned())
}
