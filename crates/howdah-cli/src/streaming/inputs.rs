//! Inputs as the command line names them, as paths for the engine.
//!
//! Mirrors `FileInputFormat.addInputPaths`, and `fs.Path` as far as local files go.

use std::path::{Component, Path, PathBuf};

use howdah_streaming::options::StreamingOptions;
use howdah_streaming::properties::Properties;

use super::plan::{absolute, expanded};
use super::refusal::Refusal;
use super::ship::local_path;

/// The property that holds the inputs; `-input` adds to it.
pub(super) const INPUTS: &str = "mapreduce.input.fileinputformat.inputdir";

/// The inputs of a job, in their order.
pub(super) fn paths(
    job: &StreamingOptions,
    properties: &Properties,
) -> Result<Vec<String>, Refusal> {
    let given = split_escaped(&properties.get_or(INPUTS, ""));
    let all = given.iter().chain(&job.inputs);
    all.map(|input| path(&expanded(input, properties))).collect()
}

fn path(input: &str) -> Result<String, Refusal> {
    check_uri(input)?;
    let path = without_parents(local_path(input)?).to_string_lossy().into_owned();
    // A lone hyphen is the standard input elsewhere, and a file's name to Hadoop.
    Ok(if path == "-" { "./-".to_owned() } else { path })
}

/// Refuses URIs of files that Hadoop refuses.
fn check_uri(input: &str) -> Result<(), Refusal> {
    let Some(path) = input.strip_prefix("file:") else { return Ok(()) };
    let exception = match path.strip_prefix("//") {
        Some(rest) if !rest.starts_with('/') => {
            format!("java.lang.IllegalArgumentException: Wrong FS: {input}, expected: file:///")
        }
        None if !path.starts_with('/') => format!(
            "java.lang.IllegalArgumentException: java.net.URISyntaxException: Relative path in absolute URI: {input}"
        ),
        _ => return Ok(()),
    };
    Err(Refusal::uncaught(&exception))
}

/// The path with each `..` taken together with the name before it, whatever lies on the disk.
fn without_parents(path: PathBuf) -> PathBuf {
    let has_parents = path.components().any(|component| component == Component::ParentDir);
    if !has_parents || path.to_string_lossy().contains('{') {
        return path;
    }
    let mut plain = PathBuf::new();
    for component in absolute(&path).components() {
        match component {
            Component::ParentDir => {
                plain.pop();
            }
            other => plain.push(other),
        }
    }
    plain
}

/// What stands between commas; a backslash takes the next character as it is.
fn split_escaped(text: &str) -> Vec<String> {
    let mut parts = vec![String::new()];
    let mut characters = text.chars();
    while let Some(character) = characters.next() {
        match (character, parts.last_mut()) {
            (',', _) => parts.push(String::new()),
            ('\\', Some(part)) => part.extend(characters.next()),
            (other, Some(part)) => part.push(other),
            (_, None) => {}
        }
    }
    parts.retain(|part| !part.is_empty());
    parts
}

/// The inputs as Hadoop names them to tasks.
pub(super) fn uris(paths: &[String]) -> String {
    let uri = |path: &String| format!("file:{}", absolute(Path::new(path)).display());
    paths.iter().map(uri).collect::<Vec<_>>().join(",")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parents_are_folded_without_a_look_at_the_disk() {
        assert_eq!(path("/a/no/../b").unwrap(), "/a/b");
        assert_eq!(path("/../b").unwrap(), "/b");
        assert_eq!(path("a/b").unwrap(), "a/b");
        assert_eq!(path("-").unwrap(), "./-");
    }

    #[test]
    fn uris_that_are_no_local_files_are_refused() {
        assert_eq!(path("file:/a%20b").unwrap(), "/a%20b");
        assert_eq!(path("file:///a").unwrap(), "/a");
        for input in ["file:a", "file://host/a"] {
            assert!(path(input).unwrap_err().lines[0].contains(input), "{input}");
        }
    }

    #[test]
    fn the_property_holds_escaped_commas() {
        assert_eq!(split_escaped("a,b\\,c,,d\\\\"), ["a", "b,c", "d\\"]);
        assert_eq!(split_escaped(""), [""; 0]);
    }
}
