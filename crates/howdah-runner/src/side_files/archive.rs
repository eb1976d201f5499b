//! Archives: zip, jar, tar and compressed tar, unpacked into a folder.
//!
//! Mirrors `util.RunJar.unJar` and `fs.FileUtil.unTar` as the distributed cache calls them: by the ending of the
//! archive's name. An entry that would lie outside of the folder is an error.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom, Write};
use std::path::{Component, Path, PathBuf};

use flate2::read::{DeflateDecoder, MultiGzDecoder};

/// The kinds of archives.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Kind {
    Zip,
    Tar,
    CompressedTar,
}

impl Kind {
    fn of(path: &Path) -> Option<Self> {
        let name = path.file_name()?.to_string_lossy().to_ascii_lowercase();
        let ends = |endings: &[&str]| endings.iter().any(|ending| name.ends_with(ending));
        if ends(&[".zip", ".jar"]) {
            Some(Kind::Zip)
        } else if ends(&[".tar.gz", ".tgz"]) {
            Some(Kind::CompressedTar)
        } else if ends(&[".tar"]) {
            Some(Kind::Tar)
        } else {
            None
        }
    }
}

/// Whether a file's name is that of an archive that can be unpacked: `.zip`, `.jar`, `.tar`, `.tar.gz`, `.tgz`.
pub fn is_archive(path: &Path) -> bool {
    Kind::of(path).is_some()
}

/// Unpacks an archive into a folder, which is made.
///
/// # Errors
/// When the archive is damaged or of an unknown kind, when an entry would lie outside of the folder, or whatever the
/// system says. What was unpacked so far stays.
pub fn unpack(archive: &Path, folder: &Path) -> io::Result<()> {
    unpack_while(archive, folder, &mut || Ok(()))
}

/// The same, for as long as `go_on` gives no error; it is asked at each piece that is read.
pub(crate) fn unpack_while(
    archive: &Path,
    folder: &Path,
    go_on: &mut dyn FnMut() -> io::Result<()>,
) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    let file = BufReader::with_capacity(1 << 16, Watched { file: File::open(archive)?, go_on });
    match Kind::of(archive) {
        Some(Kind::Zip) => unpack_zip(file, folder),
        Some(Kind::Tar) => unpack_tar(file, folder),
        Some(Kind::CompressedTar) => unpack_tar(MultiGzDecoder::new(file), folder),
        None => Err(broken("its name ends in none of .zip, .jar, .tar, .tar.gz and .tgz")),
    }
}

/// A file, and whether to read on.
struct Watched<'g> {
    file: File,
    go_on: &'g mut dyn FnMut() -> io::Result<()>,
}

impl Read for Watched<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        (self.go_on)()?;
        self.file.read(buffer)
    }
}

impl Seek for Watched<'_> {
    fn seek(&mut self, to: SeekFrom) -> io::Result<u64> {
        self.file.seek(to)
    }
}

fn broken(why: &str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, why.to_owned())
}

/// Where an entry goes: never outside of the folder.
fn inside(folder: &Path, name: &str) -> io::Result<PathBuf> {
    let mut path = folder.to_owned();
    for component in Path::new(name).components() {
        match component {
            Component::Normal(part) => path.push(part),
            Component::CurDir => {}
            _ => {
                return Err(broken(&format!("the entry `{name}` would lie outside of the folder")));
            }
        }
    }
    Ok(path)
}

