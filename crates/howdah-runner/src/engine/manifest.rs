//! The run's manifest: what is noted as it begins, and written when all parts are there.

use std::collections::{BTreeMap, BTreeSet};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::SystemTime;

use howdah_plan::event::HashedFiles;
use howdah_plan::names::MANIFEST;
use howdah_plan::reject::REJECTS_FOLDER;
use howdah_plan::secrets::{find, hidden, hidden_words};
use howdah_plan::{Counters, Plan};
use howdah_platform::{FileKind, LocalStorage, ReadFile, Storage};
use howdah_streaming::properties::Properties;
use serde_json::Value;

use super::side::{TASK_FOLDER, absolute};
use super::{Engine, unsupported};
use crate::error::{RunError, RunErrorKind};
use crate::manifest::digest::{self, Digest};
use crate::manifest::hashing::Hashing;
use crate::manifest::{
    FileEntry, Input, MANIFEST_NAME, MANIFEST_SCHEMA, Manifest, Options, PathText, STANDARD_INPUT,
    Sampled, files_in,
};
use crate::options::{Output, RunOptions, Splits};
use crate::output::Staging;
use crate::pulse::Pulse;

/// Properties that only say where this run has its place.
const PLACES: [&str; 3] = [TASK_FOLDER, MANIFEST, "mapreduce.output.fileoutputformat.outputdir"];
/// Properties in which `howdah streaming` writes commands down once more, in a form in which no secret would be found.
const COMMAND_AGAIN: &str = ".streamprocessor";

/// What is noted of a run before it reads anything.
pub(super) struct Noted {
    program: Program,
    plan: Value,
    /// What inputs and side files are like.
    stamps: BTreeMap<PathBuf, Stamp>,
    side_files: BTreeSet<PathBuf>,
    /// The job's own counters so far.
    counters: BTreeMap<usize, Counters>,
}

/// The program that runs, open: another may be put in its place meanwhile.
struct Program {
    path: PathBuf,
    file: Arc<dyn ReadFile>,
}

/// What shows that somebody has written to a file.
#[derive(Debug, PartialEq, Eq)]
struct Stamp {
    length: u64,
    modified: Option<SystemTime>,
}

