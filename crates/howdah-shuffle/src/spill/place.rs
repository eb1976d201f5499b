//! Where spills lie: in memory while there is room, else in the worker's file.

use std::io;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, AtomicU64, Ordering};

use howdah_codec::block::BlockCodec;
use howdah_platform::{ScratchFile, Storage};

use crate::error::{Location, ShuffleError};
use crate::memory::{Reservation, RetainedMemory};
use crate::room::Buffer;

/// How many bytes of a spill are gathered before they are written to the file.
const WRITE_BYTES: usize = 1 << 18;

/// What all spills of a run share.
pub struct SpillStore {
    storage: Arc<dyn Storage>,
    folder: Arc<Path>,
    pub(super) run: u64,
    pub(super) codec: BlockCodec,
    memory: RetainedMemory,
    spills: AtomicU32,
    file_bytes: AtomicU64,
}

impl SpillStore {
    /// A store that keeps spills within `memory` and puts the others into files in `folder`.
    ///
    /// `run` is a number that no other run is likely to have: a block of another run is not taken for ours.
    pub fn new(
        storage: Arc<dyn Storage>,
        folder: &Path,
        run: u64,
        codec: BlockCodec,
        memory: RetainedMemory,
    ) -> Self {
        SpillStore {
            storage,
            folder: Arc::from(folder),
            run,
            codec,
            memory,
            spills: AtomicU32::new(0),
            file_bytes: AtomicU64::new(0),
        }
    }

    pub(crate) fn run(&self) -> u64 {
        self.run
    }

    /// Spills begun so far.
    pub fn spills(&self) -> u64 {
        u64::from(self.spills.load(Ordering::Relaxed))
    }

    /// Bytes written to files so far.
    pub fn file_bytes(&self) -> u64 {
        self.file_bytes.load(Ordering::Relaxed)
    }

    pub(super) fn next_spill(&self) -> u32 {
        self.spills.fetch_add(1, Ordering::Relaxed)
    }
}

impl std::fmt::Debug for SpillStore {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SpillStore").field("folder", &self.folder).finish_non_exhaustive()
    }
}

/// Where one spill lies. Small, since there may be a hundred thousand spills.
#[derive(Clone)]
pub(crate) enum Place {
    Memory(Arc<HeldSpill>),
    File {
        file: Arc<SpillFile>,
        /// Where the spill begins in the file.
        start: u64,
    },
}

/// A spill in memory.
pub(crate) struct HeldSpill {
    pub(super) bytes: Buffer<u8>,
    /// Held as long as the bytes are.
    pub(super) _reserved: Reservation,
}

/// A worker's file of spills.
pub(crate) struct SpillFile {
    file: Arc<dyn ScratchFile>,
    /// The folder that it was made in.
    folder: Arc<Path>,
}

impl std::fmt::Debug for Place {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Place::Memory(held) => write!(f, "Memory({} bytes)", held.bytes.len()),
            Place::File { start, .. } => write!(f, "File(from {start})"),
        }
    }
}

impl Place {
    /// Fills `buffer` from an offset of the spill.
    fn read_exact_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<()> {
        match self {
            Place::Memory(held) => {
                let from = usize::try_from(offset).ok();
                let stored = from.and_then(|from| held.bytes.get(from..from + buffer.len()));
                buffer.copy_from_slice(stored.ok_or(io::ErrorKind::UnexpectedEof)?);
            }
            Place::File { file, start } => {
                let mut filled = 0;
                while filled < buffer.len() {
                    let at = start + offset + filled as u64;
                    match file.file.read_some_at(&mut buffer[filled..], at)? {
                        0 => return Err(io::ErrorKind::UnexpectedEof.into()),
                        count => filled += count,
                    }
                }
            }
        }
        Ok(())
    }
}

/// An offset of a spill, to read from and to name in errors.
#[derive(Clone, Copy)]
pub(super) struct Whereabouts<'p> {
    pub(super) place: &'p Place,
    pub(super) spill: u32,
    pub(super) offset: u64,
}

