//! Spills that do not come back as they were written: noticed, and made again once.

use std::fs;
use std::io;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};

use howdah_plan::{CommandLine, Event, FrameworkCounter, Part, Plan, RawMapper, Step};
use howdah_plan::{TaskError, TaskOutput};
use howdah_platform::{LocalStorage, ReadFile, ScratchFile, Storage, StorageLayer};
use howdah_runner::{RunOptions, SharedStorage};

use super::{Place, different_lines, failure, parts, quiet};

/// What befalls reads of files that spills lie in.
#[derive(Debug, Clone, Copy, PartialEq)]
enum Damage {
    /// A bit is another.
    Flip,
    /// The file ends before.
    Cut,
    /// The system refuses.
    Refuse,
    /// What lies elsewhere in the file is given.
    Misplace,
}

/// The machine's file systems, on which some reads of spills go wrong.
struct Faulty {
    damage: Damage,
    /// The numbers of these reads, from 0.
    from: u32,
    to: u32,
    reads: Arc<AtomicU32>,
}

struct FaultyScratch(Arc<dyn ScratchFile>, Faulty);

impl StorageLayer for Faulty {
    fn below(&self) -> &dyn Storage {
        &LocalStorage
    }
    fn scratch(&self, folder: &Path) -> io::Result<Arc<dyn ScratchFile>> {
        let Faulty { damage, from, to, ref reads } = *self;
        let faulty = Faulty { damage, from, to, reads: Arc::clone(reads) };
        Ok(Arc::new(FaultyScratch(LocalStorage.scratch(folder)?, faulty)))
    }
}

impl ReadFile for FaultyScratch {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        let FaultyScratch(file, Faulty { damage, from, to, reads }) = self;
        let number = reads.fetch_add(1, Ordering::Relaxed);
        if !(*from..*to).contains(&number) {
            return file.read_at(buffer, offset);
        }
        match damage {
            Damage::Flip => {
                let count = file.read_at(buffer, offset)?;
                buffer[count / 2] ^= 1;
                Ok(count)
            }
            Damage::Cut => Ok(0),
            Damage::Refuse => Err(io::Error::other("Input/output error")),
            Damage::Misplace => file.read_at(buffer, offset + 1),
        }
    }
    fn length(&self) -> io::Result<u64> {
        self.0.length()
    }
}

impl ScratchFile for FaultyScratch {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.0.write_all_at(bytes, offset)
    }
}

fn faulty(damage: Damage, from: u32, to: u32) -> (SharedStorage, Arc<AtomicU32>) {
    let reads = Arc::new(AtomicU32::new(0));
    let faulty = Faulty { damage, from, to, reads: Arc::clone(&reads) };
    (SharedStorage(Arc::new(faulty)), reads)
}

/// Sorts lines by commands: several map tasks, whose spills do not fit into the memory that is kept for them.
fn sort() -> Plan {
    let cat = CommandLine::new(["cat"]);
    Plan::new("sort", vec![Step::new(Part::Command(cat.clone()), Part::Command(cat))])
}

fn options(place: &Place, output: &str) -> RunOptions {
    let mut options = place.options(&["in"], output);
    options.memory = Some(8 << 20);
    options.workers = Some(2);
    options.splits = howdah_runner::Splits::Of(2 << 20);
    options
}

#[test]
fn a_map_output_that_is_damaged_once_is_made_again() {
    let place = Place::new(&[("in", &different_lines(150_000))]);
    let calm = quiet(&sort(), &options(&place, "calm")).unwrap();
    let records = |outcome: &howdah_runner::Outcome| {
        [FrameworkCounter::MapInputRecords, FrameworkCounter::ReduceInputRecords]
            .map(|counter| outcome.counters[0].framework(counter))
    };
    let (counting, reads) = faulty(Damage::Flip, u32::MAX, u32::MAX);
    let mut options_here = options(&place, "counted");
    options_here.storage = counting;
    quiet(&sort(), &options_here).unwrap();
    let reads = reads.load(Ordering::Relaxed);
    assert!(reads > 20, "{reads} reads of spills");

    for damage in [Damage::Flip, Damage::Cut, Damage::Refuse, Damage::Misplace] {
        // The first reads are of indexes; then come blocks, of early and late ones.
        for at in [0, 1, reads / 2, reads - 1] {
            let mut options = options(&place, "out");
            (options.storage, _) = faulty(damage, at, at + 1);
            let told = Mutex::new(Vec::new());
            let events = |event: Event| match event {
                Event::Warning { slug, message } => told.lock().unwrap().push((slug, message)),
                Event::AttemptFailed { slug, message, .. } => {
                    told.lock().unwrap().push((slug, message));
                }
                _ => {}
            };
            let outcome = howdah_runner::run(&sort(), &options, &events).unwrap();
            let told = told.into_inner().unwrap();
            let again = "howdah::damaged-spill";
            assert_eq!(told[0].0, again, "{damage:?} at read {at}: {told:?}");
            assert!(told[0].1.contains("is run again, since spill "), "{told:?}");
            assert_eq!(parts(&place.path("out")), parts(&place.path("calm")), "{damage:?}");
            assert_eq!(records(&outcome), records(&calm), "{damage:?}");
            fs::remove_dir_all(place.path("out")).unwrap();
        }
    }
}

#[test]
fn what_is_damaged_again_fails_the_run_and_says_where() {
    let place = Place::new(&[("in", &different_lines(150_000))]);
    for damage in [Damage::Flip, Damage::Cut, Damage::Refuse] {
        let mut options = options(&place, "out");
        options.workers = Some(1);
        // So many that whoever goes on trying comes through in the end.
        (options.storage, _) = faulty(damage, 0, 200);
        let (message, code) = failure(&place, &sort(), &options);
        assert!(message.contains("spill "), "{message}");
        assert!(message.contains(" of a file without a name in `DIR/howdah-"), "{message}");
        assert_eq!(code, 74, "{message}");
    }
}

/// Emits each line, and how often it was made.
struct Unrepeatable(Arc<AtomicU32>);

impl RawMapper for Unrepeatable {
    fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let made = self.0.fetch_add(0, Ordering::Relaxed);
        out.records.record(line, made.to_string().as_bytes())
    }
}

#[test]
fn a_mapper_that_gives_something_else_the_second_time_fails_the_run() {
    let place = Place::new(&[("in", &different_lines(150_000))]);
    let made = Arc::new(AtomicU32::new(0));
    let mapper = Part::mapper(move || {
        made.fetch_add(1, Ordering::Relaxed);
        Unrepeatable(Arc::clone(&made))
    });
    let plan = Plan::new("unrepeatable", vec![Step::new(mapper, Part::Identity)]);
    let mut options = options(&place, "out");
    options.workers = Some(1);
    (options.storage, _) = faulty(Damage::Flip, 0, 1);
    let (message, code) = failure(&place, &plan, &options);
    assert!(message.contains("does not give the same for the same input"), "{message}");
    assert_eq!(code, 1);
}
