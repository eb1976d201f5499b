//! Reads that go wrong.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use howdah_platform::{ReadFile, ScratchFile, Storage, StorageLayer};

use super::{Chance, Chaos};

/// Among so many reads of spills one is damaged: an early one, which is of an index, or any.
const DAMAGED_OF: [u64; 2] = [40, 2000];

/// A storage that gives less than was asked for, now and then; and once, of what spills lie in, something else than what
/// was written.
pub(crate) struct ChaosStorage {
    below: Arc<dyn Storage>,
    reads: Arc<Reads>,
}

/// The reads so far, and what becomes of them.
struct Reads {
    chaos: Chaos,
    of_inputs: AtomicU64,
    of_spills: AtomicU64,
    /// Which read of a spill is damaged.
    damaged: u64,
}

impl ChaosStorage {
    pub(crate) fn new(below: Arc<dyn Storage>, chaos: Chaos) -> Self {
        let mut chance = chaos.chance([0; 4]);
        let damaged_of = DAMAGED_OF[chance.below(2) as usize];
        let damaged = chance.below(damaged_of);
        let reads =
            Reads { chaos, of_inputs: AtomicU64::new(0), of_spills: AtomicU64::new(0), damaged };
        ChaosStorage { below, reads: Arc::new(reads) }
    }
}

impl StorageLayer for ChaosStorage {
    fn below(&self) -> &dyn Storage {
        &*self.below
    }
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadFile>> {
        let file = self.below.open(path)?;
        Ok(Arc::new(ChaosFile { file, reads: Arc::clone(&self.reads) }))
    }
    fn scratch(&self, folder: &Path) -> io::Result<Arc<dyn ScratchFile>> {
        let file = self.below.scratch(folder)?;
        Ok(Arc::new(ChaosScratch { file, reads: Arc::clone(&self.reads) }))
    }
}

impl Reads {
    /// How many bytes a read gives at most, of those that are asked for.
    fn shortened(&self, number: u64, asked: usize) -> usize {
        let mut chance: Chance = self.chaos.chance([1, number, 0, 0]);
        match chance.below(4) {
            0 => asked.min(1 + chance.below(100) as usize),
            _ => asked,
        }
    }
}

struct ChaosFile {
    file: Arc<dyn ReadFile>,
    reads: Arc<Reads>,
}

impl ReadFile for ChaosFile {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let number = self.reads.of_inputs.fetch_add(1, Ordering::Relaxed);
        let most = self.reads.shortened(number, buffer.len());
        self.file.read_at(&mut buffer[..most], offset)
    }
    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }
}

struct ChaosScratch {
    file: Arc<dyn ScratchFile>,
    reads: Arc<Reads>,
}

impl ReadFile for ChaosScratch {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let number = self.reads.of_spills.fetch_add(1, Ordering::Relaxed);
        let most = self.reads.shortened(number, buffer.len());
        let count = self.file.read_at(&mut buffer[..most], offset)?;
        if number == self.reads.damaged && count > 0 {
            buffer[count / 2] ^= 1;
        }
        Ok(count)
    }
    fn length(&self) -> io::Result<u64> {
        self.file.length()
    }
}

impl ScratchFile for ChaosScratch {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.file.write_all_at(bytes, offset)
    }
}