/// Makes the file of an entry, and the folders that it lies in.
fn create(path: &Path, mode: u32) -> io::Result<File> {
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    let mut options = fs::OpenOptions::new();
    options.write(true).create(true).truncate(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(
        &mut options,
        if mode & 0o111 == 0 { 0o644 } else { 0o755 },
    );
    #[cfg(not(unix))]
    let _ = mode;
    options.open(path)
}

/// Unpacks a zip: its directory stands at its end.
fn unpack_zip(mut file: impl Read + Seek, folder: &Path) -> io::Result<()> {
    const MOST_COMMENT: u64 = 65_535;
    let length = file.seek(SeekFrom::End(0))?;
    let tail_bytes = length.min(MOST_COMMENT + 22);
    file.seek(SeekFrom::Start(length - tail_bytes))?;
    let mut tail = Vec::new();
    file.read_to_end(&mut tail)?;
    let end = tail
        .windows(22)
        .rposition(|window| window.starts_with(b"PK\x05\x06"))
        .map(|at| &tail[at..])
        .ok_or_else(|| broken("it is no zip: it has no directory at its end"))?;
    let (entries, offset) = (short(end, 10), long(end, 16));
    if entries == u16::MAX || offset == u32::MAX {
        return Err(broken("it is a zip of the large kind (zip64), which howdah does not read"));
    }
    let mut next = u64::from(offset);
    for _ in 0..entries {
        let mut header = [0; 46];
        file.seek(SeekFrom::Start(next))?;
        file.read_exact(&mut header)?;
        if !header.starts_with(b"PK\x01\x02") {
            return Err(broken("the zip's directory is damaged"));
        }
        let mut name = vec![0; usize::from(short(&header, 28))];
        file.read_exact(&mut name)?;
        let behind = u64::from(short(&header, 30)) + u64::from(short(&header, 32));
        next += 46 + name.len() as u64 + behind;
        let name = String::from_utf8_lossy(&name).into_owned();
        let path = inside(folder, &name)?;
        if name.ends_with('/') {
            fs::create_dir_all(&path)?;
            continue;
        }
        let mut local = [0; 30];
        file.seek(SeekFrom::Start(u64::from(long(&header, 42))))?;
        file.read_exact(&mut local)?;
        let skipped = i64::from(short(&local, 26)) + i64::from(short(&local, 28));
        file.seek(SeekFrom::Current(skipped))?;
        let stored = (&mut file).take(u64::from(long(&header, 20)));
        let mut out =
            Checked { file: create(&path, long(&header, 38) >> 16)?, crc: flate2::Crc::new() };
        match short(&header, 10) {
            0 => io::copy(&mut { stored }, &mut out)?,
            8 => io::copy(&mut DeflateDecoder::new(stored), &mut out)?,
            method => {
                return Err(broken(&format!(
                    "`{name}` is compressed by the unknown method {method}"
                )));
            }
        };
        if out.crc.sum() != long(&header, 16) {
            return Err(broken(&format!("the checksum of `{name}` is wrong")));
        }
    }
    Ok(())
}

/// A file whose bytes are summed up as they are written.
struct Checked {
    file: File,
    crc: flate2::Crc,
}

impl Write for Checked {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        let count = self.file.write(bytes)?;
        self.crc.update(&bytes[..count]);
        Ok(count)
    }
    fn flush(&mut self) -> io::Result<()> {
        self.file.flush()
    }
}

fn short(bytes: &[u8], at: usize) -> u16 {
    u16::from_le_bytes([bytes[at], bytes[at + 1]])
}

fn long(bytes: &[u8], at: usize) -> u32 {
    u32::from_le_bytes([bytes[at], bytes[at + 1], bytes[at + 2], bytes[at + 3]])
}

