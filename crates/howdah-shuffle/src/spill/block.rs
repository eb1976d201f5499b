//! A block: a header that says everything about it, and records.

use crate::error::ShuffleError;

/// Every block begins with these; the last one is the format's major version.
const MAGIC: [u8; 4] = *b"hws1";
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

/// A record within a block, by places.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct RecordPlace {
    pub(super) key: (usize, usize),
    pub(super) value: (usize, usize),
    /// Whether the key is that of the record before, byte for byte.
    pub(super) same_key: bool,
}

impl RecordPlace {
    /// Appends a record whose key is, or is not, that of the one before in the block.
    #[inline]
    pub(super) fn write(same_key: bool, key: &[u8], value: &[u8], block: &mut Vec<u8>) -> Self {
        let key_mark = if same_key { 0 } else { key.len() as u64 + 1 };
        write_numbers([key_mark, value.len() as u64], block);
        let key_start = block.len();
        if !same_key {
            block.extend_from_slice(key);
        }
        let value_start = block.len();
        block.extend_from_slice(value);
        RecordPlace { key: (key_start, value_start), value: (value_start, block.len()), same_key }
    }

    /// Moves on to the record at `at`, if it is another short value of the same key; tells whether it is.
    #[inline]
    pub(super) fn move_to_value(&mut self, block: &[u8], at: usize) -> bool {
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

    /// Reads the record at `at`, after `before`.
    #[inline]
    pub(super) fn read(block: &[u8], at: usize, before: RecordPlace) -> Option<Self> {
        let mut at = at;
        let [key_mark, value_len] = read_numbers(block, &mut at)?.map(|number| number as usize);
        let same_key = key_mark == 0;
        let key = if same_key { before.key } else { (at, at.checked_add(key_mark - 1)?) };
        let value_start = if same_key { at } else { key.1 };
        let value = (value_start, value_start.checked_add(value_len)?);
        (value.1 <= block.len()).then_some(RecordPlace { key, value, same_key })
    }
}

/// The error of a block that is not what was written.
pub(super) fn corrupt(offset: u64, reason: impl Into<String>) -> ShuffleError {
    ShuffleError::Corrupt { offset, reason: reason.into() }
}
