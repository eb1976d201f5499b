//! Archives: zip, jar, tar and compressed tar, unpacked into a folder, whole or not at all.
//!
//! Mirrors `util.RunJar.unJar` and `fs.FileUtil.unTar` as the distributed cache calls them: by the ending of the
//! archive's name. An archive comes from anywhere, so nothing that it says of itself is believed:
//!
//! | file | what |
//! | --- | --- |
//! | `zip`, `tar` | read an archive's own structure, and refuse what contradicts itself |
//! | `rules` | what an entry may be: its name, its kind, where it leads, how much there may be |
//! | `staging` | makes entries in a folder beside the target, which gets the target's name when all is there |

mod rules;
mod staging;
mod tar;
#[cfg(test)]
mod tests;
mod zip;

use std::cell::RefCell;
use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;

use flate2::read::MultiGzDecoder;

use rules::{Limits, Rules};
use staging::Staging;

/// The kinds of archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Format {
    Zip,
    Tar,
    CompressedTar,
}

impl Format {
    fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        if ends(&[".zip", ".jar"]) {
            Some(Format::Zip)
        } else if ends(&[".tar.gz", ".tgz"]) {
            Some(Format::CompressedTar)
        } else if ends(&[".tar"]) {
            Some(Format::Tar)
        } else {
            None
        }
    }
}

/// Whether a file's name is that of an archive that can be unpacked: `.zip`, `.jar`, `.tar`, `.tar.gz`, `.tgz`.
pub fn is_archive(path: &Path) -> bool {
    Format::of(path).is_some()
}

/// Unpacks an archive into a folder, which is made, and must not be there yet, or be empty.
///
/// Files and folders have names below the folder, links lead to what is below it, files of one name come once, and
/// nothing else is in an archive: no devices, pipes or sockets. Of modes only the right to execute is kept.
///
/// # Errors
/// When the archive is damaged, cut off or of an unknown kind, when an entry is of another kind or lies elsewhere, when
/// there is more than a limit says; or whatever the system says. Then nothing of the archive is left: the folder is
/// as it was.
pub fn unpack(archive: &Path, folder: &Path) -> io::Result<()> {
    unpack_while(archive, folder, &mut || Ok(()))
}

/// The same, for as long as `go_on` gives no error; it is asked at each piece that is read.
pub(crate) fn unpack_while(
    archive: &Path,
    folder: &Path,
    go_on: &mut dyn FnMut() -> io::Result<()>,
) -> io::Result<()> {
    unpack_within(Limits::default(), archive, folder, go_on)
}

fn unpack_within(
    limits: Limits,
    archive: &Path,
    folder: &Path,
    go_on: &mut dyn FnMut() -> io::Result<()>,
) -> io::Result<()> {
    let format = Format::of(archive)
        .ok_or_else(|| broken("its name ends in none of .zip, .jar, .tar, .tar.gz and .tgz"))?;
    let source = Source::open(archive, go_on)?;
    let mut rules = Rules::new(limits, source.bytes);
    let staging = Staging::beside(folder)?;
    let unpacked = match format {
        Format::Zip => zip::unpack(&source, &mut rules, &staging),
        Format::Tar => tar::unpack(&source, &mut rules, &staging),
        Format::CompressedTar => {
            let buffered = io::BufReader::with_capacity(1 << 16, &source);
            tar::unpack(MultiGzDecoder::new(buffered), &mut rules, &staging)
        }
    };
    // Whoever read on from the source may have given its error other words.
    unpacked.map_err(|error| source.failure.take().unwrap_or(error))?;
    staging.become_folder(folder)
}

fn broken(why: impl Into<String>) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.into())
}

/// An archive's file, and whether to read on.
struct Source<'g> {
    file: File,
    bytes: u64,
    go_on: RefCell<&'g mut dyn FnMut() -> io::Result<()>>,
    /// Why reading ended, where that is not the archive's fault.
    failure: RefCell<Option<io::Error>>,
}

impl<'g> Source<'g> {
    fn open(path: &Path, go_on: &'g mut dyn FnMut() -> io::Result<()>) -> io::Result<Self> {
        let mut file = File::open(path)?;
        let bytes = file.seek(SeekFrom::End(0))?;
        file.rewind()?;
        Ok(Source { file, bytes, go_on: RefCell::new(go_on), failure: RefCell::new(None) })
    }

    fn next_bytes(&self, buffer: &mut [u8]) -> io::Result<usize> {
        let go_on = (self.go_on.borrow_mut())();
        go_on.and_then(|()| (&self.file).read(buffer)).map_err(|error| self.failed(error))
    }

    fn failed(&self, error: io::Error) -> io::Error {
        let told = io::Error::new(error.kind(), error.to_string());
        if error.kind() != io::ErrorKind::Interrupted {
            self.failure.replace(Some(error));
        }
        told
    }
}

impl Read for &Source<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.next_bytes(buffer)
    }
}

impl rawzip::ReaderAt for &Source<'_> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        // A damaged archive may point anywhere, also to where no system can go.
        if offset >= self.bytes {
            return Ok(0);
        }
        (&self.file).seek(SeekFrom::Start(offset)).map_err(|error| self.failed(error))?;
        self.next_bytes(buffer)
    }
}
