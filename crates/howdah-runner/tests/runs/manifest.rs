//! The manifest of a run, and a folder beside it.

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant, SystemTime};

use howdah_plan::event::HashedFiles;
use howdah_plan::{
    CommandLine, Event, Part, Plan, RawMapper, SideFile, Step, TaskError, TaskOutput, names,
};
use howdah_platform::{Clock, SystemClock};
use howdah_runner::manifest::{
    Difference, DifferenceKind, MANIFEST_NAME, Of, Verification, VerifyError, VerifyOptions, verify,
};
use howdah_runner::{Output, RunErrorKind, RunOptions, SharedClock, Splits, run};

use super::{Place, quiet, text, word_count};

fn with_manifest(place: &Place, inputs: &[&str]) -> RunOptions {
    let mut options = place.options(inputs, "out");
    options.properties.insert(names::MANIFEST.into(), "true".into());
    options
}

fn manifest(place: &Place) -> serde_json::Value {
    let text = fs::read_to_string(place.path("out").join(MANIFEST_NAME)).unwrap();
    serde_json::from_str(&text).unwrap()
}

fn verified(place: &Place) -> Verification {
    verify(&place.path("out"), &VerifyOptions::default(), &|_| {}).unwrap()
}

fn verified_with_inputs(place: &Place) -> Vec<Difference> {
    let mut options = VerifyOptions::default();
    options.inputs = true;
    verify(&place.path("out"), &options, &|_| {}).unwrap().differences
}

/// The entries of a list of files: path, length and, if known, records.
fn listed(files: &serde_json::Value) -> Vec<(String, u64, Option<u64>)> {
    let entry = |file: &serde_json::Value| {
        let path = file["path"].as_str().unwrap().to_owned();
        (path, file["length"].as_u64().unwrap(), file["records"].as_u64())
    };
    files.as_array().unwrap().iter().map(entry).collect()
}

/// Passes lines on, writes each to an output with a name, and rejects those that say so.
struct Everywhere;

impl RawMapper for Everywhere {
    fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let side = out.side.as_mut().unwrap().output("late")?;
        side.key().extend_from_slice(line);
        side.end()?;
        if line.starts_with(b"bad") {
            out.rejects.push("as told", line);
        }
        out.records.key().extend_from_slice(line);
        out.records.value().extend_from_slice(b"1");
        out.records.end()
    }
}

/// Two steps, each with outputs of all kinds.
fn everywhere() -> Plan {
    let mut last = Step::new(Part::mapper(|| Everywhere), Part::Identity);
    last.codec = Some("gzip".into());
    last.reducers = Some(2);
    Plan::chain("everywhere", vec![Step::map_only(Part::mapper(|| Everywhere)), last])
}

#[test]
fn a_manifest_lists_all_that_was_read_and_written() {
    let place = Place::new(&[("in", "a\nbad\nc\n"), ("more", "d\n")]);
    let mut options = with_manifest(&place, &["in", "more", "in"]);
    options.arguments = ["--under", "/api", "--token=hunter2hunter2"].map(str::to_owned).into();
    options.properties.insert("my.password".into(), "hunter2".into());
    options.properties.insert("my.property".into(), "1".into());
    quiet(&everywhere(), &options).unwrap();

    let manifest = manifest(&place);
    assert_eq!(manifest["schema"], "howdah.manifest/1");
    assert_eq!(manifest["howdah"], env!("CARGO_PKG_VERSION"));
    assert_eq!(manifest["arguments"], serde_json::json!(["--under", "/api", "--token=********"]));
    assert_eq!(
        manifest["options"]["properties"],
        serde_json::json!({"my.password": "********", "my.property": "1"})
    );
    assert_eq!(manifest["options"]["steps"], serde_json::json!([0, 1]));
    assert_eq!(manifest["plan"]["steps"][1]["reducers"], 2);
    let [one, more] = ["in", "more"].map(|name| place.path(name).to_str().unwrap().to_owned());
    assert_eq!(manifest["inputs"][0]["name"], "main");
    assert_eq!(
        listed(&manifest["inputs"][0]["files"]),
        [(one.clone(), 8, None), (more, 2, None), (one, 8, None)]
    );

    let files = listed(&manifest["files"]);
    let names: Vec<_> = files.iter().map(|(name, _, records)| (name.as_str(), *records)).collect();
    let parts: u64 = names[names.len() - 2..].iter().filter_map(|(_, records)| *records).sum();
    assert_eq!(parts, 7, "the lines of all inputs: {names:?}");
    let rejects: u64 = names[1..]
        .iter()
        .take_while(|(name, _)| name.starts_with("_rejects/"))
        .filter_map(|(_, records)| *records)
        .sum();
    assert_eq!(rejects, 4, "two of each step: {names:?}");
    let late = names.iter().filter(|(name, _)| name.starts_with("late/"));
    assert_eq!(late.filter_map(|(_, records)| *records).sum::<u64>(), 14, "{names:?}");
    assert_eq!(names[0], ("_SUCCESS", None));
    for (name, length, _) in &files {
        assert_eq!(fs::metadata(place.path("out").join(name)).unwrap().len(), *length, "{name}");
    }
    let found = verified(&place);
    assert_eq!((found.files, found.differences.as_slice()), (files.len(), [].as_slice()));
    assert_eq!(verified_with_inputs(&place), []);
}

