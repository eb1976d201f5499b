//! Side files: linked code finds them by a property, commands in the folder that they run in.

use std::fs;
use std::io::Write;
use std::path::PathBuf;
use std::sync::Arc;

use howdah_codec::Codec;
use howdah_plan::{
    CommandLine, Next, Part, Plan, RawMapper, Repeat, Round, SideFile, Source, Step, TaskError,
    TaskOutput,
};
use howdah_runner::RunOptions;

use super::{Place, failure, parts, quiet};

fn side_file(place: &Place, path: &str, name: &str) -> SideFile {
    SideFile { path: place.path(path), name: name.to_owned(), is_archive: false }
}

fn archive(place: &Place, path: &str, name: &str) -> SideFile {
    SideFile { is_archive: true, ..side_file(place, path, name) }
}

fn command(words: &[&str]) -> CommandLine {
    CommandLine::new(words)
}

fn shell(script: &str) -> CommandLine {
    command(&["sh", "-c", script])
}

fn text_of(place: &Place, plan: &Plan, options: &RunOptions) -> String {
    quiet(plan, options).unwrap();
    parts(&place.path("out")).into_values().collect()
}

/// Emits what is in a side file for each line.
struct Show(&'static str);

impl RawMapper for Show {
    fn map(&mut self, _: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
        let path = PathBuf::from(&out.info.properties[self.0]);
        assert!(path.is_absolute());
        let text = fs::read(path).map_err(TaskError::engine)?;
        out.records.key().extend_from_slice(&text);
        out.records.end()
    }
}

#[test]
fn linked_code_finds_a_side_file_by_its_property() {
    let place = Place::new(&[("in", "a\nb\n"), ("stop-2024.txt", "the"), ("other", "no")]);
    let mut step = Step::map_only(Part::mapper(|| Show("howdah.file.stop.txt")));
    let files = [("stop-2024.txt", "stop.txt"), ("other", "other"), ("other", "other")];
    step.files = files.map(|(path, name)| side_file(&place, path, name)).into();
    let mut options = place.options(&["in"], "out");
    // What the engine knows is not to be said otherwise.
    options.properties.insert("howdah.file.stop.txt".into(), "/nowhere".into());
    assert_eq!(text_of(&place, &Plan::new("show", vec![step]), &options), "the\nthe\n");
    assert_eq!(place.names(), ["in", "other", "out", "stop-2024.txt"]);
}

#[test]
fn commands_run_where_side_files_are_under_their_names() {
    let place = Place::new(&[
        ("in", "a\n"),
        ("mapper-1.7.sh", "#!/bin/sh\nread line; echo \"$line\t$(cat words)\""),
        ("words.txt", "w"),
    ]);
    let files =
        [("mapper-1.7.sh", "map.sh"), ("words.txt", "words")].map(|(p, n)| side_file(&place, p, n));
    for program in [&["sh", "map.sh"][..], &["./map.sh"], &["map.sh"]] {
        let mut step = Step::map_only(Part::Command(command(program)));
        step.files = files.to_vec();
        let mut options = place.options(&["in"], "out");
        options.overwrite = true;
        assert_eq!(text_of(&place, &Plan::new("map", vec![step]), &options), "a\tw\n");
    }
    assert_eq!(place.names(), ["in", "mapper-1.7.sh", "out", "words.txt"]);
}

#[test]
fn every_kind_of_command_runs_there_and_sees_the_current_folder_too() {
    let place = Place::new(&[("in", "a\nb\n"), ("file", "s")]);
    // The tests' own folder is the package's. A side file comes before a file of that.
    let script = "[ -e file ] && [ -d src ] && [ \"$(cat Cargo.toml)\" = s ] && cat";
    let looks = || shell(script);
    let mut filtered = Step::new(Part::Identity, Part::Identity);
    filtered.inputs[0].filter = Some(looks());
    let mapped = Step::map_only(Part::Command(looks()));
    let mut combined = Step::new(Part::Identity, Part::Identity);
    combined.combiner = Some(Part::Command(looks()));
    let reduced = Step::new(Part::Identity, Part::Command(looks()));
    for mut step in [filtered, mapped, combined, reduced] {
        step.files =
            vec![side_file(&place, "file", "file"), side_file(&place, "file", "Cargo.toml")];
        let mut options = place.options(&["in"], "out");
        options.overwrite = true;
        options.reducers = Some(1);
        assert_eq!(text_of(&place, &Plan::new("looks", vec![step]), &options), "a\t\nb\t\n");
    }
}

#[test]
fn commands_without_side_files_run_in_the_current_folder() {
    let place = Place::new(&[("in", "a\n"), ("file", "s")]);
    let mut first = Step::map_only(Part::Command(shell("cat > /dev/null; pwd")));
    let second = first.clone();
    first.files = vec![side_file(&place, "file", "file")];
    let here = std::env::current_dir().unwrap();
    let plan = Plan::chain("pwd", vec![first, second]);
    let text = text_of(&place, &plan, &place.options(&["in"], "out"));
    assert_eq!(text.trim_end(), here.to_str().unwrap());
}

/// A tar of one file.
fn tar(name: &str, content: &str) -> Vec<u8> {
    let mut header = vec![0; 512];
    header[..name.len()].copy_from_slice(name.as_bytes());
    header[100..107].copy_from_slice(b"0000644");
    header[124..135].copy_from_slice(format!("{:011o}", content.len()).as_bytes());
    header[148..156].fill(b' ');
    header[156] = b'0';
    let sum: u32 = header.iter().map(|&byte| u32::from(byte)).sum();
    header[148..155].copy_from_slice(format!("{sum:06o}\0").as_bytes());
    let mut tar = [&header, content.as_bytes()].concat();
    tar.resize(tar.len().next_multiple_of(512) + 1024, 0);
    tar
}

/// A zip with the file `x`, which holds `from-archive`.
const ZIP: &str = "504b030414000000000000002150682e01530d0000000d000000010000007866726f6d2d617263686976650a504b\
                   0102140314000000000000002150682e01530d0000000d000000010000000000000000000000a4010000000078504b\
                   050600000000010001002f0000002c0000000000";

/// Bytes of what is in `a.zip`.
pub(super) const ARCHIVED_BYTES: u64 = "from-archive\n".len() as u64;

pub(super) fn write_archives(place: &Place) {
    let tar = tar("d/x", "from-tar\n");
    fs::write(place.path("a.tar"), &tar).unwrap();
    for name in ["a.tar.gz", "a.tgz"] {
        let file = fs::File::create(place.path(name)).unwrap();
        let mut encoder = Codec::Gzip.encoder(file).unwrap();
        encoder.write_all(&tar).unwrap();
        encoder.finish().unwrap();
    }
    let byte = |at: usize| u8::from_str_radix(&ZIP[at..at + 2], 16).unwrap();
    let zip: Vec<u8> = (0..ZIP.len()).step_by(2).map(byte).collect();
    for name in ["a.zip", "a.jar"] {
        fs::write(place.path(name), &zip).unwrap();
    }
}

#[test]
fn archives_are_folders_for_commands() {
    let place = Place::new(&[("in", "a\n")]);
    write_archives(&place);
    for (file, member, content) in [
        ("a.tar", "d/x", "from-tar"),
        ("a.tar.gz", "d/x", "from-tar"),
        ("a.tgz", "d/x", "from-tar"),
        ("a.zip", "x", "from-archive"),
        ("a.jar", "x", "from-archive"),
    ] {
        let script = format!("cat > /dev/null; cat data/{member} $howdah_file_data/{member}");
        let mut step = Step::map_only(Part::Command(shell(&script)));
        step.files = vec![archive(&place, file, "data")];
        let mut options = place.options(&["in"], "out");
        options.overwrite = true;
        let text = text_of(&place, &Plan::new("archive", vec![step]), &options);
        assert_eq!(text, format!("{content}\t\n{content}\t\n"), "{file}");
    }
}

#[test]
fn an_archive_is_unpacked_once_for_all_steps() {
    let place = Place::new(&[("in", "a\n")]);
    write_archives(&place);
    let script = "cat; echo $howdah_file_data $howdah_file_other";
    let mut steps = vec![Step::map_only(Part::Command(shell(script))); 3];
    steps[0].files = vec![archive(&place, "a.zip", "data")];
    steps[1].files = vec![archive(&place, "a.zip", "other")];
    steps[2].files = vec![archive(&place, "a.tar", "data"), archive(&place, "a.jar", "other")];
    let plan = Plan::chain("archive", steps);
    let text = text_of(&place, &plan, &place.options(&["in"], "out"));
    let [_, zip, zip_again, tar, jar] = text.split_whitespace().collect::<Vec<_>>()[..] else {
        panic!("{text}")
    };
    assert_eq!(zip, zip_again);
    assert!(zip != tar && zip != jar && tar != jar, "{text}");
    assert!(place.names().iter().all(|name| !name.starts_with("howdah-")), "{:?}", place.names());
}

#[test]
fn linked_code_finds_what_is_in_an_archive() {
    /// Emits a file of an archive.
    struct Member;
    impl RawMapper for Member {
        fn map(&mut self, _: &[u8], out: &mut TaskOutput<'_>) -> Result<(), TaskError> {
            let folder = PathBuf::from(&out.info.properties["howdah.file.data"]);
            let text = fs::read(folder.join("x")).map_err(TaskError::engine)?;
            out.records.key().extend_from_slice(&text);
            out.records.end()
        }
    }
    let place = Place::new(&[("in", "a\n")]);
    write_archives(&place);
    let mut step = Step::map_only(Part::mapper(|| Member));
    step.files = vec![archive(&place, "a.zip", "data")];
    let text = text_of(&place, &Plan::new("member", vec![step]), &place.options(&["in"], "out"));
    assert_eq!(text, "from-archive\n\n");
}

#[test]
fn each_round_has_a_folder_of_its_own() {
    let place = Place::new(&[("in", "a\n"), ("file", "s")]);
    let mut step = Step::map_only(Part::Command(shell("[ ! -e left ] && echo x > left && cat")));
    step.files = vec![side_file(&place, "file", "file")];
    let mut plan = Plan::new("rounds", vec![step]);
    let decide = |round: &mut Round<'_>| if round.number() < 3 { Next::Again } else { Next::Stop };
    plan.loops.push(Repeat::new(0, 0, Source::Main, Arc::new(decide)));
    quiet(&plan, &place.options(&["in"], "out")).unwrap();
}

/// The message of a run whose step has these side files.
fn refused(place: &Place, files: Vec<SideFile>) -> (String, u8) {
    let mut step = Step::map_only(Part::Identity);
    step.files = files;
    failure(place, &Plan::new("refused", vec![step]), &place.options(&["in"], "out"))
}

#[test]
fn all_side_files_that_cannot_be_are_named_before_anything_runs() {
    let place = Place::new(&[("in", "a\n"), ("text.txt", "x")]);
    fs::create_dir(place.path("folder")).unwrap();
    let files = vec![
        side_file(&place, "none", "a"),
        side_file(&place, "none", "b"),
        side_file(&place, "folder", "c"),
        archive(&place, "text.txt", "d"),
    ];
    let (message, code) = refused(&place, files);
    assert_eq!(
        message,
        "Side file does not exist: file:DIR/none\n\
         Side file is a folder: file:DIR/folder\n\
         Side file is no archive: file:DIR/text.txt: its name ends in none of .zip, .jar, .tar, .tar.gz and .tgz"
    );
    assert_eq!(code, 5);
}

#[test]
fn a_damaged_archive_is_named() {
    let place = Place::new(&[
        ("in", "a\n"),
        ("a.zip", "no zip"),
        ("a.tgz", "short"),
        ("b.tgz", "this is no gzip at all"),
    ]);
    for name in ["a.zip", "a.tgz", "b.tgz"] {
        let (message, code) = refused(&place, vec![archive(&place, name, "a")]);
        let expected = format!("the side file `DIR/{name}` cannot be unpacked: ");
        assert!(message.starts_with(&expected), "{message}");
        assert_eq!(code, 5);
    }
}

#[test]
fn two_files_cannot_have_one_name() {
    let place = Place::new(&[("in", "a\n"), ("x.zip", "x"), ("y", "y")]);
    let (message, code) =
        refused(&place, vec![side_file(&place, "x.zip", "f"), side_file(&place, "y", "f")]);
    assert_eq!(
        message,
        "the side files `DIR/x.zip` and `DIR/y` cannot both be `f`: give one of them another name"
    );
    assert_eq!(code, 2);
    let twice = vec![side_file(&place, "x.zip", "f"), archive(&place, "x.zip", "f")];
    assert_eq!(refused(&place, twice).1, 2, "as a file, and as a folder");
    for name in ["", ".", "..", "a/b", "/a", "a/"] {
        let (message, code) = refused(&place, vec![side_file(&place, "y", name)]);
        assert!(message.contains("is no name for the side file"), "{name}: {message}");
        assert_eq!(code, 2);
    }
}

#[test]
fn the_files_of_steps_that_do_not_run_are_not_looked_at() {
    let place = Place::new(&[("in", "a\n")]);
    let mut steps = vec![Step::map_only(Part::Identity); 3];
    steps[0].files = vec![side_file(&place, "none", "a")];
    steps[2].files = vec![side_file(&place, "none", "a")];
    let mut options = place.options(&["in"], "out");
    options.steps = 1..=1;
    quiet(&Plan::chain("middle", steps), &options).unwrap();
}

#[test]
fn an_output_that_holds_a_side_file_is_never_replaced() {
    let place = Place::new(&[("in", "a\n")]);
    fs::create_dir(place.path("out")).unwrap();
    for name in ["_SUCCESS", "part-00000"] {
        fs::write(place.path("out").join(name), "").unwrap();
    }
    let mut step = Step::map_only(Part::Identity);
    step.files = vec![side_file(&place, "out/part-00000", "model")];
    let mut options = place.options(&["in"], "out");
    options.overwrite = true;
    let (message, code) = failure(&place, &Plan::new("model", vec![step]), &options);
    assert!(message.contains("is in the output `DIR/out`"), "{message}");
    assert_eq!(code, 5);
}
