//! What a run reads: the files of its inputs, and the parts that steps have written.

use std::io;
use std::ops::RangeInclusive;
use std::path::PathBuf;
use std::sync::Arc;

use howdah_plan::{Plan, Source};
use howdah_platform::WriteFile;

use super::{Engine, JobInput, refused, unsupported};
use crate::contract::INPUT_FORMAT;
use crate::error::{RunError, RunErrorKind};
use crate::input::{InputFile, Listing, RecordFormat, Subfolders};
use crate::options::Output;
use crate::output::Staging;
use crate::stage::supervisor::running;

impl Engine<'_> {
    /// The files of all inputs that the steps of the run read. With a first step that is not the plan's, the job's
    /// input is what the step before it wrote.
    pub(super) fn list_inputs(
        &self,
        plan: &Plan,
        steps: &RangeInclusive<usize>,
    ) -> Result<Vec<JobInput>, RunError> {
        let (options, subfolders) = (self.options, Subfolders::of(&self.options.properties));
        let format = options.properties.get(INPUT_FORMAT).map_or("", String::as_str);
        let format = RecordFormat::of_class(format);
        let read = plan
            .inputs_to_read(steps, &options.inputs, &options.named_inputs)
            .map_err(|error| refused(&error))?;
        let mut listed = Vec::new();
        let mut complaints = Vec::new();
        for (source, inputs) in read {
            let mut listing = Listing::new(&*self.storage, subfolders).of_format(format);
            for input in inputs {
                if input == "-" {
                    let (path, length) = self.spool_stdin()?;
                    listing.add_file(&path, length);
                } else {
                    listing.add(input);
                }
            }
            match listing.finish() {
                Ok(files) => listed.push((source, files)),
                Err(error) => match error.kind() {
                    RunErrorKind::Input(sentences) => complaints.extend(sentences.iter().cloned()),
                    _ => return Err(error),
                },
            }
        }
        if complaints.is_empty() { Ok(listed) } else { Err(RunErrorKind::Input(complaints).into()) }
    }

    /// Refuses to replace an output that holds an input or a side file: it would be gone with what is replaced.
    pub(super) fn check_inputs(&self) -> Result<(), RunError> {
        let output = match &self.options.output {
            Output::Folder(output) => Some(output),
            Output::Stream => None,
        };
        for output in output.into_iter().chain(&self.options.rejects) {
            // Without `--overwrite` there is none yet.
            let Ok(replaced) = output.canonicalize() else { continue };
            let is_within =
                |path: &&PathBuf| path.canonicalize().is_ok_and(|path| path.starts_with(&replaced));
            let inputs = self.inputs.iter().flat_map(|(_, files)| files).map(|file| &file.path);
            if let Some(within) = inputs.chain(&self.side.sources).find(is_within) {
                return Err(RunErrorKind::Input(vec![format!(
                    "the input `{}` is in the output `{}`, which `--overwrite` would remove: name another output",
                    within.display(),
                    output.display()
                )])
                .into());
            }
        }
        Ok(())
    }

    /// The files of an input of the job.
    pub(super) fn input_files(&self, source: &Source) -> Result<Vec<Arc<InputFile>>, RunError> {
        match self.inputs.iter().find(|(input, _)| input == source) {
            Some((_, files)) => Ok(files.clone()),
            None => Err(unsupported(
                "a step reads what no step before it has written: begin with an earlier step"
                    .to_owned(),
            )),
        }
    }

    /// The parts that a step has written, as the next one's input.
    pub(super) fn parts_of(&self, staging: &Staging) -> Result<Vec<Arc<InputFile>>, RunError> {
        let mut listing = Listing::new(&*self.storage, Subfolders::Refused);
        let folder = staging.folder();
        let entries =
            self.storage.list(folder).map_err(RunError::storage("listing the folder", folder))?;
        for entry in entries {
            if entry.name.as_encoded_bytes().starts_with(b"part-") {
                listing.add_file(&folder.join(&entry.name), entry.length);
            }
        }
        listing.finish()
    }

    /// Copies the standard input to a file, since tasks read from any place.
    ///
    /// A thread of its own does it, since nothing can end a read that waits for somebody to type.
    fn spool_stdin(&self) -> Result<(PathBuf, u64), RunError> {
        let path = self.folder.path().join("stdin");
        let failed = |error| RunError::storage("copying the standard input to", &path)(error);
        let mut file = self.storage.create(&path).map_err(failed)?;
        let (running, ended) = running();
        let copying = std::thread::spawn(move || {
            let _running = running;
            copy_stdin(&mut *file)
        });
        if let Some(signal) = self.supervisor.wait(ended) {
            return Err(RunErrorKind::Signal(signal).into());
        }
        let copied =
            copying.join().unwrap_or_else(|_| Err(io::Error::other("the copying thread panicked")));
        copied.map(|length| (path.clone(), length)).map_err(failed)
    }
}

/// Copies the standard input; gives its length.
fn copy_stdin(file: &mut dyn WriteFile) -> io::Result<u64> {
    let mut stdin = io::stdin().lock();
    let mut piece = vec![0; 1 << 18];
    let mut length = 0;
    loop {
        match io::Read::read(&mut stdin, &mut piece) {
            Ok(0) => return Ok(length),
            Ok(count) => {
                file.write_all(&piece[..count])?;
                length += count as u64;
            }
            Err(error) if error.kind() == io::ErrorKind::Interrupted => {}
            Err(error) => return Err(error),
        }
    }
}