/// A clock on which so much time passes with each look.
struct Ticking {
    began: Instant,
    looks: AtomicU32,
    tick: Duration,
}

impl Ticking {
    fn clock(tick: Duration) -> SharedClock {
        SharedClock(Arc::new(Ticking { began: Instant::now(), looks: AtomicU32::new(0), tick }))
    }
}

impl Clock for Ticking {
    fn now(&self) -> Instant {
        self.began + self.tick * self.looks.fetch_add(1, Ordering::Relaxed)
    }
    fn system_time(&self) -> SystemTime {
        SystemClock.system_time()
    }
}

/// What was told of hashing: of which files, how many bytes of how many, and whether that was the last word.
type Told = Vec<(HashedFiles, u64, u64, bool)>;

fn told(event: &Event, told: &Mutex<Told>) {
    if let &Event::Hashing { files, bytes, bytes_total, elapsed, ended } = event {
        assert!(elapsed >= Duration::from_secs(1), "{elapsed:?}: nobody waits for that");
        told.lock().unwrap().push((files, bytes, bytes_total, ended));
    }
}

#[test]
fn hashing_that_takes_a_while_tells_how_far_it_is() {
    const BYTES: u64 = 3 << 20;
    let input = "line\n".repeat(BYTES as usize / 5 + 1);
    let place = Place::new(&[("in", &input)]);
    let mut options = with_manifest(&place, &["in"]);
    options.workers = Some(1); // so that each piece that is read is a look at the clock
    let copy = || Plan::new("copy", vec![Step::map_only(Part::Identity)]);
    for tick in [Duration::from_millis(250), Duration::ZERO] {
        let heard = Mutex::default();
        options.overwrite = true;
        options.clock = Ticking::clock(tick);
        run(&copy(), &options, &|event| told(&event, &heard)).unwrap();
        let mut looking = VerifyOptions::default();
        (looking.inputs, looking.workers, looking.clock) = (true, 1, Ticking::clock(tick));
        verify(&place.path("out"), &looking, &|event| told(&event, &heard)).unwrap();
        let heard = heard.into_inner().unwrap();
        let ends: Vec<_> =
            heard.iter().filter(|(_, _, _, ended)| *ended).map(|told| told.0).collect();
        if tick.is_zero() {
            assert_eq!(heard, []);
            continue;
        }
        let (inputs, output) = (HashedFiles::Inputs, HashedFiles::Output);
        assert_eq!(ends, [inputs, output, output, inputs]);
        for told in heard.chunk_by(|one, next| !one.3 && one.0 == next.0) {
            let (files, _, total, _) = told[0];
            assert!(total >= BYTES, "{files:?}: {total}");
            assert!(told.len() > 3, "{told:?}");
            assert!(told.is_sorted_by_key(|told| told.1), "{told:?}");
            assert!(told[0].1 > 0 && told[0].1 < total, "{told:?}");
            assert_eq!(told[told.len() - 1], (files, total, total, true));
        }
    }
}

