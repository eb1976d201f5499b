//! The cluster that the environment leads to, by Hadoop's own commands.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

/// A folder of one test on the cluster.
pub struct Cluster {
    folder: String,
}

impl Cluster {
    /// An empty folder.
    pub fn folder(name: &str) -> Self {
        let home =
            env::var_os("HADOOP_HOME").expect("HADOOP_HOME: start this by `scripts/test cluster`");
        assert!(Path::new(&home).join("bin/hadoop").is_file(), "no Hadoop in {}", home.display());
        let folder = format!("/tmp/howdah-tests-{}/{name}", std::process::id());
        succeed(Command::new("hadoop").args(["fs", "-mkdir", "-p", &folder]));
        Cluster { folder }
    }

    pub fn path(&self, name: &str) -> String {
        format!("{}/{name}", self.folder)
    }

    /// Copies files to the folder; gives the folder.
    pub fn put(&self, paths: &[&Path]) -> String {
        succeed(Command::new("hadoop").args(["fs", "-put"]).args(paths).arg(&self.folder));
        self.folder.clone()
    }

    /// The names in the test's folder.
    pub fn list(&self) -> Vec<String> {
        let listed = succeed(Command::new("hadoop").args(["fs", "-ls", "-C", &self.folder]));
        let name = |path: &str| path.rsplit('/').next().unwrap().to_owned();
        String::from_utf8(listed.stdout).unwrap().lines().map(name).collect()
    }
}

/// What lies in a folder of the cluster, each file by its path in it.
pub fn get(folder: &str) -> BTreeMap<String, Vec<u8>> {
    let place = tempfile::tempdir().unwrap();
    let copy = place.path().join("copy");
    succeed(Command::new("hadoop").args(["fs", "-get", folder]).arg(&copy));
    files(&copy)
}

/// Copies what a glob leads to into a folder here, as `0`, `1` and so on with the endings of their names.
pub fn fetch(glob: &str, to: &Path) {
    let listed = succeed(Command::new("hadoop").args(["fs", "-ls", "-C", glob]));
    for (number, path) in String::from_utf8(listed.stdout).unwrap().lines().enumerate() {
        let ending = Path::new(path).extension().unwrap().to_str().unwrap().to_owned();
        let name = to.join(format!("{number}.{ending}"));
        succeed(Command::new("hadoop").args(["fs", "-get", path]).arg(name));
    }
}

/// Runs stock Hadoop Streaming.
pub fn streaming(arguments: &[&str]) {
    // Its local runner leaves links where it runs.
    let place = tempfile::tempdir().unwrap();
    succeed(Command::new("mapred").arg("streaming").args(arguments).current_dir(place.path()));
}

/// A program that was built beside this test.
pub fn program(name: &str) -> PathBuf {
    let own = env::current_exe().unwrap();
    let path = own.parent().and_then(Path::parent).unwrap().join(name);
    assert!(path.is_file(), "{} is missing: `cargo build` of the jobs comes first", path.display());
    path
}

/// Runs a command, which must succeed.
pub fn succeed(command: &mut Command) -> Output {
    let output = command.output().unwrap_or_else(|error| panic!("{command:?}: {error}"));
    let stderr = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success(), "{command:?}: {}\n{stderr}", output.status);
    output
}

/// The files below a folder by their paths in it, without marks and checksums.
pub fn files(folder: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = BTreeMap::new();
    collect(folder, "", &mut found);
    found
}

fn collect(folder: &Path, prefix: &str, found: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).unwrap() {
        let entry = entry.unwrap();
        let name = entry.file_name().into_string().unwrap();
        if entry.path().is_dir() {
            collect(&entry.path(), &format!("{prefix}{name}/"), found);
        } else if name != "_SUCCESS" && !name.starts_with('.') {
            found.insert(format!("{prefix}{name}"), fs::read(entry.path()).unwrap());
        }
    }
}
