//! The inputs of both runs: the same files, here and where Hadoop reads them.

use std::collections::BTreeSet;
use std::ffi::{OsStr, OsString};
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use howdah_hadoop::Counted;
use howdah_plan::exit;
use howdah_runner::find_inputs;
use howdah_runner::side_files::show;

use super::Failure;
use super::cluster::Cluster;
use super::options::Options;

/// An input as each run is told it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Placed {
    /// The job's name for it, if it has one.
    name: Option<String>,
    here: Vec<String>,
    hadoop: Vec<String>,
}

/// Which run is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Of {
    Here,
    Hadoop,
}

/// The words by which a run is told its inputs.
pub(super) fn words(inputs: &[Placed], of: Of) -> Vec<OsString> {
    let paths = |placed: &Placed| match of {
        Of::Here => placed.here.clone(),
        Of::Hadoop => placed.hadoop.clone(),
    };
    let words = inputs.iter().flat_map(|placed| {
        paths(placed).into_iter().flat_map(|path| match &placed.name {
            Some(name) => vec!["--input".to_owned(), format!("{name}={path}")],
            None => vec![path],
        })
    });
    words.map(OsString::from).collect()
}

/// The inputs where both runs read this machine's files.
pub(super) fn of_this_machine(options: &Options) -> Vec<Placed> {
    let given = given(options).into_iter();
    given
        .map(|(name, path)| Placed { name, here: vec![path.clone()], hadoop: vec![path] })
        .collect()
}

/// The inputs where Hadoop has files of its own: what is here is copied there, and what is there is copied into
/// `folder`.
pub(super) fn on_both_sides(
    options: &Options,
    cluster: &Cluster<'_>,
    folder: &Path,
) -> Result<Vec<Placed>, Failure> {
    let staged = folder.join("in");
    let (mut placed, mut fetched_bytes) = (Vec::new(), 0);
    for (number, (name, path)) in given(options).into_iter().enumerate() {
        let matches = if is_elsewhere(&path) { Vec::new() } else { matches_here(&path)? };
        if matches.is_empty() {
            let found = seen(cluster.look(&path)?, &path);
            fetched_bytes += found.iter().map(|found| found.bytes).sum::<u64>();
            check_size(options, &path, fetched_bytes)?;
            let here = fetch(cluster, &found, &folder.join("fetched").join(number.to_string()))?;
            placed.push(Placed { name, here, hadoop: vec![path] });
        } else {
            let names = stage(&matches, &staged.join(number.to_string()));
            let names = names.map_err(|error| {
                Failure::new(
                    exit::IO,
                    format!("`{path}` cannot be prepared for the cluster: {error}"),
                )
            })?;
            let below = |name| format!("{}/in/{number}/{name}", cluster.folder());
            placed.push(Placed {
                name,
                here: vec![path],
                hadoop: names.into_iter().map(below).collect(),
            });
        }
    }
    if staged.exists() {
        cluster.put(&staged)?;
    }
    Ok(placed)
}

fn given(options: &Options) -> Vec<(Option<String>, String)> {
    let plain = options.inputs.iter().map(|path| (None, path.clone()));
    let named = options.named_inputs.iter().map(|(name, path)| (Some(name.clone()), path.clone()));
    plain.chain(named).collect()
}

/// Whether a path can only be one of another file system.
fn is_elsewhere(path: &str) -> bool {
    path.contains("://") && !path.starts_with("file:")
}

fn matches_here(input: &str) -> Result<Vec<PathBuf>, Failure> {
    let found = find_inputs(input)
        .map_err(|error| Failure::new(exit::SETUP, format!("the input `{input}`: {error}")))?;
    let all_seen = !has_pattern(input);
    Ok(found.into_iter().filter(|path| all_seen || !is_hidden(path)).collect())
}

fn seen(found: Vec<Counted>, input: &str) -> Vec<Counted> {
    let all_seen = !has_pattern(input);
    found.into_iter().filter(|found| all_seen || !is_hidden(Path::new(&found.path))).collect()
}

fn has_pattern(input: &str) -> bool {
    input.contains(['*', '?', '[', '{'])
}

/// Whether jobs pass over a file that a pattern matches.
fn is_hidden(path: &Path) -> bool {
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    name.starts_with(['_', '.'])
}

