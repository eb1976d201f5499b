//! A compressed block: many records, their keys together and their values together.
//!
//! ```text
//! block = number of records (vint)  part of key lengths  part of keys  part of value lengths  part of values
//! part  = compressed length (vint)  compressed bytes
//! ```
//!
//! The lengths are vints, one behind the other.

use std::io::Read;

use howdah_codec::Codec;
use howdah_streaming::vint::read_vint;

use crate::error::{Error, ErrorKind};
use crate::source::{Expansion, Source};

/// The records of a block that are still to come.
#[derive(Debug, Default)]
pub(crate) struct Block {
    keys: Strip,
    values: Strip,
    /// Records that were given out.
    next: usize,
}

/// The keys or the values of a block.
#[derive(Debug, Default)]
struct Strip {
    bytes: Vec<u8>,
    /// Where each begins, and where the last one ends.
    bounds: Vec<usize>,
}

impl Block {
    pub(crate) fn is_empty(&self) -> bool {
        self.next + 1 >= self.keys.bounds.len()
    }

    /// The next key and value.
    pub(crate) fn next(&mut self) -> Option<(&[u8], &[u8])> {
        let at = self.next;
        self.next += 1;
        Some((self.keys.get(at)?, self.values.get(at)?))
    }

    /// Reads the block behind a sync mark. After an error it has no records.
    pub(crate) fn read<R: Read>(
        &mut self,
        source: &mut Source<R>,
        codec: Codec,
    ) -> Result<(), Error> {
        self.next = 0;
        let records = source.length("the number of records in a block")?;
        self.keys.read(source, codec, records, ["the lengths of keys", "the keys"])?;
        self.values.read(source, codec, records, ["the lengths of values", "the values"])
    }
}

impl Strip {
    fn get(&self, at: usize) -> Option<&[u8]> {
        self.bytes.get(*self.bounds.get(at)?..*self.bounds.get(at + 1)?)
    }

    fn read<R: Read>(
        &mut self,
        source: &mut Source<R>,
        codec: Codec,
        records: usize,
        [lengths, what]: [&'static str; 2],
    ) -> Result<(), Error> {
        self.bounds.clear();
        let at = source.offset();
        let uneven = || Error::new(ErrorKind::Uneven { what }, at);
        let most_lengths = records.saturating_mul(5); // a vint of 31 bits takes 5 bytes
        part(source, codec, lengths, most_lengths, &mut self.bytes)?;
        let total = bounds(&self.bytes, records, &mut self.bounds).ok_or_else(uneven)?;
        part(source, codec, what, total, &mut self.bytes)?;
        if self.bytes.len() == total { Ok(()) } else { Err(uneven()) }
    }
}

/// The bounds of `records` pieces whose lengths stand in `lengths`, and the sum of these; `None` unless there are just
/// so many lengths.
fn bounds(mut lengths: &[u8], records: usize, bounds: &mut Vec<usize>) -> Option<usize> {
    let mut total = 0usize;
    bounds.push(total);
    for _ in 0..records {
        let (length, taken) = read_vint(lengths)?;
        total = total.checked_add(usize::try_from(length).ok()?)?;
        bounds.push(total);
        lengths = lengths.get(taken..)?;
    }
    lengths.is_empty().then_some(total)
}

/// Reads a part of a block, which should have `most` bytes and not more, into `out`.
fn part<R: Read>(
    source: &mut Source<R>,
    codec: Codec,
    what: &'static str,
    most: usize,
    out: &mut Vec<u8>,
) -> Result<(), Error> {
    let length = source.length(what)?;
    let (at, mut packed) = (source.offset(), Vec::new());
    source.bytes(what, length, &mut packed)?;
    let limit = most.min(source.limit());
    let kind = match decompress(codec, what, &packed, limit, source.expansion(), out) {
        Ok(()) => return Ok(()),
        Err(ErrorKind::TooLong { .. }) if most <= source.limit() => ErrorKind::Uneven { what },
        Err(kind) => kind,
    };
    Err(Error::new(kind, at))
}

/// Decompresses `packed` into `out`, in the place of what is in it, up to `limit` bytes and what else is allowed.
pub(crate) fn decompress(
    codec: Codec,
    what: &'static str,
    packed: &[u8],
    limit: usize,
    expansion: &mut Expansion,
    out: &mut Vec<u8>,
) -> Result<(), ErrorKind> {
    out.clear();
    let decoder = codec.decoder(packed);
    let allowed = expansion.left.min(limit as u64);
    let read = decoder.and_then(|decoder| decoder.take(allowed.saturating_add(1)).read_to_end(out));
    read.map_err(|source| ErrorKind::Decompress { what, source })?;
    let count = out.len() as u64;
    if count <= allowed {
        expansion.left -= count;
        Ok(())
    } else if count > limit as u64 {
        Err(ErrorKind::TooLong { what, limit })
    } else {
        Err(ErrorKind::Expands { what, most: expansion.most })
    }
}