#[test]
fn without_being_asked_for_there_is_none() {
    let place = Place::new(&[("in", "a\n")]);
    quiet(&word_count(), &place.options(&["in"], "out")).unwrap();
    assert!(!place.path("out").join(MANIFEST_NAME).exists());
    let error = verify(&place.path("out"), &VerifyOptions::default(), &|_| {}).unwrap_err();
    assert!(matches!(error, VerifyError::NoManifest(_)), "{error}");
}

#[test]
fn workers_and_memory_do_not_show_in_a_manifest() {
    let place = Place::new(&[("in", &text(3000))]);
    let mut expected = None;
    for (workers, memory) in [(1, 8 << 20), (2, 64 << 20), (7, 8 << 20)] {
        let mut options = with_manifest(&place, &["in"]);
        (options.workers, options.memory) = (Some(workers), Some(memory));
        options.splits = Splits::Of(3000);
        options.overwrite = true;
        quiet(&word_count(), &options).unwrap();
        let text = fs::read_to_string(place.path("out").join(MANIFEST_NAME)).unwrap();
        assert_eq!(*expected.get_or_insert_with(|| text.clone()), text);
    }
    let counters = &manifest(&place)["counters"]["0"];
    assert_eq!(*counters, serde_json::json!({"Sum": {"tasks": 2}, "Words": {"seen": 12000}}));
}

/// What `sha256sum`, which is none of ours, says of a file.
#[cfg(unix)]
fn sha256sum(path: &Path) -> String {
    let output = std::process::Command::new("sha256sum").arg(path).output().unwrap();
    String::from_utf8(output.stdout).unwrap().split(' ').next().unwrap().to_owned()
}

#[cfg(unix)]
#[test]
fn the_hashes_are_those_of_sha256sum() {
    // Longer than what is read at a time.
    let place = Place::new(&[("in", &text(20_000)), ("none", ""), ("side", "x\n")]);
    let mut options = with_manifest(&place, &["in", "none"]);
    options.shipped = vec![place.path("side")];
    quiet(&everywhere(), &options).unwrap();
    let manifest = manifest(&place);
    let mut seen = 0;
    let inputs = manifest["inputs"][0]["files"].as_array().unwrap();
    for files in
        [inputs, manifest["side_files"].as_array().unwrap(), manifest["files"].as_array().unwrap()]
    {
        for file in files {
            let path = place.path("out").join(file["path"].as_str().unwrap());
            assert_eq!(file["sha256"], sha256sum(&path), "{}", path.display());
            seen += 1;
        }
    }
    assert_eq!(seen, 8);
    let program = std::env::current_exe().unwrap();
    assert_eq!(manifest["program"]["sha256"], sha256sum(&program));
    assert_eq!(manifest["program"]["path"], program.file_name().unwrap().to_str().unwrap());
    // Its own is that of the text before the line that says it.
    let text = fs::read_to_string(place.path("out").join(MANIFEST_NAME)).unwrap();
    let before = text.split(",\n  \"manifest_sha256\"").next().unwrap();
    fs::write(place.path("before"), before).unwrap();
    assert_eq!(manifest["manifest_sha256"], sha256sum(&place.path("before")));
}

/// Whether something is found to be wrong with the output.
fn is_found(place: &Place) -> bool {
    verify(&place.path("out"), &VerifyOptions::default(), &|_| {})
        .map_or(true, |found| !found.differences.is_empty())
}

#[test]
fn every_changed_byte_and_every_cut_of_an_output_is_found() {
    let place = Place::new(&[("in", "a\nbad\n")]);
    quiet(&everywhere(), &with_manifest(&place, &["in"])).unwrap();
    assert!(!is_found(&place));
    let files = listed(&manifest(&place)["files"]);
    let names = files.iter().map(|(name, _, _)| name.as_str()).chain([MANIFEST_NAME]);
    for name in names {
        let path = place.path("out").join(name);
        let whole = fs::read(&path).unwrap();
        for at in 0..whole.len() {
            let mut changed = whole.clone();
            changed[at] ^= 1;
            fs::write(&path, changed).unwrap();
            assert!(is_found(&place), "{name}: byte {at}");
            fs::write(&path, &whole[..at]).unwrap();
            assert!(is_found(&place), "{name}: cut at {at}");
        }
        fs::write(&path, [&whole[..], b"x"].concat()).unwrap();
        assert!(is_found(&place), "{name}: longer");
        fs::remove_file(&path).unwrap();
        assert!(is_found(&place), "{name}: gone");
        fs::write(&path, whole).unwrap();
        assert!(!is_found(&place), "{name}: as it was");
    }
}