impl Engine<'_> {
    /// Notes what a manifest is to say of what is read, if there is to be one.
    pub(super) fn note(&self, plan: &Plan) -> Result<Option<Noted>, RunError> {
        if !asks_for_one(self.options) {
            return Ok(None);
        }
        if self.options.output == Output::Stream {
            return Err(unsupported(
                "a manifest lies in the output's folder, and there is none\nhint: name one with `-o DIR`".to_owned(),
            ));
        }
        let side_files = self.all_side_files()?;
        let inputs = self.inputs.iter().flat_map(|(_, files)| files).map(|file| &file.path);
        let mut stamps = BTreeMap::new();
        for path in inputs.chain(&side_files) {
            stamps.insert(path.clone(), self.stamp(path)?);
        }
        let plan = serde_json::to_value(plan).map(without_secrets).map_err(unwritable)?;
        let counters = BTreeMap::new();
        Ok(Some(Noted { program: Program::this()?, plan, stamps, side_files, counters }))
    }

    /// Those of the plan, and those that are shipped beside it, where folders are all that is in them.
    fn all_side_files(&self) -> Result<BTreeSet<PathBuf>, RunError> {
        let mut all = self.side.sources.clone();
        for shipped in &self.options.shipped {
            let found = self.storage.look(shipped);
            let found = found.map_err(RunError::storage("looking at the side file", shipped))?;
            if found.kind == FileKind::Folder {
                let files = files_in(&*self.storage, shipped, &|_| false)
                    .map_err(RunError::storage("listing the side files in", shipped))?;
                all.extend(files.into_iter().map(|(path, _)| shipped.join(path)));
            } else {
                all.insert(shipped.clone());
            }
        }
        Ok(all)
    }

    fn stamp(&self, path: &Path) -> Result<Stamp, RunError> {
        let found = self.storage.look(path).map_err(RunError::storage("looking at", path))?;
        if found.kind != FileKind::File {
            return Err(unsupported(format!(
                "`{}` is no regular file, so a manifest cannot say what was read of it\n\
                 hint: copy it to a file first, or leave out `--manifest`",
                path.display()
            )));
        }
        Ok(Stamp { length: found.length, modified: found.modified })
    }

    /// Notes the counters of a step that has succeeded, without those of combiners.
    pub(super) fn note_counters(&mut self, step: usize, counters: &Counters) {
        if let Some(noted) = &mut self.noted {
            noted.counters.entry(step).or_default().take_round(counters);
        }
    }

    /// Writes the manifest of an output that is complete, if there is to be one.
    pub(super) fn write_manifest(&self, last: &Staging) -> Result<(), RunError> {
        let Some(noted) = &self.noted else { return Ok(()) };
        let manifest = self.manifest(noted, last)?;
        last.write(MANIFEST_NAME, manifest.to_text().map_err(unwritable)?.as_bytes())
    }

    fn manifest(&self, noted: &Noted, last: &Staging) -> Result<Manifest, RunError> {
        let read = self.digests_of_inputs(noted)?;
        let entry = |path: &Path| {
            // What was copied to a file of the run has a path that is of no use to anybody.
            let is_own = path.starts_with(self.folder.path());
            let shown = if is_own { Path::new(STANDARD_INPUT) } else { path };
            FileEntry::new(shown, read[path].clone(), None)
        };
        let inputs = self.inputs.iter().map(|(source, files)| Input {
            name: source.name().into_owned(),
            files: files.iter().map(|file| entry(&file.path)).collect(),
        });
        let counters = noted.counters.iter().map(|(&step, found)| (step, found.user().clone()));
        Ok(Manifest {
            schema: MANIFEST_SCHEMA.to_owned(),
            howdah: env!("CARGO_PKG_VERSION").to_owned(),
            program: self.watched(|pulse| noted.program.entry(pulse))?,
            arguments: hidden_words(&self.options.arguments),
            plan: noted.plan.clone(),
            options: self.options_shown(&noted.plan),
            folder: PathText::of(&absolute(Path::new("."))),
            inputs: inputs.collect(),
            side_files: noted.side_files.iter().map(|path| entry(path)).collect(),
            counters: counters.collect(),
            files: self.entries_of_parts(last)?,
        })
    }

    /// The digests of all that was read, which must be as it was when the run began.
    fn digests_of_inputs(&self, noted: &Noted) -> Result<BTreeMap<PathBuf, Digest>, RunError> {
        let paths: Vec<_> = noted.stamps.keys().cloned().collect();
        let bytes = noted.stamps.values().map(|stamp| stamp.length).sum();
        let digests = self.digests(HashedFiles::Inputs, &paths, bytes)?;
        let mut read = BTreeMap::new();
        for (path, digest) in paths.into_iter().zip(digests) {
            let before = &noted.stamps[&path];
            if !self.stamp(&path).is_ok_and(|after| after == *before) {
                return Err(RunErrorKind::InputChanged(path).into());
            }
            let digest = digest.map_err(RunError::storage("reading once more", &path))?;
            read.insert(path, digest);
        }
        Ok(read)
    }

    /// What the storage gives back of all that was written, but for rejected records that get a folder of their own.
    fn entries_of_parts(&self, last: &Staging) -> Result<Vec<FileEntry>, RunError> {
        let folder = last.folder();
        let is_elsewhere =
            |path: &Path| self.options.rejects.is_some() && path == Path::new(REJECTS_FOLDER);
        let files = files_in(&*self.storage, folder, &is_elsewhere)
            .map_err(RunError::storage("listing the folder", folder))?;
        let bytes = files.iter().map(|(_, listed)| listed.length).sum();
        let names: Vec<_> = files.into_iter().map(|(name, _)| name).collect();
        let paths: Vec<_> = names.iter().map(|name| folder.join(name)).collect();
        let digests = self.digests(HashedFiles::Output, &paths, bytes)?;
        let entries = names.iter().zip(&paths).zip(digests).map(|((name, path), digest)| {
            let digest = digest.map_err(RunError::storage("reading back", path))?;
            Ok(FileEntry::new(name, digest, last.records(name)))
        });
        entries.collect()
    }

    /// The digests of files of so many bytes together, by as many threads as the run has workers; a signal ends it.
    fn digests(
        &self,
        files: HashedFiles,
        paths: &[PathBuf],
        bytes_total: u64,
    ) -> Result<Vec<io::Result<Digest>>, RunError> {
        let (storage, workers) = (&*self.storage, self.workers);
        let hashing = Hashing::begin(files, bytes_total, &*self.options.clock.0, self.events);
        let digests = self.watched(|pulse| {
            Ok(digest::of_files(storage, paths, workers, &|bytes| {
                hashing.add(bytes);
                pulse.beat(bytes)
            }))
        })?;
        hashing.end();
        Ok(digests)
    }

    fn options_shown(&self, plan: &Value) -> Options {
        let options = self.options;
        let steps = plan["steps"].as_array().map_or(0, Vec::len);
        Options {
            steps: (*options.steps.start(), (*options.steps.end()).min(steps.saturating_sub(1))),
            reducers: options.reducers,
            splits: shown(options.splits),
            sample: options
                .sample
                .map(|sample| Sampled { fraction: sample.fraction, seed: sample.seed }),
            limit: options.limit,
            rejects_undecodable: options.rejects.is_some() || options.max_rejects.is_some(),
            output_codec: options.output_codec.clone(),
            properties: properties_shown(&options.properties),
        }
    }
}

