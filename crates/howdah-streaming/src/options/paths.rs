//! Values that are lists of paths, parted at commas.

use super::{Look, UsageError};
use crate::uri::Uri;

/// The paths of `-files`, `-archives` or `-libjars`, all of which must be there (`GenericOptionsParser.validateFiles`).
/// With globs, a path may end in `*` for all jars of a folder.
pub(super) fn shipped_paths(
    value: &str,
    with_globs: bool,
    look: Look<'_>,
) -> Result<Vec<String>, UsageError> {
    let illegal =
        |what: &str| UsageError::uncaught(&format!("java.lang.IllegalArgumentException: {what}"));
    let paths = java_split(value);
    if paths.is_empty() {
        return Err(illegal("File name can't be empty string"));
    }
    for path in &paths {
        if path.is_empty() {
            return Err(illegal("File name can't be empty string"));
        }
        let uri = Uri::parse(path).map_err(|error| {
            illegal(&format!("java.net.URISyntaxException: {error}"))
                .with_hint("the entries are URIs, parted at commas without blanks; rename the file or write %20 for a blank")
        })?;
        match uri.scheme() {
            None => {
                let folder = uri.path().strip_suffix('*').filter(|_| with_globs);
                let file = folder.unwrap_or(uri.path());
                look(file).map_err(|_| UsageError::missing(file))?;
            }
            Some("file") => look(uri.path()).map_err(|uri| UsageError::missing(&uri))?,
            Some(scheme) if is_file_system(scheme) => {}
            Some(scheme) => {
                return Err(UsageError::uncaught(&format!(
                    "org.apache.hadoop.fs.UnsupportedFileSystemException: No FileSystem for scheme \"{scheme}\""
                ))
                .with_hint("a name with a colon is a URI to Hadoop; rename the file"));
            }
        }
    }
    Ok(paths.into_iter().map(str::to_owned).collect())
}

/// Whether Hadoop, with what is commonly installed beside it, knows a file system by the scheme of a URI.
///
/// ```
/// use howdah_streaming::options::is_file_system;
///
/// assert!(is_file_system("hdfs") && !is_file_system("foo"));
/// ```
pub fn is_file_system(scheme: &str) -> bool {
    matches!(
        scheme,
        "file"
            | "hdfs"
            | "webhdfs"
            | "swebhdfs"
            | "viewfs"
            | "har"
            | "ftp"
            | "sftp"
            | "http"
            | "https"
            | "s3a"
            | "s3"
            | "s3n"
            | "gs"
            | "abfs"
            | "abfss"
            | "wasb"
            | "wasbs"
            | "adl"
            | "oss"
            | "cosn"
            | "obs"
            | "o3fs"
            | "ofs"
    )
}

/// Splits at commas as Java's `String.split` does: empty pieces at the end are dropped, but the empty text is one piece.
pub(super) fn java_split(value: &str) -> Vec<&str> {
    if value.is_empty() {
        return vec![value];
    }
    let kept = value.trim_end_matches(',');
    if kept.is_empty() { Vec::new() } else { kept.split(',').collect() }
}

/// Splits the value of an `-input` at commas that are not inside `{}`, as `FileInputFormat.getPathStrings` does.
///
/// ```
/// use howdah_streaming::options::split_paths;
///
/// assert_eq!(split_paths("a,b/{c,d},e"), ["a", "b/{c,d}", "e"]);
/// ```
pub fn split_paths(value: &str) -> Vec<String> {
    let mut paths = Vec::new();
    let (mut open, mut inside, mut start) = (0i64, false, 0);
    for (index, character) in value.char_indices() {
        match character {
            '{' => {
                open += 1;
                inside = true;
            }
            '}' => {
                open -= 1;
                inside &= open != 0;
            }
            ',' if !inside => {
                paths.push(value[start..index].to_owned());
                start = index + 1;
            }
            _ => {}
        }
    }
    paths.push(value[start..].to_owned());
    paths
}
