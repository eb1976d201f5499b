//! Each call of the storage fails once, in turn: a run either gives its whole output or leaves things as they were.

use std::ffi::OsString;
use std::fs;
use std::io;
use std::ops::Deref;
use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex};

use howdah_codec::Codec;
use howdah_plan::{Event, Part, Plan, RawMapper, Step, TaskError, TaskOutput, names};
use howdah_platform::{Hold, Listed, LocalStorage, ReadFile, ScratchFile, Storage, WriteFile};
use howdah_runner::manifest::MANIFEST_NAME;
use howdah_runner::{RunOptions, SharedStorage, run};
use howdah_sequence_file::{Settings, Writer};

use super::{Place, Sum, different_lines, parts, quiet, text, tree};

/// What happens at the call that fails.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Fault {
    /// It fails, and those after it do not.
    Once(io::ErrorKind),
    /// It fails, and so does every one after it: as if the machine were gone.
    FromThenOn,
    /// If it reads, it gives a single byte. That is no failure.
    ShortRead,
    /// Each other read is interrupted by a signal. That is no failure either.
    InterruptedReads,
}

/// The machine's file systems, whose calls are counted, and one of them fails.
#[derive(Clone)]
struct Faulty {
    calls: Arc<AtomicU64>,
    /// Those that read, where they are interrupted.
    reads: Arc<AtomicU64>,
    fails_at: u64,
    fault: Fault,
}

impl Faulty {
    fn new(fails_at: u64, fault: Fault) -> Self {
        Faulty { calls: Arc::default(), reads: Arc::default(), fails_at, fault }
    }

    /// Counts a call; how many bytes it may read, if it is not to fail.
    fn call(&self) -> io::Result<usize> {
        let call = self.calls.fetch_add(1, Ordering::Relaxed);
        match self.fault {
            Fault::Once(kind) if call == self.fails_at => Err(kind.into()),
            Fault::FromThenOn if call >= self.fails_at => Err(io::Error::other("as told")),
            Fault::ShortRead if call == self.fails_at => Ok(1),
            _ => Ok(usize::MAX),
        }
    }

    /// Interrupts each other read, if that is its fault.
    fn interrupt_if_odd(&self) -> io::Result<()> {
        let is_interrupted = self.fault == Fault::InterruptedReads
            && self.reads.fetch_add(1, Ordering::Relaxed).is_multiple_of(2);
        if is_interrupted { Err(io::ErrorKind::Interrupted.into()) } else { Ok(()) }
    }
}

struct Watched<F>(F, Faulty);

impl<F: Deref<Target: ReadFile> + Send + Sync> ReadFile for Watched<F> {
    fn read_at(&self, buffer: &mut [u8], offset: u64) -> io::Result<usize> {
        self.1.interrupt_if_odd()?;
        let most = self.1.call()?.min(buffer.len());
        self.0.read_at(&mut buffer[..most], offset)
    }
    fn length(&self) -> io::Result<u64> {
        self.1.call()?;
        self.0.length()
    }
}

impl ScratchFile for Watched<Arc<dyn ScratchFile>> {
    fn write_all_at(&self, bytes: &[u8], offset: u64) -> io::Result<()> {
        self.1.call()?;
        self.0.write_all_at(bytes, offset)
    }
}

impl WriteFile for Watched<Box<dyn WriteFile>> {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        if let Err(error) = self.1.call() {
            // A disk that is full takes what it can.
            self.0.write_all(&bytes[..bytes.len() / 2])?;
            return Err(error);
        }
        self.0.write_all(bytes)
    }
    fn sync(&mut self) -> io::Result<()> {
        self.1.call()?;
        self.0.sync()
    }
}

macro_rules! pass_on {
    ($($method:ident($($path:ident),+) -> $result:ty;)*) => { $(
        fn $method(&self, $($path: &Path),+) -> io::Result<$result> {
            self.call()?;
            LocalStorage.$method($($path),+)
        }
    )* };
}

impl Storage for Faulty {
    pass_on! {
        look(path) -> Listed;
        list(folder) -> Vec<Listed>;
        names(folder) -> Vec<OsString>;
        free_bytes(folder) -> u64;
        create_folders(path) -> ();
        create_private_folder(path) -> ();
        create_folder(path) -> ();
        rename_new(from, to) -> ();
        exchange(one, other) -> ();
        hold(folder) -> Hold;
        hold_if_free(folder) -> Option<Hold>;
        remove_all(path) -> ();
        sync(path) -> ();
    }
    fn open(&self, path: &Path) -> io::Result<Arc<dyn ReadFile>> {
        self.call()?;
        Ok(Arc::new(Watched(LocalStorage.open(path)?, self.clone())))
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        self.call()?;
        Ok(Box::new(Watched(LocalStorage.create(path)?, self.clone())))
    }
    fn scratch(&self, folder: &Path) -> io::Result<Arc<dyn ScratchFile>> {
        self.call()?;
        Ok(Arc::new(Watched(LocalStorage.scratch(folder)?, self.clone())))
    }
}

