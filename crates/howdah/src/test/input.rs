//! What a run reads: lines, each in a file.

/// One of the job's inputs, as a test was given it.
#[derive(Debug, Clone, Default)]
pub(super) struct Input {
    files: Vec<File>,
}

#[derive(Debug, Clone)]
struct File {
    /// None for lines that were given without a file.
    uri: Option<String>,
    lines: Vec<Vec<u8>>,
}

impl Input {
    /// Adds lines to those that the file has, or to those without a file.
    pub(super) fn add(&mut self, uri: Option<String>, lines: impl Iterator<Item = Vec<u8>>) {
        match self.files.iter_mut().find(|file| file.uri == uri) {
            Some(file) => file.lines.extend(lines),
            None => self.files.push(File { uri, lines: lines.collect() }),
        }
    }

    /// Whether lines were given as those of a file.
    pub(super) fn has_named_files(&self) -> bool {
        self.files.iter().any(|file| file.uri.is_some())
    }

    /// Its files, in the order in which they were given. `uri` is that of lines without a file.
    pub(super) fn files<'t>(&'t self, uri: Option<&'t str>) -> Vec<FileLines<'t>> {
        let files = self.files.iter().map(|file| FileLines {
            uri: file.uri.as_deref().or(uri),
            lines: file.lines.iter().map(Vec::as_slice).collect(),
        });
        files.collect()
    }
}

/// A file as map tasks read it.
#[derive(Debug)]
pub(super) struct FileLines<'t> {
    /// What mappers are told as its URI.
    pub(super) uri: Option<&'t str>,
    pub(super) lines: Vec<&'t [u8]>,
}
