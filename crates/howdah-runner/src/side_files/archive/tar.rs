//! Tar: blocks of 512 bytes, a header before each file, and blocks of zeros at the end.
//!
//! Of our own: the crate `tar` cuts what an extended header says at line feeds, which values may hold, and then takes
//! a name from elsewhere; it reads extended headers of any length into memory; and a tar that was cut off between two
//! files is whole to it.

use std::io::{self, Read};
use std::str;

use super::broken;
use super::rules::{Allowed, Claim, Rules, refused, shown};
use super::staging::Staging;

const BLOCK: usize = 512;
/// The most bytes of what describes a file and is no block: long names, and records with attributes.
const DESCRIPTION_BYTES: u64 = 1 << 20;

/// Unpacks a tar as it is read.
pub(super) fn unpack(stream: impl Read, rules: &mut Rules, staging: &Staging) -> io::Result<()> {
    let mut tar = Tar { stream, left: rules.most_bytes() };
    while let Some(entry) = tar.next_entry(rules)? {
        match rules.judge(&entry.name, claim(&entry)?)? {
            Allowed::Folder(path) => staging.folder(&path)?,
            Allowed::File(path) => {
                let mut file = staging.file(&path, entry.mode)?;
                let copied = io::copy(&mut tar.limited(rules).take(entry.bytes), &mut file)?;
                if copied < entry.bytes {
                    return Err(broken(format!("it ends within `{}`", shown(&entry.name))));
                }
                tar.skip_padding(entry.bytes, rules)?;
            }
            Allowed::SymbolicLink { path, target } => staging.symbolic_link(&path, &target)?,
            Allowed::HardLink { path, to } => staging.hard_link(&path, &to)?,
        }
    }
    tar.finish(rules)
}

/// What an entry claims to be; only files have content.
fn claim(entry: &Entry) -> io::Result<Claim<'_>> {
    let claim = match entry.kind {
        // As Hadoop reads it, and as tars were before they had a kind for folders.
        b'0' | 0 if entry.name.ends_with(b"/") => Claim::Folder,
        b'0' | b'7' | 0 => return Ok(Claim::File { bytes: entry.bytes }),
        b'1' => Claim::HardLink { to: &entry.target },
        b'2' => Claim::SymbolicLink { target: &entry.target },
        b'5' => Claim::Folder,
        b'3' | b'4' | b'6' => return Err(refused(&entry.name, "is a device or a pipe")),
        b'S' => return Err(sparse(&entry.name)),
        kind => {
            let kind = shown(&[kind]);
            return Err(refused(&entry.name, &format!("is of the unknown kind `{kind}`")));
        }
    };
    if entry.bytes > 0 {
        return Err(refused(&entry.name, "is a folder or a link, and has content"));
    }
    Ok(claim)
}

fn sparse(name: &[u8]) -> io::Error {
    refused(name, "is a sparse file, which howdah does not read; make the tar without --sparse")
}

/// An entry, as its header and what stands before that describe it.
struct Entry {
    name: Vec<u8>,
    kind: u8,
    target: Vec<u8>,
    bytes: u64,
    mode: u32,
}

/// What stands before a header, for what does not fit into it.
#[derive(Default)]
struct Before {
    /// GNU's long name.
    name: Option<Vec<u8>>,
    /// GNU's long target of a link.
    target: Option<Vec<u8>>,
    records: Option<Records>,
}

/// The records of an extended header that say what is in the tar.
#[derive(Default)]
struct Records {
    path: Option<Vec<u8>>,
    target: Option<Vec<u8>>,
    bytes: Option<u64>,
    is_sparse: bool,
}

struct Tar<R> {
    stream: R,
    /// How many bytes may still come.
    left: u64,
}

/// A stream that ends with an error where a limit is.
struct Limited<'a, R> {
    tar: &'a mut Tar<R>,
    rules: &'a Rules,
}

impl<R: Read> Read for Limited<'_, R> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let count = self.tar.stream.read(buffer)?;
        let left = self.tar.left.checked_sub(count as u64);
        self.tar.left = left.ok_or_else(|| self.rules.too_large())?;
        Ok(count)
    }
}

impl<R: Read> Tar<R> {
    fn limited<'a>(&'a mut self, rules: &'a Rules) -> Limited<'a, R> {
        Limited { tar: self, rules }
    }

