//! Zips, made from the records up.

use std::io::Write;

use flate2::write::DeflateEncoder;

/// An entry of a zip: what it has, and what its two headers say.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) name: Vec<u8>,
    /// The name in the header of its own, where that is another.
    pub(super) local_name: Option<Vec<u8>>,
    pub(super) method: u16,
    pub(super) flags: u16,
    /// The content as it stands in the zip.
    pub(super) packed: Vec<u8>,
    /// How many bytes it unpacks to, by both headers.
    pub(super) bytes: u32,
    pub(super) crc: u32,
    pub(super) mode: u32,
    /// Where the directory says that its header is, where that is elsewhere.
    pub(super) offset: Option<u32>,
}

/// A file that is stored as it is.
pub(super) fn stored(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Entry {
    let content = content.as_ref();
    let mut crc = flate2::Crc::new();
    crc.update(content);
    Entry {
        name: name.as_ref().to_vec(),
        local_name: None,
        method: 0,
        flags: 0,
        packed: content.to_vec(),
        bytes: content.len() as u32,
        crc: crc.sum(),
        mode: 0o100_644,
        offset: None,
    }
}

pub(super) fn deflated(name: impl AsRef<[u8]>, content: impl AsRef<[u8]>) -> Entry {
    let mut encoder = DeflateEncoder::new(Vec::new(), flate2::Compression::best());
    encoder.write_all(content.as_ref()).unwrap();
    Entry { method: 8, packed: encoder.finish().unwrap(), ..stored(name, content) }
}

/// Something else than a file.
pub(super) fn special(name: impl AsRef<[u8]>, mode: u32, content: impl AsRef<[u8]>) -> Entry {
    Entry { mode, ..stored(name, content) }
}

pub(super) fn link(name: impl AsRef<[u8]>, target: impl AsRef<[u8]>) -> Entry {
    special(name, 0o120_777, target)
}

pub(super) fn zip(entries: &[Entry]) -> Vec<u8> {
    let (mut zip, mut directory) = (Vec::new(), Vec::new());
    for entry in entries {
        let offset = entry.offset.unwrap_or(zip.len() as u32);
        if entry.offset.is_none() {
            zip.extend(local(entry));
        }
        directory.extend(record(entry, offset));
    }
    let count = (entries.len() as u16).to_le_bytes();
    let (bytes, at) = ((directory.len() as u32).to_le_bytes(), (zip.len() as u32).to_le_bytes());
    zip.extend(directory);
    zip.extend([b"PK\x05\x06\0\0\0\0", &count[..], &count, &bytes, &at, &[0; 2]].concat());
    zip
}

/// What both headers say.
fn common(entry: &Entry, name: &[u8]) -> Vec<u8> {
    [
        &20_u16.to_le_bytes()[..],
        &entry.flags.to_le_bytes(),
        &entry.method.to_le_bytes(),
        b"\0\0\x21\x50",
        &entry.crc.to_le_bytes(),
        &(entry.packed.len() as u32).to_le_bytes(),
        &entry.bytes.to_le_bytes(),
        &(name.len() as u16).to_le_bytes(),
        &[0; 2],
    ]
    .concat()
}

fn local(entry: &Entry) -> Vec<u8> {
    let name = entry.local_name.as_ref().unwrap_or(&entry.name);
    [b"PK\x03\x04", &common(entry, name)[..], name, &entry.packed].concat()
}

fn record(entry: &Entry, offset: u32) -> Vec<u8> {
    [
        b"PK\x01\x02\x14\x03",
        &common(entry, &entry.name)[..],
        &[0; 6],
        &(entry.mode << 16).to_le_bytes(),
        &offset.to_le_bytes(),
        &entry.name,
    ]
    .concat()
}