/// Unpacks a tar: blocks of 512 bytes, a header before each file.
fn unpack_tar(mut file: impl Read, folder: &Path) -> io::Result<()> {
    const BLOCK: u64 = 512;
    let mut long_name: Option<String> = None;
    loop {
        let mut header = Vec::with_capacity(BLOCK as usize);
        // Not `read_exact`: what ends here is a tar, but a compressed one that is cut off gives the same kind of error.
        (&mut file).take(BLOCK).read_to_end(&mut header)?;
        if header.iter().all(|&byte| byte == 0) {
            // To the end, where a compressed one has its checksum.
            return io::copy(&mut file, &mut io::sink()).map(drop);
        }
        if header.len() < BLOCK as usize {
            return Err(broken("it is no tar, or cut off: it ends within the header of a file"));
        }
        let size = number(&header[124..136])?;
        let padded = size.div_ceil(BLOCK) * BLOCK;
        let mut content = (&mut file).take(padded);
        let name = long_name.take().unwrap_or_else(|| match text(&header[345..500]) {
            prefix if prefix.is_empty() || &header[257..262] != b"ustar" => text(&header[..100]),
            prefix => format!("{prefix}/{}", text(&header[..100])),
        });
        match header[156] {
            b'L' => long_name = Some(text(&read(&mut content, size)?)),
            b'x' => long_name = pax_path(&read(&mut content, size)?),
            b'g' => {}
            b'5' => fs::create_dir_all(inside(folder, &name)?)?,
            b'2' => link(&inside(folder, &name)?, &text(&header[157..257]))?,
            b'0' | b'7' | 0 => {
                let mode = u32::try_from(number(&header[100..108])?).unwrap_or(0);
                let mut out = create(&inside(folder, &name)?, mode)?;
                if io::copy(&mut (&mut content).take(size), &mut out)? < size {
                    return Err(broken(&format!("it ends within `{name}`")));
                }
            }
            kind => {
                let kind = char::from(kind);
                return Err(broken(&format!("`{name}` is an entry of the unknown kind `{kind}`")));
            }
        }
        io::copy(&mut content, &mut io::sink())?;
    }
}

/// A link, which may not lead out of its folder.
fn link(path: &Path, target: &str) -> io::Result<()> {
    inside(Path::new(""), target)?;
    if let Some(parent) = path.parent() {
        fs::create_dir_all(parent)?;
    }
    #[cfg(unix)]
    return std::os::unix::fs::symlink(target, path);
    #[cfg(not(unix))]
    Err(broken(&format!("it holds the link `{target}`, which this system does not have")))
}