    /// The next block; none at the end of the stream.
    fn block(&mut self, rules: &Rules) -> io::Result<Option<[u8; BLOCK]>> {
        let mut block = Vec::with_capacity(BLOCK);
        self.limited(rules).take(BLOCK as u64).read_to_end(&mut block)?;
        match <[u8; BLOCK]>::try_from(block) {
            Ok(block) => Ok(Some(block)),
            Err(block) if block.is_empty() => Ok(None),
            Err(_) => Err(broken("it is no tar, or cut off: it ends within a block")),
        }
    }

    /// The next entry; none at the tar's end mark.
    fn next_entry(&mut self, rules: &Rules) -> io::Result<Option<Entry>> {
        let mut before = Before::default();
        loop {
            let header = self.block(rules)?.ok_or_else(|| {
                broken("it is no tar, or cut off: there are no blocks of zeros at its end")
            })?;
            if is_zero(&header) {
                let is_end = [before.name.is_some(), before.target.is_some()] == [false; 2]
                    && before.records.is_none();
                return if is_end { Ok(None) } else { Err(broken("it ends before a file")) };
            }
            if !has_checksum(&header) {
                return Err(broken("it is no tar, or damaged: the checksum of a header is wrong"));
            }
            let size = number(&header[124..136])?;
            match header[156] {
                b'L' => once(&mut before.name, without_nul(self.description(size, rules)?))?,
                b'K' => once(&mut before.target, without_nul(self.description(size, rules)?))?,
                b'x' => once(&mut before.records, records(&self.description(size, rules)?)?)?,
                b'g' => check_global(&records(&self.description(size, rules)?)?)?,
                _ => return entry(&header, size, before).map(Some),
            }
        }
    }

    /// The content of what describes a file.
    fn description(&mut self, bytes: u64, rules: &Rules) -> io::Result<Vec<u8>> {
        if bytes > DESCRIPTION_BYTES {
            return Err(broken(format!(
                "what describes a file in it is longer than {DESCRIPTION_BYTES} bytes"
            )));
        }
        let mut content = Vec::new();
        self.limited(rules).take(bytes).read_to_end(&mut content)?;
        if (content.len() as u64) < bytes {
            return Err(broken("it is cut off: it ends within the name of a file"));
        }
        self.skip_padding(bytes, rules)?;
        Ok(content)
    }

    /// Skips what fills the last block of a content.
    fn skip_padding(&mut self, bytes: u64, rules: &Rules) -> io::Result<()> {
        let padding = bytes.next_multiple_of(BLOCK as u64) - bytes;
        let skipped = io::copy(&mut self.limited(rules).take(padding), &mut io::sink())?;
        if skipped < padding {
            return Err(broken("it is cut off: it ends within a block"));
        }
        Ok(())
    }

    /// Reads on to the stream's end, where a compressed one has its checksum. What stands there may be anything but
    /// another tar, of which nothing would be unpacked.
    fn finish(mut self, rules: &Rules) -> io::Result<()> {
        loop {
            let mut block = Vec::with_capacity(BLOCK);
            self.limited(rules).take(BLOCK as u64).read_to_end(&mut block)?;
            match <[u8; BLOCK]>::try_from(block) {
                Ok(block) if is_zero(&block) => {}
                Ok(block) if has_checksum(&block) => {
                    return Err(broken(
                        "a second tar stands behind its end, which would be left out; make one of both",
                    ));
                }
                _ => break,
            }
        }
        io::copy(&mut self.limited(rules), &mut io::sink()).map(drop)
    }
}

/// Puts the parts of an entry together.
fn entry(header: &[u8; BLOCK], size: u64, before: Before) -> io::Result<Entry> {
    let short_name = text(&header[..100]);
    let is_posix = &header[257..263] == b"ustar\0";
    let name_of_header = match text(&header[345..500]) {
        prefix if is_posix && !prefix.is_empty() => [prefix, b"/", short_name].concat(),
        _ => short_name.to_vec(),
    };
    let records = before.records.unwrap_or_default();
    let name = one_of(before.name, records.path, name_of_header)?;
    let target = one_of(before.target, records.target, text(&header[157..257]).to_vec())?;
    if records.is_sparse {
        return Err(sparse(&name));
    }
    let mode = number(&header[100..108]).map_or(0, |mode| mode as u32);
    Ok(Entry { name, kind: header[156], target, bytes: records.bytes.unwrap_or(size), mode })
}

