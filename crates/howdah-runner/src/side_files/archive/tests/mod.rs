//! Archives of all kinds, good and hostile, made here byte by byte.

mod good;
mod hostile;
mod tars;
mod zips;

use std::collections::BTreeMap;
use std::fs;
use std::io::{self, Write};
use std::path::{Path, PathBuf};

use super::rules::Limits;
use super::{unpack, unpack_while, unpack_within};

/// What a file system has below a folder: for each path its kind, and its content or target.
type Picture = BTreeMap<PathBuf, String>;

/// A folder with an archive, the folder `in` where it is unpacked to `in/target`, and beside it what is to stay as it is.
struct Place {
    folder: tempfile::TempDir,
}

impl Place {
    fn new() -> Self {
        let place = Place { folder: tempfile::Builder::new().prefix("archive").tempdir().unwrap() };
        for folder in ["in", "outside"] {
            fs::create_dir(place.path(folder)).unwrap();
        }
        fs::write(place.path("outside/victim"), "as it was").unwrap();
        place
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn target(&self) -> PathBuf {
        self.path("in/target")
    }

    fn write(&self, name: &str, archive: &[u8]) -> PathBuf {
        fs::write(self.path(name), archive).unwrap();
        self.path(name)
    }

    fn picture(&self) -> Picture {
        picture(self.folder.path())
    }
}

fn picture(folder: &Path) -> Picture {
    let mut found = Picture::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(next) = folders.pop() {
        for entry in fs::read_dir(next).unwrap() {
            let entry = entry.unwrap();
            let (path, kind) = (entry.path(), entry.file_type().unwrap());
            let what = if kind.is_symlink() {
                format!("-> {}", fs::read_link(&path).unwrap().display())
            } else if kind.is_dir() {
                folders.push(path.clone());
                "/".to_owned()
            } else {
                String::from_utf8_lossy(&fs::read(&path).unwrap()).into_owned()
            };
            found.insert(path.strip_prefix(folder).unwrap().to_owned(), what);
        }
    }
    found
}

fn gzip(bytes: &[u8]) -> Vec<u8> {
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(bytes).unwrap();
    encoder.finish().unwrap()
}
