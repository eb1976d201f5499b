//! A spill's index: where each of its segments lies, written behind the last one.
//!
//! Mirrors `org.apache.hadoop.mapred.SpillRecord` and its `file.out.index`. It lies with the spill, so that a run of many
//! spills and partitions does not hold the places of all segments in memory. Each page of it is under a checksum, which
//! also says of which run, spill and place it is.

use super::place::{Place, Whereabouts};
use crate::error::ShuffleError;

/// Bytes of a segment's entry.
const ENTRY_BYTES: usize = 32;
/// The bit above a segment's records that says that it ascends.
const ASCENDS: u64 = 1 << 63;
/// Entries of a page; the last one has what is left.
const PAGE_ENTRIES: usize = 32;
/// What stands behind a page's entries: the run, the spill, the page's number, the checksum.
const SEAL_BYTES: usize = 20;
const CHECKSUM_BYTES: usize = 4;
const PAGE_BYTES: usize = PAGE_ENTRIES * ENTRY_BYTES + SEAL_BYTES;

/// One partition's records within a spill.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Segment {
    pub(crate) partition: u32,
    /// Whether its keys are in the order of their bytes. A combiner may break it.
    pub(crate) ascends: bool,
    /// The records' bytes in its largest block.
    pub(crate) largest_block: u32,
    /// Where it begins in its spill's place.
    pub(crate) offset: u64,
    /// Its bytes as stored, headers among them.
    pub(crate) stored_bytes: u64,
    pub(crate) records: u64,
}

impl Segment {
    fn write(&self, out: &mut Vec<u8>) {
        for word in [self.partition, self.largest_block] {
            out.extend_from_slice(&word.to_le_bytes());
        }
        let ascends = if self.ascends { ASCENDS } else { 0 };
        for word in [self.offset, self.stored_bytes, self.records | ascends] {
            out.extend_from_slice(&word.to_le_bytes());
        }
    }

    fn read(entry: &[u8; ENTRY_BYTES]) -> Self {
        let half = |at: usize| u32::from_le_bytes(std::array::from_fn(|byte| entry[at + byte]));
        let word = |at: usize| u64::from_le_bytes(std::array::from_fn(|byte| entry[at + byte]));
        Segment {
            partition: half(0),
            largest_block: half(4),
            offset: word(8),
            stored_bytes: word(16),
            records: word(24) & !ASCENDS,
            ascends: word(24) & ASCENDS != 0,
        }
    }
}

/// Where a spill's index is.
#[derive(Debug, Clone, Copy)]
pub(super) struct Index {
    pub(super) run: u64,
    pub(super) spill: u32,
    /// Where it begins in the spill's place.
    pub(super) start: u64,
    /// How many segments there are.
    pub(super) segments: usize,
}

impl Index {
    /// The bytes of an index over these segments, which are in the order of their partitions.
    pub(super) fn write(run: u64, spill: u32, segments: &[Segment], out: &mut Vec<u8>) {
        for (number, page) in segments.chunks(PAGE_ENTRIES).enumerate() {
            let start = out.len();
            for segment in page {
                segment.write(out);
            }
            out.extend_from_slice(&run.to_le_bytes());
            out.extend_from_slice(&spill.to_le_bytes());
            out.extend_from_slice(&(number as u32).to_le_bytes());
            let checksum = crc32fast::hash(&out[start..]);
            out.extend_from_slice(&checksum.to_le_bytes());
        }
    }

    /// The segment of a partition, if it has records.
    pub(super) fn find(
        &self,
        place: &Place,
        partition: u32,
    ) -> Result<Option<Segment>, ShuffleError> {
        let pages = self.segments.div_ceil(PAGE_ENTRIES);
        // Where each partition has a segment, it is this page; where some have none, it is one before.
        let mut at = (partition as usize / PAGE_ENTRIES).min(pages.saturating_sub(1));
        let (mut from, mut to) = (0, at + 1);
        let mut page = [0; PAGE_BYTES];
        while from < to && pages > 0 {
            let segments = self.read_page(place, at, &mut page)?;
            let (first, last) = (segments.clone().next(), segments.clone().next_back());
            if first.is_some_and(|first| partition < first.partition) {
                to = at;
            } else if last.is_some_and(|last| partition > last.partition) {
                from = at + 1;
            } else {
                return Ok(segments.clone().find(|segment| segment.partition == partition));
            }
            at = from + (to - from) / 2;
        }
        Ok(None)
    }

    fn read_page<'p>(
        &self,
        place: &Place,
        number: usize,
        page: &'p mut [u8; PAGE_BYTES],
    ) -> Result<impl DoubleEndedIterator<Item = Segment> + Clone + use<'p>, ShuffleError> {
        let entries = (self.segments - number * PAGE_ENTRIES).min(PAGE_ENTRIES);
        let offset = self.start + (number * PAGE_BYTES) as u64;
        let page = &mut page[..entries * ENTRY_BYTES + SEAL_BYTES];
        let whereabouts = Whereabouts { place, spill: self.spill, offset };
        whereabouts.read(page)?;
        let (sealed, checksum) = page.split_at(page.len() - CHECKSUM_BYTES);
        if crc32fast::hash(sealed).to_le_bytes() != checksum {
            return Err(whereabouts.corrupt("the checksum of its index does not fit"));
        }
        let (entries, seal) = sealed.split_at(entries * ENTRY_BYTES);
        let expected = (self.run.to_le_bytes(), self.spill.to_le_bytes());
        if seal[..8] != expected.0
            || seal[8..12] != expected.1
            || seal[12..] != (number as u32).to_le_bytes()
        {
            return Err(whereabouts.corrupt("it is the index of another spill"));
        }
        Ok(entries.as_chunks().0.iter().map(Segment::read))
    }
}
