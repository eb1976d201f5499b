//! A block: a header that says everything about it, and records.

use super::key::{LastKey, Step};

/// Every block begins with these; the last one is the format's major version.
const MAGIC: [u8; 4] = *b"hws2";
/// The header's length in bytes.
pub(super) const HEADER_BYTES: usize = 44;
/// The bit of the last block of a segment.
const LAST: u8 = 1;

/// A block's header. All of it, and the bytes behind it, are under its checksum.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct BlockHeader {
    /// [`howdah_codec::block::BlockCodec::id`].
    pub(super) codec: u8,
    /// Whether the segment ends with this block.
    pub(super) last: bool,
    /// The run that wrote it.
    pub(super) run: u64,
    /// The spill that it belongs to.
    pub(super) spill: u32,
    pub(super) partition: u32,
    /// Its number in the segment, from 0.
    pub(super) sequence: u32,
    /// The length of the records in it.
    pub(super) raw_bytes: u32,
    /// The length of what is stored behind the header.
    pub(super) packed_bytes: u32,
    pub(super) records: u32,
}

impl BlockHeader {
    /// The header's bytes, with the checksum over them and over `packed`.
    pub(super) fn seal(&self, packed: &[u8]) -> [u8; HEADER_BYTES] {
        let mut bytes = [0; HEADER_BYTES];
        bytes[0..4].copy_from_slice(&MAGIC);
        bytes[4] = self.codec;
        bytes[5] = if self.last { LAST } else { 0 };
        bytes[8..16].copy_from_slice(&self.run.to_le_bytes());
        let words = [
            self.spill,
            self.partition,
            self.sequence,
            self.raw_bytes,
            self.packed_bytes,
            self.records,
        ];
        for (word, place) in words.iter().zip(bytes[16..40].chunks_exact_mut(4)) {
            place.copy_from_slice(&word.to_le_bytes());
        }
        let checksum = checksum(&bytes, packed);
        bytes[40..44].copy_from_slice(&checksum.to_le_bytes());
        bytes
    }

    /// Reads a header, without its checksum.
    pub(super) fn parse(bytes: &[u8; HEADER_BYTES]) -> Result<Self, String> {
        if bytes[0..4] != MAGIC {
            return Err(format!("it begins with {}", bytes[0..4].escape_ascii()));
        }
        let word = |at: usize| {
            let mut word = [0; 4];
            word.copy_from_slice(&bytes[at..at + 4]);
            u32::from_le_bytes(word)
        };
        Ok(BlockHeader {
            codec: bytes[4],
            last: bytes[5] & LAST != 0,
            run: u64::from(word(8)) | u64::from(word(12)) << 32,
            spill: word(16),
            partition: word(20),
            sequence: word(24),
            raw_bytes: word(28),
            packed_bytes: word(32),
            records: word(36),
        })
    }

    /// Whether the checksum in `bytes` is that of this header and `packed`.
    pub(super) fn is_intact(bytes: &[u8; HEADER_BYTES], packed: &[u8]) -> bool {
        checksum(bytes, packed).to_le_bytes() == bytes[40..44]
    }
}

fn checksum(header: &[u8; HEADER_BYTES], packed: &[u8]) -> u32 {
    let mut hasher = crc32fast::Hasher::new();
    hasher.update(&header[..40]);
    hasher.update(packed);
    hasher.finalize()
}

/// What the numbers of a record take at most, beside its key and value.
pub(super) const MOST_NUMBERS_BYTES: usize = 3 * (u64::BITS as usize).div_ceil(7);

/// Appends two numbers. Those of most records take a byte each.
#[inline]
fn write_numbers(numbers: [u64; 2], out: &mut Vec<u8>) {
    if numbers[0] | numbers[1] < 0x80 {
        out.extend_from_slice(&numbers.map(|number| number as u8));
    } else {
        for number in numbers {
            write_number(number, out);
        }
    }
}

/// Reads two numbers and moves `at` behind them.
#[inline]
fn read_numbers(bytes: &[u8], at: &mut usize) -> Option<[u64; 2]> {
    if let Some(&[first, second]) = bytes.get(*at..)?.first_chunk()
        && (first | second) & 0x80 == 0
    {
        *at += 2;
        return Some([first, second].map(u64::from));
    }
    Some([read_number(bytes, at)?, read_number(bytes, at)?])
}

/// Appends a number in seven bits a byte, lowest first.
fn write_number(mut number: u64, out: &mut Vec<u8>) {
    while number >= 0x80 {
        out.push(number as u8 | 0x80);
        number >>= 7;
    }
    out.push(number as u8);
}