impl Program {
    fn this() -> Result<Self, RunError> {
        let path = std::env::current_exe()
            .map_err(RunError::storage("looking for the file of", Path::new("this program")))?;
        let file = LocalStorage.open(&path).map_err(RunError::storage("opening", &path))?;
        Ok(Program { path, file })
    }

    fn entry(&self, pulse: &Pulse) -> Result<FileEntry, RunError> {
        let digest = Digest::of_file(&*self.file, &|bytes| pulse.beat(bytes));
        let digest = digest.map_err(RunError::storage("reading", &self.path))?;
        Ok(FileEntry::new(Path::new(self.path.file_name().unwrap_or_default()), digest, None))
    }
}

/// Whether a run is asked for a manifest.
fn asks_for_one(options: &RunOptions) -> bool {
    let properties: Properties =
        options.properties.iter().map(|(name, value)| (name, value.as_str())).collect();
    properties.get_bool(MANIFEST, false)
}

fn shown(splits: Splits) -> String {
    match splits {
        Splits::BySize => "by the size of the input".to_owned(),
        Splits::Of(bytes) => format!("{bytes} bytes"),
        Splits::Lines(lines) => format!("{lines} lines"),
        Splits::Rule(rule) => format!(
            "Hadoop's for {} maps, blocks of {} bytes and splits of {} at least",
            rule.maps, rule.block, rule.minimum
        ),
        Splits::Combined(rule) => format!(
            "files together up to {} bytes, and of the rest if there are {}",
            rule.largest, rule.least_on_node
        ),
    }
}

fn properties_shown(properties: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let all: Vec<_> = properties.clone().into_iter().collect();
    let secrets = find(&all);
    let shown = all
        .iter()
        .filter(|(name, _)| !PLACES.contains(&name.as_str()) && !name.ends_with(COMMAND_AGAIN));
    let shown = shown.map(|(name, value)| {
        let is_secret = secrets.iter().any(|secret| secret.name == *name);
        (name.clone(), hidden(if is_secret { "secret" } else { name }, value).into_owned())
    });
    shown.collect()
}

/// A plan as JSON, with its commands and properties as they may be shown.
fn without_secrets(plan: Value) -> Value {
    match plan {
        Value::Array(values) => Value::Array(values.into_iter().map(without_secrets).collect()),
        Value::Object(fields) => {
            let fields = fields.into_iter().map(|(name, value)| {
                let value = match (name.as_str(), value) {
                    ("argv" | "filter", Value::Array(words)) => hidden_command(words),
                    ("properties", Value::Object(properties)) => hidden_properties(properties),
                    (_, value) => without_secrets(value),
                };
                (name, value)
            });
            Value::Object(fields.collect())
        }
        other => other,
    }
}

fn hidden_command(words: Vec<Value>) -> Value {
    let words: Vec<_> =
        words.into_iter().map(|word| word.as_str().unwrap_or_default().to_owned()).collect();
    hidden_words(&words).into()
}

fn hidden_properties(properties: serde_json::Map<String, Value>) -> Value {
    let text = |value: Value| value.as_str().unwrap_or_default().to_owned();
    let properties = properties.into_iter().map(|(name, value)| (name, text(value))).collect();
    let shown = properties_shown(&properties);
    Value::Object(shown.into_iter().map(|(name, value)| (name, value.into())).collect())
}

fn unwritable(error: serde_json::Error) -> RunError {
    RunError::storage("writing the manifest", MANIFEST_NAME)(io::Error::other(error))
}
