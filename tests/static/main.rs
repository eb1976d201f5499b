//! Static programs, in a root folder that has nothing but them: no glibc, no loader, no /proc, no /dev.
//!
//! `scripts/test static` builds them, and starts this with the variable that says where they are.
#![allow(clippy::unwrap_used)] // a test that cannot go on has failed

use std::collections::BTreeMap;
use std::env;
use std::fs::{self, File};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::process::Command;

use howdah_tests::cluster::{files, program, succeed};
use howdah_tests::text::words;

const PROGRAMS: &str = "HOWDAH_STATIC_PROGRAMS";
/// How `chroot` and `unshare` end when the program they were to start cannot be started.
const CANNOT_BE_STARTED: i32 = 127;

/// A program as `scripts/build-static` gave it.
fn static_program(name: &str) -> PathBuf {
    let folder = env::var_os(PROGRAMS)
        .unwrap_or_else(|| panic!("{PROGRAMS} is not set: start this by `scripts/test static`"));
    Path::new(&folder).join(name)
}

/// A folder that becomes the root of what runs in it: a program, its input, and a folder for temporary files.
struct BareRoot {
    folder: tempfile::TempDir,
}

impl BareRoot {
    fn with(program: &Path) -> Self {
        let folder = tempfile::Builder::new().prefix("static").tempdir().unwrap();
        // Whoever is root within a namespace may be anybody outside of it.
        fs::set_permissions(folder.path(), fs::Permissions::from_mode(0o755)).unwrap();
        fs::create_dir(folder.path().join("tmp")).unwrap();
        fs::copy(program, folder.path().join("program")).unwrap();
        // Some of the words are beyond ASCII.
        fs::write(folder.path().join("in.txt"), words(3 << 20, "wörter", 20)).unwrap();
        BareRoot { folder }
    }

    fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// The program, in the bare root, with an empty environment. Who is not root needs a namespace in which he is.
    fn program(&self, arguments: &[&str]) -> Command {
        let mut command;
        if rustix::process::geteuid().is_root() {
            command = Command::new("chroot");
            command.arg(self.folder.path());
        } else {
            command = Command::new("unshare");
            command.arg("--map-root-user").arg(format!("--root={}", self.folder.path().display()));
        }
        command.arg("/program").args(arguments).env_clear();
        // Where `chroot` is, for whoever's path lacks it.
        command.env("PATH", "/usr/sbin:/usr/bin:/sbin:/bin");
        command
    }

    /// As [`program`](Self::program), outside of it: in the folder, with all that this machine has.
    fn outside(&self, program: &Path, arguments: &[&str]) -> Command {
        let mut command = Command::new(program);
        command.args(arguments).current_dir(self.folder.path());
        command
    }
}

/// The static program in the bare root and the dynamic one outside of it, with the same arguments.
struct Both {
    root: BareRoot,
    dynamic: PathBuf,
}

impl Both {
    fn of(name: &str) -> Self {
        Both { root: BareRoot::with(&static_program(name)), dynamic: program(name) }
    }

    /// What both write to their standard output, which must be the same.
    fn same_output(&self, arguments: &[&str], input: &str) -> Vec<u8> {
        let bare = succeed(self.root.program(arguments).stdin(self.input(input)));
        let here = self.root.outside(&self.dynamic, arguments).stdin(self.input(input)).output();
        let here = here.unwrap();
        assert!(!bare.stdout.is_empty());
        assert!(bare.stdout == here.stdout, "{arguments:?}: the outputs differ");
        bare.stdout
    }

    fn input(&self, name: &str) -> File {
        File::open(self.root.path(name)).unwrap()
    }

    /// What both write to a folder, which must be the same; `arguments` come before the folder's name.
    fn same_files(&self, arguments: &[&str]) -> BTreeMap<String, Vec<u8>> {
        succeed(&mut self.root.program(&[arguments, &["bare"]].concat()));
        succeed(&mut self.root.outside(&self.dynamic, &[arguments, &["here"]].concat()));
        let [bare, here] = ["bare", "here"].map(|name| files(&self.root.path(name)));
        assert_eq!(bare.keys().collect::<Vec<_>>(), here.keys().collect::<Vec<_>>());
        assert!(bare == here, "{arguments:?}: the part files differ");
        bare
    }
}