/// Emits each word, writes each line to an output with a name, and rejects some.
struct Everywhere;

impl RawMapper for Everywhere {
    fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let side = out.side.as_mut().unwrap().output("lines")?;
        side.key().extend_from_slice(line);
        side.end()?;
        if line.starts_with(b"word7 ") {
            out.rejects.push("as told", line);
        }
        for word in line.split(|&byte| byte == b' ').filter(|word| !word.is_empty()) {
            out.records.key().extend_from_slice(word);
            out.records.value().push(b'1');
            out.records.end()?;
        }
        Ok(())
    }
}

fn plan() -> Plan {
    let count = Step::new(Part::mapper(|| Everywhere), Part::reducer(|| Sum));
    Plan::chain("count and copy", vec![count, Step::map_only(Part::Identity)])
}

/// Runs the plan as often as it calls the storage, with a fault at one of so many calls.
fn fails_at_each(fault: Fault, one_of: usize, input: &str, tune: impl Fn(&mut RunOptions)) {
    let run = |fails_at: u64, overwrites: bool| {
        let place = Place::new(&[("in", input)]);
        if overwrites {
            fs::create_dir(place.path("out")).unwrap();
            fs::write(place.path("out/part-00009"), "as it was").unwrap();
            fs::write(place.path("out/_SUCCESS"), "").unwrap();
        }
        let storage = Faulty::new(fails_at, fault);
        let mut options = place.options(&["in"], "out");
        options.storage = SharedStorage(Arc::new(storage.clone()));
        options.workers = Some(1);
        options.overwrite = overwrites;
        tune(&mut options);
        let before = tree(&place);
        let ran = quiet(&plan(), &options);
        (place, options, ran, before, storage.calls.load(Ordering::Relaxed))
    };
    for overwrites in [false, true] {
        let (place, _, ran, _, calls) = run(u64::MAX, overwrites);
        ran.unwrap();
        let expected = tree(&place);
        assert!(expected.len() > 3 && calls > 40, "{calls} calls, {:?}", expected.keys());
        let mut failures = 0;
        for fails_at in (0..calls).step_by(one_of) {
            let (place, mut options, ran, before, _) = run(fails_at, overwrites);
            let what = format!("call {fails_at} of {calls}, {fault:?}: {ran:?}");
            let after = tree(&place);
            match &ran {
                Ok(_) => assert!(after == expected, "{what}"),
                Err(error) => {
                    let is_published = fault == Fault::FromThenOn && after == expected;
                    assert!(is_published || after == before, "{what}: {:?}", after.keys());
                    assert!([1, 5, 74].contains(&error.exit_code()), "{what}");
                    if fault == Fault::Once(io::ErrorKind::StorageFull) && error.exit_code() == 74 {
                        assert!(error.to_string().contains("\nhint: free some space"), "{what}");
                    }
                    failures += 1;
                }
            }
            // What a run could not remove the next one does.
            options.storage = SharedStorage::default();
            options.overwrite = true;
            quiet(&plan(), &options).unwrap();
            assert_eq!(place.names(), ["in", "out"], "{what}");
            assert!(tree(&place) == expected, "{what}");
        }
        match fault {
            Fault::ShortRead => assert_eq!(failures, 0, "of {calls}"),
            Fault::FromThenOn => assert_ne!(failures, 0, "of {calls}"),
            // Of a spill that cannot be read once the run makes another.
            Fault::Once(_) | Fault::InterruptedReads => {}
        }
    }
}

/// At how many calls there is one with a fault: `HOWDAH_CALLS_A_FAULT` may ask for more of them.
fn one_of(most: usize) -> usize {
    let asked = std::env::var("HOWDAH_CALLS_A_FAULT").ok();
    asked.map_or(most, |calls| calls.parse::<usize>().unwrap().min(most))
}

/// So that spills go to a file.
fn spilling(options: &mut RunOptions) {
    options.memory = Some(8 << 20);
    options.spill_codec = Some("none".into());
}

const FAULTS: [Fault; 5] = [
    Fault::Once(io::ErrorKind::StorageFull),
    Fault::Once(io::ErrorKind::PermissionDenied),
    Fault::Once(io::ErrorKind::Interrupted),
    Fault::FromThenOn,
    Fault::ShortRead,
];

#[test]
fn whichever_call_fails_the_output_is_whole_or_as_it_was() {
    for fault in FAULTS {
        fails_at_each(fault, one_of(7), &text(50), |_| ());
    }
}

