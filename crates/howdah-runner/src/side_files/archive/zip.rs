//! Zip and jar. The directory at a zip's end says what is in it, and each entry has a header of its own, too: what
//! contradicts itself is refused, since others may read it otherwise.

use std::io::{self, BufReader, Write};

use flate2::read::DeflateDecoder;
use rawzip::{
    CompressionMethod, ErrorKind, ZipArchive, ZipArchiveEntryWayfinder, ZipFileHeaderRecord,
    ZipLocator,
};

use super::rules::{Allowed, Claim, Rules, refused, shown};
use super::staging::Staging;
use super::{Source, broken};

/// The longest target of a symbolic link, which a zip holds as content.
const TARGET_BYTES: u64 = 4096;

type Zip<'a, 'g> = ZipArchive<&'a Source<'g>>;

/// Unpacks a zip. All its entries are judged before the first is made.
pub(super) fn unpack(source: &Source<'_>, rules: &mut Rules, staging: &Staging) -> io::Result<()> {
    let mut buffer = vec![0; rawzip::MAX_CENTRAL_DIRECTORY_RECORD_SIZE];
    let zip = ZipLocator::new()
        .locate_in_reader(source, &mut buffer, source.bytes)
        .map_err(|(_, error)| broken(format!("it is no zip, or cut off: {error}")))?;
    if zip.end_offset() != source.bytes {
        return Err(broken("something stands behind the zip's end"));
    }
    for (entry, allowed) in judged(&zip, &mut buffer, rules)? {
        match allowed {
            Allowed::Folder(path) => staging.folder(&path)?,
            Allowed::File(path) => {
                copy(&zip, &entry, &mut staging.file(&path, entry.mode)?)?;
            }
            Allowed::SymbolicLink { path, target } => staging.symbolic_link(&path, &target)?,
            Allowed::HardLink { path, to } => staging.hard_link(&path, &to)?,
        }
    }
    Ok(())
}

/// What is kept of an entry of the directory.
struct Entry {
    name: Vec<u8>,
    mode: u32,
    method: CompressionMethod,
    packed_bytes: u64,
    /// The way to the content.
    way: ZipArchiveEntryWayfinder,
}

/// All entries, judged.
fn judged(
    zip: &Zip<'_, '_>,
    buffer: &mut [u8],
    rules: &mut Rules,
) -> io::Result<Vec<(Entry, Allowed)>> {
    let mut judged = Vec::new();
    let mut extents = Vec::new();
    let mut local_buffer = vec![0; buffer.len()];
    let mut records = zip.entries(buffer);
    let damaged = |error| broken(format!("the zip's directory is damaged: {error}"));
    while let Some(record) = records.next_entry().map_err(damaged)? {
        let (entry, end) = agreeing(zip, &record, &mut local_buffer)?;
        extents.push((record.local_header_offset(), end, judged.len()));
        let allowed = judge(zip, &entry, rules)?;
        judged.push((entry, allowed));
    }
    if judged.len() as u64 != zip.entries_hint() {
        return Err(broken(format!(
            "the zip's directory has {} entries, and not {} as its end says",
            judged.len(),
            zip.entries_hint()
        )));
    }
    extents.push((zip.directory_offset(), u64::MAX, usize::MAX));
    extents.sort_unstable();
    for pair in extents.windows(2) {
        if let [(_, end, one), (next, _, other)] = *pair
            && end > next
        {
            // The directory itself is not among them, and comes last by its number.
            let (entry, _) = &judged[one.min(other)];
            return Err(refused(&entry.name, "shares its bytes with something else in the zip"));
        }
    }
    Ok(judged)
}

