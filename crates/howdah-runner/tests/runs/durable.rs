//! A storage that remembers which files were put on the disk: nothing is published before.

use std::collections::BTreeSet;
use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt;
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex};

use howdah_plan::{
    CommandLine, Next, Part, Plan, RawMapper, Repeat, Source, Step, TaskError, TaskOutput, names,
};
use howdah_platform::{LocalStorage, Storage, StorageLayer, WriteFile};
use howdah_runner::SharedStorage;
use howdah_runner::manifest::MANIFEST_NAME;

use super::{Place, quiet, tree};

/// The machine's file systems, and the files that were synced there, by their numbers.
#[derive(Clone, Default)]
struct Remembering {
    synced: Arc<Mutex<BTreeSet<u64>>>,
    published: Arc<Mutex<Vec<PathBuf>>>,
    /// Folders of published names that were put on the disk afterwards.
    settled: Arc<Mutex<Vec<PathBuf>>>,
    /// Whether that fails.
    fails_to_settle: bool,
}

impl Remembering {
    fn note(&self, path: &Path) {
        self.synced.lock().unwrap().insert(fs::metadata(path).unwrap().ino());
    }

    /// Looks at a folder that is about to get its name.
    fn look_at(&self, folder: &Path) {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                self.look_at(&path);
            }
            let number = fs::metadata(&path).unwrap().ino();
            let is_synced = self.synced.lock().unwrap().contains(&number);
            assert!(is_synced, "not on the disk: {}", path.display());
        }
    }
}

struct Remembered(Box<dyn WriteFile>, PathBuf, Remembering);

impl WriteFile for Remembered {
    fn write_all(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.0.write_all(bytes)
    }
    fn sync(&mut self) -> io::Result<()> {
        self.2.note(&self.1);
        self.0.sync()
    }
}

impl StorageLayer for Remembering {
    fn below(&self) -> &dyn Storage {
        &LocalStorage
    }
    fn create(&self, path: &Path) -> io::Result<Box<dyn WriteFile>> {
        let file = LocalStorage.create(path)?;
        Ok(Box::new(Remembered(file, path.to_owned(), self.clone())))
    }
    fn exchange(&self, one: &Path, other: &Path) -> io::Result<()> {
        // The second time it is taken back.
        if self.published.lock().unwrap().is_empty() {
            self.look_at(one);
            self.published.lock().unwrap().push(other.to_owned());
        }
        LocalStorage.exchange(one, other)
    }
    fn rename_new(&self, from: &Path, to: &Path) -> io::Result<()> {
        if to.ends_with("out") || to.ends_with("kept") {
            self.look_at(from);
            let has_manifest = from.join(MANIFEST_NAME).exists();
            assert_eq!(has_manifest, to.ends_with("out"), "{}", to.display());
            self.published.lock().unwrap().push(to.to_owned());
        }
        LocalStorage.rename_new(from, to)
    }
    fn sync(&self, path: &Path) -> io::Result<()> {
        self.note(path);
        let published = self.published.lock().unwrap();
        if published.last().and_then(|name| name.parent()) == Some(path) {
            if self.fails_to_settle {
                return Err(io::Error::other("as told"));
            }
            self.settled.lock().unwrap().push(path.to_owned());
        }
        LocalStorage.sync(path)
    }
}

/// Passes lines on, writes each to an output with a name, and rejects it, too.
struct Everywhere;

impl RawMapper for Everywhere {
    fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let side = out.side.as_mut().unwrap().output("late")?;
        side.key().extend_from_slice(line);
        side.end()?;
        out.rejects.push("as told", line);
        out.records.key().extend_from_slice(line);
        out.records.value();
        out.records.end()
    }
}

fn everywhere() -> Step {
    Step::map_only(Part::mapper(|| Everywhere))
}

#[test]
fn nothing_is_published_that_is_not_on_the_disk() {
    // Another file beside the part, and an output with a name.
    let child = "cd \"${mapreduce_task_output_dir#file:}\" && mkdir -p late && cp /dev/stdin late/of-child; echo x";
    let child = Step::map_only(Part::Command(CommandLine::new(["sh", "-c", child])));
    let mut looped = Plan::new("loop", vec![everywhere()]);
    let decide: howdah_plan::Decide =
        Arc::new(|round| if round.number() < 3 { Next::Again } else { Next::Stop });
    looped.loops.push(Repeat::new(0, 0, Source::Main, decide));
    let two = || Plan::chain("two", vec![everywhere(), Step::map_only(Part::Identity)]);
    for (plan, has_rejects) in [
        (Plan::new("one", vec![everywhere()]), false),
        (Plan::new("child", vec![child]), false),
        (looped, false),
        (two(), false),
        (two(), true),
    ] {
        let place = Place::new(&[("in", "a\nb\n")]);
        let storage = Remembering::default();
        let mut options = place.options(&["in"], "out");
        options.storage = SharedStorage(Arc::new(storage.clone()));
        options.properties.insert(names::MANIFEST.into(), "true".into());
        options.rejects = has_rejects.then(|| place.path("kept"));
        quiet(&plan, &options).unwrap();
        let published = storage.published.lock().unwrap();
        let published: Vec<_> = published.iter().map(|path| path.file_name().unwrap()).collect();
        let expected: &[&str] = if has_rejects { &["kept", "out"] } else { &["out"] };
        assert_eq!(published, expected, "{}", plan.name);
        let settled = storage.settled.lock().unwrap();
        assert_eq!(*settled, vec![place.path(""); expected.len()], "{}", plan.name);
    }
}

#[test]
fn a_name_that_is_not_on_the_disk_is_taken_back() {
    for replaces in [false, true] {
        let place = Place::new(&[("in", "a\nb\n")]);
        let mut options = place.options(&["in"], "out");
        options.properties.insert(names::MANIFEST.into(), "true".into());
        if replaces {
            fs::create_dir(place.path("out")).unwrap();
            fs::write(place.path("out/_SUCCESS"), "as it was").unwrap();
            options.overwrite = true;
        }
        let before = tree(&place);
        let storage = Remembering { fails_to_settle: true, ..Remembering::default() };
        options.storage = SharedStorage(Arc::new(storage.clone()));
        let error = quiet(&Plan::new("one", vec![everywhere()]), &options).unwrap_err();
        assert_eq!(error.exit_code(), 74, "{error}");
        assert_eq!(storage.published.lock().unwrap().len(), 1);
        assert_eq!(tree(&place), before);
        assert_eq!(place.path("out").exists(), replaces);
    }
}
