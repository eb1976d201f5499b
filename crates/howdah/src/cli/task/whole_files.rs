//! Whole files as records: each is fetched for the mapper, if only Hadoop can read it, and told as the task's file.
//!
//! A line names a file, by its path or URI, as `NLineInputFormat` gives it: behind its offset and a TAB. The mapper
//! is given the path of a file on this machine. A copy is there for as long as the mapper is called.

use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use howdah_plan::names::FILES_AS_LISTED;
use howdah_plan::{RawMapper, TaskError, TaskInfo, TaskOutput};
use howdah_platform::{LocalStorage, Storage};

use super::location::Location;
use super::shell::{Shell, literal};
use super::spool::Spool;
use crate::cli::reporter::Voice;
use crate::property::lookup;

/// The property that says which file a map task reads, in all its spellings. On Hadoop it is the list of files.
const INPUT_FILE: [&str; 4] =
    ["mapreduce.map.input.file", "mapreduce_map_input_file", "map.input.file", "map_input_file"];

/// A mapper of whole files, and what stands before it.
pub(super) struct WholeFiles<'v, W> {
    mapper: Box<dyn RawMapper>,
    /// The task's facts, with the file at hand.
    info: TaskInfo,
    shell: Shell,
    voice: &'v Voice<W>,
    /// The file system that the list of files lies on, if it is not this machine's: `hdfs://host:port`. Names without a
    /// scheme are paths there.
    list_on: Option<String>,
    /// Made when the first file is fetched.
    spool: Option<Spool>,
}

impl<'v, W: Write + Send> WholeFiles<'v, W> {
    pub(super) fn new(mapper: Box<dyn RawMapper>, info: &TaskInfo, voice: &'v Voice<W>) -> Self {
        let shell = Shell::new(Arc::clone(&info.properties));
        let list = info.input_file.as_deref().filter(|_| {
            lookup(&info.properties, FILES_AS_LISTED).is_some_and(|value| value == "true")
        });
        let list_on = list.and_then(|list| {
            let location = Some(Location::of(list)).filter(|location| !location.is_local())?;
            list.strip_suffix(location.path).map(str::to_owned)
        });
        WholeFiles { mapper, info: info.clone(), shell, voice, list_on, spool: None }
    }

    /// Calls the mapper with the path of a file.
    fn call(&mut self, path: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let mut of_file = TaskOutput::new(&mut *out.records, &mut *out.reporter, &self.info);
        if let Some(side) = out.side.as_deref_mut() {
            of_file = of_file.with_side(side);
        }
        self.mapper.map(path, &mut of_file)?;
        of_file.check()
    }

    /// Says whose file it is that the mapper reads.
    fn tell(&mut self, uri: String) {
        let properties = Arc::make_mut(&mut self.info.properties);
        for name in INPUT_FILE {
            properties.insert(name.to_owned(), uri.clone());
        }
        self.info.input_file = Some(uri);
    }

    /// Fetches a file; gives the path of the copy.
    fn fetch(&mut self, uri: &str) -> Result<PathBuf, TaskError> {
        let spool = match self.spool.take() {
            Some(spool) => spool,
            None => Spool::new()?,
        };
        let folder = spool.path().to_owned();
        self.spool = Some(spool);
        let undone = format!("the file {uri} cannot be fetched");
        let fetch = || self.shell.run(&folder, &["-get", &literal(uri), "."], &undone);
        let fetched = self.voice.while_served(&format!("fetching {uri}"), fetch);
        fetched.map_err(TaskError::engine)?;
        Ok(folder.join(uri.rsplit('/').next().unwrap_or_default()))
    }
}

impl<W: Write + Send> RawMapper for WholeFiles<'_, W> {
    fn start(&mut self, out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.mapper.start(out)
    }

    fn map(&mut self, record: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        // What is no text the mapper refuses.
        let Ok(text) = str::from_utf8(record) else { return self.mapper.map(record, out) };
        let name = name_of(text);
        let location = Location::of(name);
        let begin = match (location.scheme, &self.list_on) {
            (Some(_), _) => Some(""),
            (None, _) if !name.starts_with('/') => None,
            (None, Some(file_system)) => Some(file_system.as_str()),
            (None, None) => Some("file:"),
        };
        if let Some(begin) = begin {
            self.tell(format!("{begin}{name}"));
        }
        let is_here = location.scheme.is_some() || self.list_on.is_none();
        if is_here && location.is_local() {
            return self.call(record, out);
        }
        let copy = self.fetch(name)?;
        let mapped = self.call(copy.as_os_str().as_encoded_bytes(), out);
        // What cannot be removed now goes with the spool.
        let _ = LocalStorage.remove_all(&copy);
        mapped
    }

    fn finish(&mut self, out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.mapper.finish(out)
    }
}

/// The path or URI in a line, which may begin with an offset and a TAB.
fn name_of(line: &str) -> &str {
    match line.split_once('\t') {
        Some((offset, name)) if offset.bytes().all(|byte| byte.is_ascii_digit()) => name,
        _ => line,
    }
}