/// Reads a number and moves `at` behind it.
fn read_number(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let mut number = 0;
    for shift in (0..u64::BITS).step_by(7) {
        let byte = *bytes.get(*at)?;
        *at += 1;
        number |= u64::from(byte & 0x7f) << shift;
        if byte & 0x80 == 0 {
            return Some(number);
        }
    }
    None
}

/// Bits below the length in a key's mark; the mark of a key that is the same as the one before is nothing but 0.
const WHOLE: u64 = 1;
const GOES_ON: u64 = 2;

/// The record at hand of a segment: the one that was written or read last.
#[derive(Debug, Default)]
pub(super) struct Record {
    key: LastKey,
    /// Where its value stands in the block.
    value: (usize, usize),
    /// How many bytes its key goes on from, of the one before; none where they are too few, or the key is the same.
    pub(super) shared: usize,
    /// Whether the key is that of the record before, byte for byte.
    pub(super) same_key: bool,
}

impl Record {
    #[inline]
    pub(super) fn key<'r>(&'r self, block: &'r [u8]) -> &'r [u8] {
        self.key.of(block)
    }

    #[inline]
    pub(super) fn value<'r>(&self, block: &'r [u8]) -> &'r [u8] {
        &block[self.value.0..self.value.1]
    }

    /// Where the next record begins.
    #[inline]
    pub(super) fn end(&self) -> usize {
        self.value.1
    }

    /// Whether no key that was written is lower than the one before it.
    pub(super) fn ascends(&self) -> bool {
        self.key.ascends()
    }

    /// Keeps the key, whose block goes.
    pub(super) fn leave(&mut self, block: &[u8]) {
        self.key.leave(block);
        self.value = (0, 0);
    }

    /// Gives back what was kept of the block before and is huge, if the key does not go on from there.
    pub(super) fn arrive(&mut self) {
        self.key.arrive();
    }

    /// Forgets the record: another segment begins.
    pub(super) fn forget(&mut self) {
        self.key.forget();
        (self.value, self.shared, self.same_key) = ((0, 0), 0, false);
    }

    /// Appends the next record of the segment.
    #[inline]
    pub(super) fn write(&mut self, key: &[u8], value: &[u8], block: &mut Vec<u8>) {
        let value_len = value.len() as u64;
        self.shared = 0;
        match self.key.step_to(key, block) {
            Step::Same => write_numbers([0, value_len], block),
            Step::From(shared) => {
                let rest = &key[shared..];
                self.shared = shared;
                self.key.go_on(block, shared, rest);
                write_numbers([(rest.len() as u64) << 2 | GOES_ON, value_len], block);
                write_number(shared as u64, block);
                block.extend_from_slice(rest);
            }
            Step::Whole => {
                write_numbers([(key.len() as u64) << 1 | WHOLE, value_len], block);
                let start = block.len();
                block.extend_from_slice(key);
                self.key.is_at(start, block.len());
            }
        }
        block.extend_from_slice(value);
    }

    /// Appends a record with the key of the one before.
    #[inline]
    pub(super) fn write_same(value: &[u8], block: &mut Vec<u8>) {
        if let &[byte] = value {
            block.extend_from_slice(&[0, 1, byte]); // as below: a count, most often
        } else {
            write_numbers([0, value.len() as u64], block);
            block.extend_from_slice(value);
        }
    }

    /// Moves on to the next record of the block, if it is another short value of the same key; tells whether it is.
    #[inline]
    pub(super) fn move_to_value(&mut self, block: &[u8]) -> bool {
        let at = self.end();
        let Some(&[0, value_len @ ..0x80]) = block.get(at..).and_then(<[u8]>::first_chunk) else {
            return false;
        };
        let value = (at + 2, at + 2 + usize::from(value_len));
        if value.1 > block.len() {
            return false;
        }
        (self.value, self.same_key) = (value, true);
        true
    }

    /// Reads the next record of the block; `None` if it runs over it, or goes on from more than there was.
    #[inline]
    pub(super) fn read(&mut self, block: &[u8]) -> Option<()> {
        let mut at = self.end();
        let [mark, value_len] = read_numbers(block, &mut at)?;
        self.same_key = mark == 0;
        if mark & WHOLE != 0 {
            let end = at.checked_add((mark >> 1) as usize).filter(|&end| end <= block.len())?;
            self.shared = 0;
            self.key.is_at(at, end);
            at = end;
        } else if mark != 0 {
            let shared = read_number(block, &mut at)? as usize;
            let end = at.checked_add((mark >> 2) as usize)?;
            self.shared = shared;
            if shared > self.key(block).len() {
                return None;
            }
            self.key.go_on(block, shared, block.get(at..end)?);
            at = end;
        }
        self.value = (at, at.checked_add(value_len as usize)?);
        (self.value.1 <= block.len()).then_some(())
    }
}
