//! Paths and URIs, as Hadoop tells a task of files.

/// A URI in its parts; a path alone is one, too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Location<'u> {
    /// What stands before the first colon, such as `file` or `hdfs`.
    pub(super) scheme: Option<&'u str>,
    /// The host, perhaps with its port.
    pub(super) authority: &'u str,
    /// The path. Hadoop escapes nothing in it.
    pub(super) path: &'u str,
}

impl<'u> Location<'u> {
    /// Takes a URI or path apart.
    pub(super) fn of(uri: &'u str) -> Self {
        let (scheme, rest) = match uri.split_once(':') {
            Some((scheme, rest)) if is_scheme(scheme) => (Some(scheme), rest),
            _ => return Location { scheme: None, authority: "", path: uri },
        };
        let Some(rest) = rest.strip_prefix("//") else {
            return Location { scheme, authority: "", path: rest };
        };
        match rest.find('/') {
            Some(end) => Location { scheme, authority: &rest[..end], path: &rest[end..] },
            None => Location { scheme, authority: rest, path: "/" },
        }
    }

    /// Whether it is on this machine's own file systems.
    pub(super) fn is_local(&self) -> bool {
        matches!((self.scheme, self.authority), (None | Some("file"), "" | "localhost"))
    }
}

/// Whether what stands before a colon is a scheme. A single letter is none: it would be a drive.
fn is_scheme(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    text.len() > 1
        && text.starts_with(|first: char| first.is_ascii_alphabetic())
        && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_taken_apart_and_a_path_is_one() {
        for (uri, scheme, authority, path) in [
            ("/a/b c", None, "", "/a/b c"),
            ("a/b", None, "", "a/b"),
            ("C:\\a", None, "", "C:\\a"),
            ("a/b:c", None, "", "a/b:c"),
            ("file:/a/b", Some("file"), "", "/a/b"),
            ("file:///a/b", Some("file"), "", "/a/b"),
            ("file:", Some("file"), "", ""),
            ("hdfs://host:8020/a", Some("hdfs"), "host:8020", "/a"),
            ("s3a://bucket", Some("s3a"), "bucket", "/"),
            ("", None, "", ""),
        ] {
            assert_eq!(Location::of(uri), Location { scheme, authority, path }, "{uri}");
        }
    }

    #[test]
    fn only_this_machines_files_are_local() {
        for uri in ["/a", "a", "file:/a", "file:///a", "file://localhost/a"] {
            assert!(Location::of(uri).is_local(), "{uri}");
        }
        for uri in ["hdfs://host/a", "file://host/a", "s3a:/a"] {
            assert!(!Location::of(uri).is_local(), "{uri}");
        }
    }
}