fn read(content: &mut impl Read, size: u64) -> io::Result<Vec<u8>> {
    const MOST: u64 = 1 << 20;
    if size > MOST {
        return Err(broken("a name in it is longer than 1 MiB"));
    }
    let mut bytes = Vec::new();
    content.take(size).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// Text up to the first NUL.
fn text(bytes: &[u8]) -> String {
    let end = bytes.iter().position(|&byte| byte == 0).unwrap_or(bytes.len());
    String::from_utf8_lossy(&bytes[..end]).into_owned()
}

/// A number in octal digits.
fn number(field: &[u8]) -> io::Result<u64> {
    let digits = text(field);
    let digits = digits.trim();
    if digits.is_empty() {
        return Ok(0);
    }
    u64::from_str_radix(digits, 8)
        .map_err(|_| broken("it is no tar, or damaged: a number is not octal"))
}

/// The `path` of an extended header, whose records are `LENGTH NAME=VALUE LF`.
fn pax_path(records: &[u8]) -> Option<String> {
    let records = String::from_utf8_lossy(records);
    let path =
        records.lines().find_map(|record| record.split_once(' ')?.1.strip_prefix("path="))?;
    Some(path.to_owned())
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// A tar of one entry.
    fn tar(name: &str, kind: u8, content: &[u8]) -> Vec<u8> {
        let mut header = vec![0; 512];
        header[..name.len()].copy_from_slice(name.as_bytes());
        header[100..107].copy_from_slice(b"0000755");
        header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
        header[156] = kind;
        let mut tar = [&header, content].concat();
        tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
        tar
    }

    #[test]
    fn a_tar_is_unpacked_with_its_modes() {
        let folder = tempfile::Builder::new().prefix("tar").tempdir().unwrap();
        unpack_tar(&tar("./d/tool.sh", b'0', b"#!/bin/sh\n")[..], folder.path()).unwrap();
        let tool = folder.path().join("d/tool.sh");
        assert_eq!(fs::read(&tool).unwrap(), b"#!/bin/sh\n");
        #[cfg(unix)]
        {
            use std::os::unix::fs::PermissionsExt;
            assert_eq!(tool.metadata().unwrap().permissions().mode() & 0o111, 0o111);
        }
    }

    #[test]
    fn a_compressed_tar_that_is_cut_off_is_an_error() {
        let folder = tempfile::Builder::new().prefix("tar").tempdir().unwrap();
        let mut two = tar("a", b'0', b"text of a");
        two.truncate(two.len() - 1024);
        two.extend(tar("b", b'0', b"text of b"));
        let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::fast());
        encoder.write_all(&two).unwrap();
        let whole = encoder.finish().unwrap();
        let archive = folder.path().join("a.tgz");
        let unpacked = |bytes: &[u8]| {
            fs::write(&archive, bytes).unwrap();
            unpack(&archive, &folder.path().join("unpacked"))
        };
        unpacked(&whole).unwrap();
        assert_eq!(fs::read(folder.path().join("unpacked/b")).unwrap(), b"text of b");
        for length in 1..whole.len() {
            assert!(
                unpacked(&whole[..length]).is_err(),
                "cut off at byte {length} of {}",
                whole.len()
            );
        }
    }

    proptest! {
        #[test]
        fn damage_is_an_error_or_changes_what_is_in_it_and_nothing_else(
            damage in prop::collection::vec((any::<prop::sample::Index>(), any::<u8>()), 1..8),
            is_tar in any::<bool>(),
        ) {
            let folder = tempfile::Builder::new().prefix("damage").tempdir().unwrap();
            let inner = folder.path().join("inner");
            let mut bytes = if is_tar { tar("d/x", b'0', b"text") } else { ZIP.to_vec() };
            for (at, byte) in damage {
                let at = at.index(bytes.len());
                bytes[at] = byte;
            }
            let _ = if is_tar {
                unpack_tar(&bytes[..], &inner)
            } else {
                unpack_zip(io::Cursor::new(bytes), &inner)
            };
            let beside = fs::read_dir(folder.path()).unwrap().count();
            prop_assert!(beside <= 1, "something lies outside of the folder");
        }
    }

    /// A zip of the file `x`, which is stored, and not compressed.
    const ZIP: &[u8] =
        b"PK\x03\x04\x14\0\0\0\0\0\0\0\x21\x50\x68\x2e\x01\x53\x0d\0\0\0\x0d\0\0\0\x01\0\0\0\
        xfrom-archive\n\
        PK\x01\x02\x14\x03\x14\0\0\0\0\0\0\0\x21\x50\x68\x2e\x01\x53\x0d\0\0\0\x0d\0\0\0\x01\0\0\0\
        \0\0\0\0\0\0\0\0\xa4\x01\0\0\0\0x\
        PK\x05\x06\0\0\0\0\x01\0\x01\0\x2f\0\0\0\x2c\0\0\0\0\0";

    #[test]
    fn a_zip_is_unpacked_and_its_checksums_are_looked_at() {
        let folder = tempfile::Builder::new().prefix("zip").tempdir().unwrap();
        unpack_zip(io::Cursor::new(ZIP), folder.path()).unwrap();
        assert_eq!(fs::read(folder.path().join("x")).unwrap(), b"from-archive\n");
        let at = ZIP.windows(4).position(|window| window == b"from").unwrap();
        let damaged = [&ZIP[..at], b"F", &ZIP[at + 1..]].concat();
        let error = unpack_zip(io::Cursor::new(damaged), folder.path()).unwrap_err();
        assert!(error.to_string().contains("checksum of `x`"), "{error}");
    }

    #[test]
    fn nothing_lies_outside_and_nothing_is_cut() {
        let folder = tempfile::Builder::new().prefix("tar").tempdir().unwrap();
        for name in ["../x", "/x", "a/../../x"] {
            assert!(unpack_tar(&tar(name, b'0', b"x")[..], folder.path()).is_err(), "{name}");
        }
        let whole = tar("x", b'0', &[1; 600]);
        assert!(unpack_tar(&whole[..1000], folder.path()).is_err());
        assert!(unpack_zip(io::Cursor::new(b"no zip"), folder.path()).is_err());
    }
}