/// The names of files for one folder; where two have the same, each gets a folder of its own.
fn names_in_one_folder(paths: &[PathBuf]) -> Vec<String> {
    let name = |path: &PathBuf| {
        path.file_name().unwrap_or(OsStr::new("input")).to_string_lossy().into_owned()
    };
    let different: BTreeSet<_> = paths.iter().map(name).collect();
    if different.len() == paths.len() {
        return paths.iter().map(name).collect();
    }
    paths.iter().enumerate().map(|(number, path)| format!("{number:05}/{}", name(path))).collect()
}

/// Makes a folder of links to files, to be copied as a whole; gives their names in it.
fn stage(paths: &[PathBuf], folder: &Path) -> io::Result<Vec<String>> {
    let names = names_in_one_folder(paths);
    for (path, name) in paths.iter().zip(&names) {
        let link = folder.join(name);
        fs::create_dir_all(link.parent().unwrap_or(folder))?;
        show(&fs::canonicalize(path)?, &link)?;
    }
    Ok(names)
}

/// Copies from the cluster; gives where each is then.
fn fetch(cluster: &Cluster<'_>, found: &[Counted], folder: &Path) -> Result<Vec<String>, Failure> {
    let make = |folder: &Path| {
        fs::create_dir_all(folder).map_err(|error| {
            Failure::new(exit::IO, format!("`{}` cannot be made: {error}", folder.display()))
        })
    };
    let paths: Vec<PathBuf> = found.iter().map(|found| PathBuf::from(&found.path)).collect();
    let names = names_in_one_folder(&paths);
    let is_flat = names.iter().all(|name| !name.contains('/'));
    if is_flat {
        make(folder)?;
        let paths: Vec<_> = found.iter().map(|found| found.path.clone()).collect();
        cluster.get(&paths, folder)?;
    } else {
        for (found, name) in found.iter().zip(&names) {
            let to = folder.join(name);
            make(to.parent().unwrap_or(folder))?;
            cluster.get(std::slice::from_ref(&found.path), &to)?;
        }
    }
    Ok(names.iter().map(|name| folder.join(name).to_string_lossy().into_owned()).collect())
}

fn check_size(options: &Options, path: &str, bytes: u64) -> Result<(), Failure> {
    if bytes <= options.fetch_limit {
        return Ok(());
    }
    let mebibytes = bytes.div_ceil(1 << 20);
    Err(Failure::new(
        exit::SETUP,
        format!(
            "with `{path}` {mebibytes} MiB of input would be copied from the cluster to this machine, more than \
             --fetch-limit allows\nhint: name a part of it, or pass `--fetch-limit {mebibytes}M`"
        ),
    ))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn files_of_one_name_lie_apart() {
        let names = |paths: &[&str]| {
            names_in_one_folder(&paths.iter().map(PathBuf::from).collect::<Vec<_>>())
        };
        assert_eq!(names(&["a/x", "b/y"]), ["x", "y"]);
        assert_eq!(names(&["a/x", "b/x"]), ["00000/x", "00001/x"]);
    }

    #[test]
    fn what_is_copied_is_what_a_pattern_matches() {
        let folder = tempfile::tempdir().unwrap();
        for name in ["b.log", "a.log", "_SUCCESS", "other"] {
            fs::write(folder.path().join(name), name).unwrap();
        }
        let matches = matches_here(&format!("{}/*", folder.path().display())).unwrap();
        let staged = folder.path().join("staged/0");
        assert_eq!(stage(&matches, &staged).unwrap(), ["a.log", "b.log", "other"]);
        assert_eq!(fs::read_to_string(staged.join("b.log")).unwrap(), "b.log");
    }

    #[test]
    fn each_run_is_told_its_own_paths() {
        let placed = |name: Option<&str>, here: &str, hadoop: &[&str]| Placed {
            name: name.map(str::to_owned),
            here: vec![here.to_owned()],
            hadoop: hadoop.iter().map(|&path| path.to_owned()).collect(),
        };
        let inputs = [placed(None, "a*", &["/t/a1", "/t/a2"]), placed(Some("u"), "b", &["/t/b"])];
        assert_eq!(words(&inputs, Of::Here), ["a*", "--input", "u=b"]);
        assert_eq!(words(&inputs, Of::Hadoop), ["/t/a1", "/t/a2", "--input", "u=/t/b"]);
        assert!(is_elsewhere("hdfs:///x") && !is_elsewhere("file:///x") && !is_elsewhere("x"));
    }
}