impl Whereabouts<'_> {
    /// Fills `buffer` from here.
    pub(super) fn read(&self, buffer: &mut [u8]) -> Result<(), ShuffleError> {
        self.place.read_exact_at(buffer, self.offset).map_err(|source| {
            if source.kind() == io::ErrorKind::UnexpectedEof {
                return self.corrupt("it ends here");
            }
            ShuffleError::Unread { spill: self.spill, place: self.location(), source }
        })
    }

    /// The error of what is not as it was written.
    pub(super) fn corrupt(&self, reason: impl Into<String>) -> ShuffleError {
        ShuffleError::Corrupt { spill: self.spill, place: self.location(), reason: reason.into() }
    }

    fn location(&self) -> Location {
        match self.place {
            Place::Memory(_) => Location { folder: None, offset: self.offset },
            Place::File { file, start } => {
                Location { folder: Some(Arc::clone(&file.folder)), offset: start + self.offset }
            }
        }
    }
}

/// A worker's place for spills: gathers one, keeps it in memory or lets it run over into the worker's file.
pub(super) struct SpillPlacer<'a> {
    store: &'a SpillStore,
    file: Option<Arc<SpillFile>>,
    file_end: u64,
    gathered: Buffer<u8>,
    reserved: Reservation,
    /// Bytes of the spill that are in the file already.
    written: u64,
    in_file: bool,
}

impl<'a> SpillPlacer<'a> {
    pub(super) fn new(store: &'a SpillStore) -> Self {
        SpillPlacer {
            store,
            file: None,
            file_end: 0,
            gathered: Buffer::default(),
            reserved: store.memory.reservation(),
            written: 0,
            in_file: false,
        }
    }

    pub(super) fn store(&self) -> &'a SpillStore {
        self.store
    }

    /// Whether blocks need not be packed: they stay in memory, of which there is enough.
    pub(super) fn has_room(&self) -> bool {
        !self.in_file && self.store.memory.is_ample()
    }

    /// Forgets what a spill that was given up has gathered.
    pub(super) fn begin(&mut self) {
        self.gathered.clear();
        self.reserved.release();
        self.written = 0;
        self.in_file = false;
    }

    /// Bytes of the spill so far.
    pub(super) fn length(&self) -> u64 {
        self.written + self.gathered.len() as u64
    }

    pub(super) fn append(&mut self, header: &[u8], packed: &[u8]) -> Result<(), ShuffleError> {
        let bytes = (self.gathered.len() + header.len() + packed.len()) as u64;
        if !self.in_file && !self.reserved.grow_to(bytes) {
            self.in_file = true;
            self.reserved.release();
        }
        self.gathered.extend_from_slice(header);
        if self.in_file && packed.len() >= WRITE_BYTES {
            // A huge record's block: not held a second time.
            self.write_gathered()?;
            return self.write(packed);
        }
        self.gathered.extend_from_slice(packed);
        if self.in_file && self.gathered.len() >= WRITE_BYTES {
            self.write_gathered()?;
        }
        Ok(())
    }

    /// Ends the spill and says where it lies.
    pub(super) fn end(&mut self) -> Result<Place, ShuffleError> {
        if !self.in_file {
            let mut bytes = std::mem::take(&mut self.gathered);
            bytes.shrink_to_fit(); // what was reserved, and no more
            let empty = self.store.memory.reservation();
            let reserved = std::mem::replace(&mut self.reserved, empty);
            return Ok(Place::Memory(Arc::new(HeldSpill { bytes, _reserved: reserved })));
        }
        self.write_gathered()?;
        let start = self.file_end;
        self.file_end += self.written;
        Ok(Place::File { file: self.file()?, start })
    }

    fn file(&mut self) -> Result<Arc<SpillFile>, ShuffleError> {
        if let Some(file) = &self.file {
            return Ok(Arc::clone(file));
        }
        let folder = Arc::clone(&self.store.folder);
        let file =
            self.store.storage.scratch(&folder).map_err(ShuffleError::io("making a spill file"))?;
        let file = Arc::new(SpillFile { file, folder });
        self.file = Some(Arc::clone(&file));
        Ok(file)
    }

    fn write_gathered(&mut self) -> Result<(), ShuffleError> {
        let mut gathered = std::mem::take(&mut self.gathered);
        self.write(&gathered)?;
        gathered.clear();
        // What was gathered while there was room for it in memory is far more than is written at a time.
        gathered.shrink_to(2 * WRITE_BYTES);
        self.gathered = gathered;
        Ok(())
    }

    fn write(&mut self, bytes: &[u8]) -> Result<(), ShuffleError> {
        let at = self.file_end + self.written;
        self.file()?.file.write_all_at(bytes, at).map_err(ShuffleError::io("writing a spill"))?;
        self.store.file_bytes.fetch_add(bytes.len() as u64, Ordering::Relaxed);
        self.written += bytes.len() as u64;
        Ok(())
    }
}