/// A file system that fails to hold a folder might let another run hold it, which would sweep it.
#[test]
fn a_run_does_without_its_hold_only_where_there_are_none() {
    let run = |kind: io::ErrorKind| {
        let place = Place::new(&[("in", &text(5))]);
        let mut options = place.options(&["in"], "out");
        // The calls of a run begin with its look for what to sweep, its folder, and the hold of that.
        options.storage = SharedStorage(Arc::new(Faulty::new(2, Fault::Once(kind))));
        let ran = quiet(&plan(), &options);
        (ran.map(drop), place.path("out").exists())
    };
    assert!(matches!(run(io::ErrorKind::Unsupported), (Ok(()), true)));
    let (ran, is_there) = run(io::ErrorKind::Other);
    let message = ran.unwrap_err().to_string();
    assert!(message.starts_with("making a temporary folder in"), "{message}");
    assert!(!is_there);
}

#[test]
fn the_same_holds_for_runs_that_spill() {
    let lines = different_lines(70_000);
    for fault in FAULTS {
        fails_at_each(fault, one_of(157), &lines, spilling);
    }
}

#[test]
fn the_same_holds_for_runs_with_a_manifest() {
    for fault in FAULTS {
        fails_at_each(fault, one_of(17), &text(50), |options| {
            options.properties.insert(names::MANIFEST.into(), "true".into());
        });
    }
}

/// An input: its name, its bytes, and the properties of the job that reads it.
type FormOfInput = (String, Vec<u8>, &'static [(&'static str, &'static str)]);

/// The input of a job, packed by each codec, as records of a `SequenceFile` and between tags.
fn inputs_of_all_forms() -> Vec<FormOfInput> {
    const TEXT: &str = "org.apache.hadoop.io.Text";
    const OF_SEQUENCE_FILES: [(&str, &str); 2] = [
        ("mapred.input.format.class", "org.apache.hadoop.mapred.SequenceFileAsTextInputFormat"),
        ("mapreduce.job.output.key.class", TEXT),
    ];
    const BETWEEN_TAGS: [(&str, &str); 5] = [
        ("mapreduce.job.output.key.class", TEXT),
        ("mapred.input.format.class", "org.apache.hadoop.streaming.StreamInputFormat"),
        ("stream.recordreader.class", "org.apache.hadoop.streaming.StreamXmlRecordReader"),
        ("stream.recordreader.begin", "<r>"),
        ("stream.recordreader.end", "</r>"),
    ];
    let lines = different_lines(2000);
    let mut all = vec![("in".to_owned(), lines.clone().into_bytes(), &[][..])];
    for codec in Codec::ALL {
        let mut packed = Vec::new();
        let mut encoder = codec.encoder(&mut packed).unwrap();
        encoder.write_all(lines.as_bytes()).unwrap();
        encoder.finish().unwrap();
        all.push((format!("in{}", codec.extension()), packed, &[][..]));
    }
    let mut records = Writer::new(Vec::new(), Settings::new(TEXT, TEXT)).unwrap();
    for line in lines.lines() {
        let value = [&[line.len() as u8], line.as_bytes()].concat();
        records.append(&[0], &value).unwrap();
    }
    all.push(("records".to_owned(), records.finish().unwrap(), &OF_SEQUENCE_FILES));
    let tagged = format!("<r>{}</r>\n", lines.trim_end().replace('\n', "</r>\n<r>"));
    all.push(("tagged".to_owned(), tagged.into_bytes(), &BETWEEN_TAGS));
    all
}

#[test]
fn reads_that_are_interrupted_are_made_again() {
    for (name, input, properties) in inputs_of_all_forms() {
        let files_of = |storage: SharedStorage| {
            let place = Place::new(&[]);
            fs::write(place.path(&name), &input).unwrap();
            let mut options = place.options(&[&name], "out");
            options.storage = storage;
            for (name, value) in properties.iter().chain([&(names::MANIFEST, "true")]) {
                options.properties.insert((*name).into(), (*value).into());
            }
            spilling(&mut options);
            options.workers = Some(1); // so that who reads again is the one that was interrupted
            let spills = Mutex::new(0);
            let step = Step::new(Part::mapper(|| Often), Part::Identity);
            run(&Plan::new("often", vec![step]), &options, &|event| {
                if let Event::StepFinished { summary, .. } = event {
                    *spills.lock().unwrap() = summary.figures.unwrap().spilled_bytes;
                }
            })
            .unwrap();
            assert_ne!(spills.into_inner().unwrap(), 0, "{name}");
            let mut files = parts(&place.path("out"));
            files.remove(MANIFEST_NAME).unwrap(); // it names the folder of its input
            files
        };
        let expected = files_of(SharedStorage::default());
        let faulty = Faulty::new(0, Fault::InterruptedReads);
        let interrupted = files_of(SharedStorage(Arc::new(faulty.clone())));
        assert!(faulty.reads.load(Ordering::Relaxed) > 10, "{name}");
        assert!(interrupted == expected, "{name}");
    }
}

/// Emits so much for each line that there are spills.
struct Often;

impl RawMapper for Often {
    fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        for number in 0..20_u8 {
            out.records.key().extend_from_slice(line);
            out.records.value().extend_from_slice(&[b'a' + number; 300]);
            out.records.end()?;
        }
        Ok(())
    }
}