/// What the other tests rest on: the root lacks what a dynamic program needs.
/// Whoever asks for no program by name gets all of them.
#[test]
fn each_program_of_a_job_can_be_built() {
    let repository = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let asked = Command::new(repository.join("scripts/build-static")).arg("no-such-job").output();
    let said = String::from_utf8(asked.unwrap().stderr).unwrap();
    let (_, names) = said.lines().next().unwrap().split_once("there are ").unwrap();
    let mut told: Vec<_> = names.split(' ').collect();
    told.sort_unstable();

    let cargo = env::var_os("CARGO").unwrap_or_else(|| "cargo".into());
    let asked = Command::new(cargo)
        .args(["metadata", "--no-deps", "--format-version=1", "--offline"])
        .current_dir(repository)
        .output();
    let packages: serde_json::Value = serde_json::from_slice(&asked.unwrap().stdout).unwrap();
    let mut programs = Vec::new();
    for package in packages["packages"].as_array().unwrap() {
        let manifest = Path::new(package["manifest_path"].as_str().unwrap());
        let is_job = manifest.starts_with(repository.join("jobs"));
        for target in package["targets"].as_array().unwrap() {
            let is_program = target["kind"][0] == "bin";
            if is_program && (is_job || target["name"] == "howdah") {
                programs.push(target["name"].as_str().unwrap());
            }
        }
    }
    programs.sort_unstable();
    assert!(programs.len() > 5, "{programs:?}");
    assert_eq!(told, programs);
}

#[test]
fn a_dynamic_program_does_not_start_in_the_bare_root() {
    let root = BareRoot::with(&static_program("word-count"));
    let started = root.program(&["--help"]).output().unwrap();
    assert!(
        started.status.success(),
        "no program can be started in a root of its own here: {}\n\
         hint: run this as root, or where users may make namespaces (`unshare --map-root-user true`)",
        String::from_utf8_lossy(&started.stderr)
    );
    let root = BareRoot::with(&program("word-count"));
    let output = root.program(&["--help"]).output().unwrap();
    assert_eq!(output.status.code(), Some(CANNOT_BE_STARTED), "{output:?}");
}

#[test]
fn the_tasks_give_the_same_bytes() {
    let both = Both::of("word-count");
    let mapped = both.same_output(&["map"], "in.txt");
    let mut lines: Vec<_> = mapped.split_inclusive(|byte| *byte == b'\n').collect();
    lines.sort_unstable();
    fs::write(both.root.path("sorted"), lines.concat()).unwrap();
    let combined = both.same_output(&["combine"], "sorted");
    fs::write(both.root.path("combined"), combined).unwrap();
    let reduced = both.same_output(&["reduce"], "combined");
    assert_eq!(reduced, both.same_output(&["reduce"], "sorted"));
}

/// With more data than memory, so that the shuffle goes by the disk.
#[test]
fn a_whole_run_gives_the_same_part_files() {
    let both = Both::of("word-count");
    let small = ["run", "in.txt", "-r", "3", "--workers", "2", "--memory", "8M", "--quiet", "-o"];
    let parts = both.same_files(&small);
    assert_eq!(parts.len(), 3);
    assert!(parts.values().all(|part| !part.is_empty()));
}

/// The codec that is written in C is linked in, too.
#[test]
fn a_whole_run_reads_and_writes_zstd() {
    let both = Both::of("word-count");
    let write = ["run", "in.txt", "-r", "1", "--quiet", "--output-codec", "zstd", "-o"];
    let parts = both.same_files(&write);
    let (name, compressed) = parts.first_key_value().unwrap();
    fs::write(both.root.path(name), compressed).unwrap();
    both.same_output(&["run", name, "-r", "1", "--quiet"], "in.txt");
}

#[test]
fn the_command_howdah_does_a_job_of_hadoop_streaming() {
    let both = Both {
        root: BareRoot::with(&static_program("howdah")),
        dynamic: PathBuf::from(env!("CARGO_BIN_EXE_howdah-under-test")),
    };
    let parts = both.same_files(&[
        "streaming",
        "--workers",
        "2",
        "-D",
        "mapreduce.job.output.key.class=org.apache.hadoop.io.Text",
        "-D",
        "mapreduce.job.output.value.class=org.apache.hadoop.io.LongWritable",
        "-input",
        "in.txt",
        "-numReduceTasks",
        "2",
        "-mapper",
        "org.apache.hadoop.mapred.lib.TokenCountMapper",
        "-reducer",
        "org.apache.hadoop.mapred.lib.LongSumReducer",
        "-output",
    ]);
    assert_eq!(parts.len(), 2);
}

/// What is said of the program comes before Hadoop is asked; there is none, so the run ends with that.
#[test]
fn no_cluster_is_too_old_for_it() {
    let folder = tempfile::tempdir().unwrap();
    let said_of = |program: &Path| {
        let mut command = Command::new(program);
        command.args(["run", "--on", "hadoop", "hdfs:///in", "-o", "hdfs:///out"]);
        // Older than any that a program of Rust's can have.
        command.args(["-D", "howdah.cluster.glibc=2.2"]);
        let output = command.env_clear().env("PATH", folder.path()).output().unwrap();
        assert!(!output.status.success(), "{output:?}");
        String::from_utf8(output.stderr).unwrap()
    };
    let of_dynamic = said_of(&program("word-count"));
    assert!(of_dynamic.contains("the program needs glibc 2."), "{of_dynamic}");
    let of_static = said_of(&static_program("word-count"));
    assert!(!of_static.contains("glibc"), "{of_static}");
    assert!(of_static.contains("error: no Hadoop was found here"), "{of_static}");
}