/// What GNU's way and the extended header say, who must agree; or else the header itself.
fn one_of(gnu: Option<Vec<u8>>, extended: Option<Vec<u8>>, header: Vec<u8>) -> io::Result<Vec<u8>> {
    match (gnu, extended) {
        (Some(gnu), Some(extended)) if gnu != extended => Err(broken(format!(
            "a file in it has two names: `{}` and `{}`",
            shown(&gnu),
            shown(&extended)
        ))),
        (Some(one), _) | (None, Some(one)) => Ok(one),
        (None, None) => Ok(header),
    }
}

fn once<T>(place: &mut Option<T>, value: T) -> io::Result<()> {
    match place.replace(value) {
        None => Ok(()),
        Some(_) => Err(broken("a file in it is described twice")),
    }
}

/// What holds for all files behind it can be remarks, such as git writes, and nothing else.
fn check_global(records: &Records) -> io::Result<()> {
    let Records { path, target, bytes, is_sparse } = records;
    if path.is_some() || target.is_some() || bytes.is_some() || *is_sparse {
        return Err(broken("it has a global header with a name or a size for all files"));
    }
    Ok(())
}

/// The records of an extended header: `LENGTH NAME=VALUE LF`, where any byte can be in a value.
fn records(mut bytes: &[u8]) -> io::Result<Records> {
    let damaged = || broken("an extended header in it is damaged");
    let mut records = Records::default();
    while !bytes.is_empty() {
        let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
        let length: usize = str::from_utf8(&bytes[..digits])
            .ok()
            .and_then(|digits| digits.parse().ok())
            .ok_or_else(damaged)?;
        let record = bytes.get(digits..length).ok_or_else(damaged)?;
        bytes = &bytes[length..];
        let [b' ', record @ .., b'\n'] = record else { return Err(damaged()) };
        let equals = record.iter().position(|&byte| byte == b'=').ok_or_else(damaged)?;
        let (name, value) = (&record[..equals], &record[equals + 1..]);
        match name {
            b"path" => once(&mut records.path, value.to_vec())?,
            b"linkpath" => once(&mut records.target, value.to_vec())?,
            b"size" => {
                let is_number = !value.is_empty() && value.iter().all(u8::is_ascii_digit);
                let size = str::from_utf8(value).ok().filter(|_| is_number);
                let size = size.and_then(|size| size.parse().ok()).ok_or_else(damaged)?;
                once(&mut records.bytes, size)?;
            }
            _ => records.is_sparse |= name.starts_with(b"GNU.sparse."),
        }
    }
    Ok(records)
}

fn is_zero(block: &[u8; BLOCK]) -> bool {
    block.iter().all(|&byte| byte == 0)
}

/// Whether a block is a header: its bytes add up to what it says, where its own eight count as blanks.
fn has_checksum(header: &[u8; BLOCK]) -> bool {
    let others = || header[..148].iter().chain(&header[156..]);
    let sum = 8 * 32 + others().map(|&byte| u64::from(byte)).sum::<u64>();
    // Some old tars took bytes for signed.
    let high = others().filter(|byte| !byte.is_ascii()).count() as u64;
    number(&header[148..156]).is_ok_and(|told| told == sum || told + 256 * high == sum)
}

/// Text up to the first NUL.
fn text(bytes: &[u8]) -> &[u8] {
    bytes.split(|&byte| byte == 0).next().unwrap_or_default()
}

/// A long name without the NUL at its end; one within it stays, and is refused.
fn without_nul(mut name: Vec<u8>) -> Vec<u8> {
    if name.last() == Some(&0) {
        name.pop();
    }
    name
}

/// A number: octal digits, or for large ones GNU's bits behind a first one that is set.
fn number(field: &[u8]) -> io::Result<u64> {
    let damaged = || broken("it is no tar, or damaged: a number in a header is none");
    if let [0x80, bits @ ..] = field {
        let bits = &bits[bits.iter().take_while(|&&byte| byte == 0).count()..];
        if bits.len() > size_of::<u64>() {
            return Err(damaged());
        }
        return Ok(bits.iter().fold(0, |number, &byte| number << 8 | u64::from(byte)));
    }
    let digits = text(field).trim_ascii();
    if digits.is_empty() {
        return Ok(0);
    }
    let is_octal = digits.iter().all(|digit| matches!(digit, b'0'..=b'7'));
    let digits = str::from_utf8(digits).ok().filter(|_| is_octal);
    digits.and_then(|digits| u64::from_str_radix(digits, 8).ok()).ok_or_else(damaged)
}