fn different(of: Of, path: &str, kind: &DifferenceKind) -> String {
    format!("{} {path} {}", of.name(), kind.name())
}

fn differences(found: &[Difference]) -> Vec<String> {
    found.iter().map(|found| different(found.of, &found.path, &found.kind)).collect()
}

#[test]
fn each_kind_of_difference_has_its_name() {
    let place = Place::new(&[("in", &text(50))]);
    quiet(&word_count(), &with_manifest(&place, &["in"])).unwrap();
    let out = |name: &str| place.path("out").join(name);
    fs::remove_file(out("_SUCCESS")).unwrap();
    let part = fs::read(out("part-00000")).unwrap();
    fs::write(out("part-00000"), &part[1..]).unwrap();
    let swapped = fs::read_to_string(out("part-00001")).unwrap().replace("the", "eht");
    fs::write(out("part-00001"), swapped).unwrap();
    fs::write(out("part-00002"), "").unwrap();
    fs::create_dir(out("late")).unwrap();
    assert_eq!(verified(&place).differences.len(), 4, "an empty folder holds nothing");
    fs::write(out("late/part-m-00000"), "").unwrap();
    let found = verified(&place);
    assert_eq!(
        differences(&found.differences),
        [
            "output _SUCCESS missing",
            "output part-00000 length",
            "output part-00001 content",
            "output late/part-m-00000 extra",
            "output part-00002 extra",
        ]
    );
    let length = part.len() as u64;
    assert_eq!(
        found.differences[1].kind,
        DifferenceKind::Length { written: length, found: length - 1 }
    );
}

#[test]
fn checksums_of_hadoop_and_hidden_files_are_no_difference() {
    let place = Place::new(&[("in", "a\n")]);
    quiet(&word_count(), &with_manifest(&place, &["in"])).unwrap();
    let out = |name: &str| place.path("out").join(name);
    for name in
        [".part-00000.crc", "._SUCCESS.crc", "._MANIFEST.json.crc", ".other.crc", ".DS_Store"]
    {
        fs::write(out(name), "crc").unwrap();
    }
    fs::create_dir(out(".snapshot")).unwrap();
    fs::write(out(".snapshot/part-00000"), "crc").unwrap();
    let found = verified(&place);
    assert_eq!(found.differences, []);
    assert_eq!(found.hidden, [".DS_Store", ".other.crc"]);
    fs::write(out("_temporary"), "").unwrap();
    assert_eq!(differences(&verified(&place).differences), ["output _temporary extra"]);
}

#[test]
fn a_run_without_a_marker_has_none_to_miss() {
    let place = Place::new(&[("in", "a\n")]);
    let mut options = with_manifest(&place, &["in"]);
    options.success_marker = false;
    quiet(&word_count(), &options).unwrap();
    assert_eq!(verified(&place).differences, []);
    fs::write(place.path("out/_SUCCESS"), "").unwrap();
    assert_eq!(differences(&verified(&place).differences), ["output _SUCCESS extra"]);
}

#[test]
fn inputs_and_side_files_are_looked_at_if_they_are_to_be() {
    let place = Place::new(&[("in", "a\n"), ("more", "b\n"), ("model", "x\n"), ("shipped", "y\n")]);
    fs::create_dir(place.path("folder")).unwrap();
    fs::write(place.path("folder/inner"), "z\n").unwrap();
    let mut plan = word_count();
    let model = SideFile { path: place.path("model"), name: "model".into(), is_archive: false };
    plan.steps[0].files.push(model);
    let mut options = with_manifest(&place, &["in", "more"]);
    options.shipped = vec![place.path("shipped"), place.path("folder")];
    quiet(&plan, &options).unwrap();
    assert_eq!(listed(&manifest(&place)["side_files"]).len(), 3);
    assert_eq!(verified_with_inputs(&place), []);
    fs::write(place.path("in"), "c\n").unwrap();
    fs::remove_file(place.path("more")).unwrap();
    fs::write(place.path("model"), "longer\n").unwrap();
    fs::write(place.path("folder/inner"), "Z\n").unwrap();
    assert_eq!(verified(&place).differences, []);
    let shown = |name: &str| place.path(name).display().to_string();
    let kinds = verified_with_inputs(&place);
    let mut kinds: Vec<_> =
        kinds.into_iter().map(|found| (found.path, found.of, found.kind.name())).collect();
    kinds.sort_by(|one, other| one.0.cmp(&other.0));
    let expected = [
        (shown("folder/inner"), Of::SideFile, "content"),
        (shown("in"), Of::Input, "content"),
        (shown("model"), Of::SideFile, "length"),
        (shown("more"), Of::Input, "missing"),
    ];
    assert_eq!(kinds, expected);
}

