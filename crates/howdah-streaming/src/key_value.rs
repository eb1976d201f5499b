//! Where a line ends being key and starts being value.
//!
//! A mapper or reducer writes lines; the key is everything before the n-th separator, the value everything behind it.
//! The separator itself belongs to neither: the next stage writes its own.

use memchr::{memchr, memmem};

/// The split of a line into key and value, as `TextOutputReader` does it for a child's standard output.
///
/// `stream.map.output.field.separator` and `stream.num.map.output.key.fields` (for a reducer or combiner the
/// `stream.reduce.output` twins) are its two settings.
///
/// ```
/// use howdah_streaming::key_value::KeyValueSplit;
///
/// assert_eq!(KeyValueSplit::tab().split(b"word\t1"), (&b"word"[..], &b"1"[..]));
/// assert_eq!(KeyValueSplit::tab().split(b"word"), (&b"word"[..], &b""[..]));
///
/// let two_fields = KeyValueSplit::new(b".".to_vec(), 2);
/// assert_eq!(two_fields.split(b"a.b.c.d"), (&b"a.b"[..], &b"c.d"[..]));
/// ```
#[derive(Clone, Debug)]
pub struct KeyValueSplit {
    separator: Separator,
    key_fields: usize,
}

/// What is searched for: one byte has its own, faster search.
#[derive(Clone, Debug)]
enum Separator {
    Byte([u8; 1]),
    Bytes(Box<memmem::Finder<'static>>),
}

impl KeyValueSplit {
    /// Hadoop's default: the key ends at the first TAB.
    pub fn tab() -> Self {
        Self { separator: Separator::Byte(*b"\t"), key_fields: 1 }
    }

    /// A key of `key_fields` fields, each ended by `separator`. As in Hadoop, 0 fields mean the same as 1, and an
    /// empty separator is found at once: the key is empty and the value is the line.
    pub fn new(separator: Vec<u8>, key_fields: usize) -> Self {
        let separator = match <[u8; 1]>::try_from(separator) {
            Ok(byte) => Separator::Byte(byte),
            Err(bytes) => Separator::Bytes(Box::new(memmem::Finder::new(&bytes).into_owned())),
        };
        Self { separator, key_fields: key_fields.max(1) }
    }

    /// The separator's bytes.
    pub fn separator(&self) -> &[u8] {
        match &self.separator {
            Separator::Byte(byte) => byte,
            Separator::Bytes(finder) => finder.needle(),
        }
    }

    /// The number of fields that make the key; at least 1.
    pub fn key_fields(&self) -> usize {
        self.key_fields
    }

    /// Splits `line`, which has no line end, into key and value. With fewer separators than key fields the whole line
    /// is the key and the value is empty.
    #[inline]
    pub fn split<'a>(&self, line: &'a [u8]) -> (&'a [u8], &'a [u8]) {
        let position = match &self.separator {
            &Separator::Byte([byte]) if self.key_fields == 1 => memchr(byte, line),
            _ => self.last_separator_of_key(line),
        };
        match position {
            Some(end) => (&line[..end], &line[end + self.separator().len()..]),
            None => (line, b""),
        }
    }

    /// The position of the separator that ends the key.
    fn last_separator_of_key(&self, line: &[u8]) -> Option<usize> {
        let mut position = self.find(line)?;
        for _ in 1..self.key_fields {
            let next_field = position + self.separator().len();
            let next = next_field + self.find(&line[next_field..])?;
            if next == position {
                break; // An empty separator stands still, and so does Hadoop's search.
            }
            position = next;
        }
        Some(position)
    }

    /// The position of the first separator.
    fn find(&self, bytes: &[u8]) -> Option<usize> {
        match &self.separator {
            &Separator::Byte([byte]) => memchr(byte, bytes),
            Separator::Bytes(finder) => finder.find(bytes),
        }
    }
}

impl Default for KeyValueSplit {
    fn default() -> Self {
        Self::tab()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn split<'a>(separator: &str, key_fields: usize, line: &'a str) -> (&'a str, &'a str) {
        let (key, value) = KeyValueSplit::new(separator.into(), key_fields).split(line.as_bytes());
        (std::str::from_utf8(key).unwrap(), std::str::from_utf8(value).unwrap())
    }

    #[test]
    fn a_line_with_fewer_separators_is_all_key() {
        assert_eq!(split("\t", 2, "a\tb"), ("a\tb", ""));
        assert_eq!(split("\t", 1, ""), ("", ""));
        assert_eq!(split("\t", 1, "a\t"), ("a", ""));
        assert_eq!(split("\t", 1, "\ta"), ("", "a"));
    }

    #[test]
    fn a_separator_may_be_longer_than_one_byte() {
        assert_eq!(split("::", 1, "a::b::c"), ("a", "b::c"));
        assert_eq!(split("::", 2, "a::b::c"), ("a::b", "c"));
        assert_eq!(split("::", 2, "a:::::b"), ("a::", ":b"));
    }

    #[test]
    fn no_fields_mean_one_and_an_empty_separator_is_found_at_once() {
        assert_eq!(split("\t", 0, "a\tb\tc"), ("a", "b\tc"));
        assert_eq!(split("", 1, "ab"), ("", "ab"));
        assert_eq!(split("", usize::MAX, "ab"), ("", "ab"));
    }

    proptest! {
        #[test]
        fn key_separator_and_value_make_the_line(
            separator in prop::collection::vec(97u8..99, 1..3),
            key_fields in 0usize..5,
            line in prop::collection::vec(97u8..100, 0..30),
        ) {
            let split = KeyValueSplit::new(separator.clone(), key_fields);
            let (key, value) = split.split(&line);
            if key.len() == line.len() {
                prop_assert!(value.is_empty());
            } else {
                prop_assert_eq!([key, &separator, value].concat(), line);
            }
        }

        #[test]
        fn the_fast_path_is_the_general_search(line in prop::collection::vec(prop::sample::select(b"a\tb".to_vec()), 0..20)) {
            let fast = KeyValueSplit::tab();
            prop_assert_eq!(fast.last_separator_of_key(&line), line.iter().position(|&byte| byte == b'\t'));
            let (key, _) = fast.split(&line);
            prop_assert_eq!(key.len(), fast.last_separator_of_key(&line).unwrap_or(line.len()));
        }
    }
}
