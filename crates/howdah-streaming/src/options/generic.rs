//! The options of `GenericOptionsParser`, which come first.

use super::accepted::GENERIC;
use super::error::EMPTY_PATH;
use super::ignored::repeated;
use super::paths::shipped_paths;
use super::{IgnoredOption, Look, UsageError};
use crate::command_line::{self, CommandLine};

/// The generic options, and the words behind them.
#[derive(Debug, Default)]
pub(super) struct Generic {
    pub(super) properties: Vec<(String, String)>,
    pub(super) conf_files: Vec<String>,
    pub(super) files: Vec<String>,
    pub(super) archives: Vec<String>,
    pub(super) jars: Vec<String>,
    pub(super) ignored: Vec<IgnoredOption>,
    pub(super) warnings: Vec<String>,
    pub(super) rest: Vec<String>,
}

impl Generic {
    /// Reads them. When one lacks its value Hadoop warns, forgets all arguments and goes on.
    pub(super) fn parse(args: &[String], look: Look<'_>) -> Result<Self, UsageError> {
        match command_line::parse_leading(GENERIC, args) {
            Ok(line) => Self::of(line, look),
            Err(complaint) => {
                let warning = format!(
                    "WARN util.GenericOptionsParser: options parsing failed: {}",
                    complaint.message()
                );
                Ok(Self { warnings: vec![warning], ..Self::default() })
            }
        }
    }

    fn of(line: CommandLine, look: Look<'_>) -> Result<Self, UsageError> {
        if line.values("conf").any(String::is_empty) {
            return Err(UsageError::uncaught(EMPTY_PATH).with_hint("-conf names no file"));
        }
        if line.value("fs").is_some_and(|uri| uri.is_empty()) {
            let exception =
                "java.lang.IllegalArgumentException: Expected authority at index 7: hdfs://";
            return Err(UsageError::uncaught(exception).with_hint("-fs names no file system"));
        }
        let mut ignored: Vec<IgnoredOption> = repeated(&line, GENERIC).collect();
        ignored.extend(line.value("tokenCacheFile").map(|file| IgnoredOption {
            option: format!("-tokenCacheFile {file}"),
            reason: "credentials are not needed to run a job here",
        }));
        ignored.extend(line.values("D").filter(|setting| !setting.contains('=')).map(|setting| {
            IgnoredOption { option: format!("-D {setting}"), reason: "a property needs NAME=VALUE" }
        }));
        let paths = |name| {
            let with_globs = name == "libjars";
            let value = line.value(name);
            value.map_or(Ok(Vec::new()), |value| shipped_paths(&value, with_globs, look))
        };
        let (jars, files, archives) = (paths("libjars")?, paths("files")?, paths("archives")?);
        if let Some(Err(uri)) = line.value("tokenCacheFile").map(|file| look(&file)) {
            return Err(UsageError::missing(&uri));
        }
        Ok(Self {
            properties: generic_properties(&line),
            conf_files: line.values("conf").cloned().collect(),
            jars,
            files,
            archives,
            ignored,
            warnings: Vec::new(),
            rest: line.rest,
        })
    }
}

fn generic_properties(line: &CommandLine) -> Vec<(String, String)> {
    let mut properties = Vec::new();
    if let Some(uri) = line.value("fs") {
        let uri = if uri == "local" { "file:///".to_owned() } else { uri };
        properties.push(("fs.defaultFS".to_owned(), uri));
    }
    if let Some(tracker) = line.value("jt") {
        if tracker.eq_ignore_ascii_case("local") {
            properties.push(("mapreduce.framework.name".to_owned(), tracker.clone()));
        }
        properties.push(("yarn.resourcemanager.address".to_owned(), tracker));
    }
    let settings = line.values("D").filter_map(|setting| setting.split_once('='));
    properties.extend(settings.map(|(name, value)| (name.to_owned(), value.to_owned())));
    properties
}