/// Does something to the input while it is read.
struct Meddling(fn(&Path), PathBuf);

impl RawMapper for Meddling {
    fn map(&mut self, line: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        self.0(&self.1);
        out.rejects.push("as told", line);
        Ok(())
    }
}

#[test]
fn an_input_that_changes_while_it_is_read_fails_the_run() {
    let ways: [fn(&Path); 4] = [
        |path| fs::write(path, "a\nb\n").unwrap(),
        |path| fs::remove_file(path).unwrap(),
        |path| {
            // The same length, and later: as if written to, whatever the clock's ticks are.
            let file = fs::File::options().append(true).open(path).unwrap();
            let before = file.metadata().unwrap().modified().unwrap();
            file.set_modified(before + std::time::Duration::from_secs(1)).unwrap();
        },
        |_| {},
    ];
    for (number, way) in ways.into_iter().enumerate() {
        let place = Place::new(&[("in", "a\n")]);
        let input = place.path("in");
        let mapper = Part::mapper(move || Meddling(way, input.clone()));
        let plan = Plan::new("meddling", vec![Step::map_only(mapper)]);
        let mut options = with_manifest(&place, &["in"]);
        options.rejects = Some(place.path("kept"));
        let ran = quiet(&plan, &options);
        if number == 3 {
            ran.unwrap();
            assert_eq!(verified_with_inputs(&place), [], "rejects have a folder of their own");
            continue;
        }
        let error = ran.unwrap_err();
        assert!(matches!(error.kind(), RunErrorKind::InputChanged(_)), "{number}: {error}");
        assert_eq!((error.exit_code(), error.slug()), (1, "howdah::input-changed"));
        assert!(error.to_string().contains("while the run read it"), "{error}");
        let left: &[&str] = if number == 1 { &[] } else { &["in"] };
        assert_eq!(place.names(), left, "{number}: the output is as it was");
    }
}

#[test]
fn a_manifest_needs_a_folder_and_files_that_can_be_read_twice() {
    let place = Place::new(&[("in", "a\n")]);
    let mut options = with_manifest(&place, &["in"]);
    options.output = Output::Stream;
    let error = quiet(&word_count(), &options).unwrap_err();
    assert_eq!(error.exit_code(), 2);
    assert!(error.to_string().contains("hint: name one with `-o DIR`"), "{error}");
}

#[cfg(unix)]
#[test]
fn names_that_are_no_text_are_listed_and_found() {
    use std::ffi::OsStr;
    use std::os::unix::ffi::OsStrExt;
    let place = Place::new(&[]);
    let name = OsStr::from_bytes(b"in\xff");
    fs::write(place.folder.path().join(name), "a\n").unwrap();
    let child =
        "cat; cd \"${mapreduce_task_output_dir#file:}\" && echo x > \"$(printf 'part-\\377')\"";
    let command = Part::Command(CommandLine::new(["sh", "-c", child]));
    let plan = Plan::new("odd", vec![Step::map_only(command)]);
    let mut options = with_manifest(&place, &[]);
    options.inputs = vec![format!("{}/in*", place.folder.path().display())];
    quiet(&plan, &options).unwrap();
    assert_eq!(verified_with_inputs(&place), []);
    fs::write(place.path("out").join(OsStr::from_bytes(b"part-\xff")), "y\n").unwrap();
    fs::write(place.folder.path().join(name), "b\n").unwrap();
    let kinds: Vec<_> =
        verified_with_inputs(&place).into_iter().map(|found| found.kind.name()).collect();
    assert_eq!(kinds, ["content", "content"]);
}