/// An entry whose own header says the same as the directory's record, and where its bytes end.
fn agreeing(
    zip: &Zip<'_, '_>,
    record: &ZipFileHeaderRecord<'_>,
    buffer: &mut [u8],
) -> io::Result<(Entry, u64)> {
    let path = record.file_path();
    let name = path.as_bytes();
    let method = record.compression_method();
    let flags = record.flags();
    let damaged =
        |error: rawzip::Error| refused(name, &format!("has no header of its own: {error}"));
    let found = zip.get_entry(record.wayfinder()).map_err(damaged)?;
    let local = found.local_header(buffer).map_err(damaged)?;
    if local.file_path().as_bytes() != name {
        let other = shown(local.file_path().as_bytes());
        return Err(refused(name, &format!("is called `{other}` by its own header")));
    }
    if flags.is_encrypted() || local.flags().is_encrypted() {
        return Err(refused(name, "is encrypted, and howdah asks for no password"));
    }
    // What was written into a pipe has its sizes behind the content, and zeros here.
    let sizes_agree = local.flags().has_data_descriptor()
        || (local.compressed_size_hint(), local.uncompressed_size_hint(), local.crc32())
            == (record.compressed_size_hint(), record.uncompressed_size_hint(), record.crc32());
    if local.compression_method() != method || !sizes_agree {
        return Err(refused(name, "has a header of its own that contradicts the zip's directory"));
    }
    if !matches!(method, CompressionMethod::STORE | CompressionMethod::DEFLATE) {
        return Err(refused(
            name,
            &format!("is compressed by the method {method}, and howdah knows only deflate"),
        ));
    }
    let entry = Entry {
        name: name.to_vec(),
        mode: record.external_attributes() >> 16,
        method,
        packed_bytes: record.compressed_size_hint(),
        way: record.wayfinder(),
    };
    Ok((entry, found.compressed_data_range().1))
}

fn judge(zip: &Zip<'_, '_>, entry: &Entry, rules: &mut Rules) -> io::Result<Allowed> {
    let (name, bytes) = (&entry.name, entry.way.uncompressed_size_hint());
    let is_folder = name.ends_with(b"/");
    // The kinds of Unix. Zero is what other systems write there, and what most libraries do.
    match entry.mode & 0o170_000 {
        0 | 0o100_000 | 0o040_000 if is_folder => {
            if bytes > 0 {
                return Err(refused(name, "is a folder with content of its own"));
            }
            rules.judge(name, Claim::Folder)
        }
        0 | 0o100_000 => rules.judge(name, Claim::File { bytes }),
        0o120_000 if bytes > TARGET_BYTES => {
            Err(refused(name, &format!("is a link to a name of {bytes} bytes")))
        }
        0o120_000 => {
            let mut target = Vec::new();
            copy(zip, entry, &mut target)?;
            rules.judge(name, Claim::SymbolicLink { target: &target })
        }
        0o040_000 => Err(refused(name, "is a folder whose name does not end in `/`")),
        _ => Err(refused(name, "is a device, a pipe or a socket")),
    }
}

/// Copies an entry's content, whose checksum and sizes must be those of the directory.
fn copy(zip: &Zip<'_, '_>, entry: &Entry, out: &mut impl Write) -> io::Result<()> {
    let found = zip.get_entry(entry.way).map_err(|error| damaged(entry, &error))?;
    let packed = found.reader();
    let copied = if entry.method == CompressionMethod::STORE {
        let stored = BufReader::with_capacity(1 << 16, packed);
        io::copy(&mut found.verifying_reader(stored), out).map(|_| entry.packed_bytes)
    } else {
        let mut content = found.verifying_reader(DeflateDecoder::new(packed));
        io::copy(&mut content, out).map(|_| content.into_inner().total_in())
    };
    match copied {
        Ok(read) if read == entry.packed_bytes => Ok(()),
        Ok(_) => Err(refused(&entry.name, "ends before its compressed bytes do")),
        // The system's, of the file that is written.
        Err(error) if error.raw_os_error().is_some() => Err(error),
        Err(error) => match error.get_ref().and_then(|inner| inner.downcast_ref()) {
            Some(inner) => Err(damaged(entry, inner)),
            None => Err(refused(&entry.name, &format!("is damaged: {error}"))),
        },
    }
}

fn damaged(entry: &Entry, error: &rawzip::Error) -> io::Error {
    let why = match error.kind() {
        ErrorKind::InvalidChecksum { .. } => "has a wrong checksum".to_owned(),
        ErrorKind::InvalidSize { expected, .. } => {
            format!("does not unpack to the {expected} bytes that the zip says")
        }
        _ => format!("is damaged: {error}"),
    };
    refused(&entry.name, &why)
}
