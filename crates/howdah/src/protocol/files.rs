//! Whole files as records.

use std::path::{Path, PathBuf};

use howdah_plan::TaskError;

use super::Input;

/// Files as records, each by its path: what [`Flow::files`](crate::Flow::files) reads.
///
/// In a task of Hadoop Streaming it reads the lines that `NLineInputFormat` makes of a list of files, the offset and
/// a TAB before the file's path or URI. What is not on this machine is fetched by Hadoop's shell, and the copy is there
/// while the mapper is called.
#[derive(Debug)]
pub struct Files;

impl Input for Files {
    type Record<'a> = &'a Path;
    type Slot = PathBuf;

    fn decode<'a>(slot: &'a mut PathBuf, line: &'a [u8]) -> Result<&'a Path, TaskError> {
        let refused = |why: &str| TaskError::decode("record", "path of a file", line, why);
        let text = std::str::from_utf8(line).map_err(|_| refused("it is no UTF-8"))?;
        let name = match text.split_once('\t') {
            Some((offset, name)) if offset.bytes().all(|byte| byte.is_ascii_digit()) => name,
            _ => text,
        };
        let path = match name.split_once(':') {
            Some(("file", path)) => path.strip_prefix("//").unwrap_or(path),
            Some((scheme, _)) if is_scheme(scheme) => {
                return Err(refused("it is not on this machine's file systems"));
            }
            _ => name,
        };
        *slot = PathBuf::from(path);
        Ok(slot)
    }
}

/// Whether what stands before a colon is a URI's scheme, and no name of a file.
fn is_scheme(text: &str) -> bool {
    text.len() > 1 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn decoded(line: &str) -> Result<PathBuf, String> {
        let mut slot = PathBuf::new();
        let path = Files::decode(&mut slot, line.as_bytes()).map_err(|error| error.to_string())?;
        Ok(path.to_owned())
    }

    #[test]
    fn a_path_is_read_as_it_is_and_out_of_hadoops_lines() {
        for line in ["/a/b c.txt", "file:/a/b c.txt", "file:///a/b c.txt", "17\tfile:/a/b c.txt"] {
            assert_eq!(decoded(line).unwrap(), Path::new("/a/b c.txt"), "{line}");
        }
        assert_eq!(decoded("a:b.txt").unwrap(), Path::new("a:b.txt"));
    }

    #[test]
    fn a_file_elsewhere_is_refused() {
        assert!(decoded("hdfs://host/a").unwrap_err().contains("not on this machine"));
    }
}
