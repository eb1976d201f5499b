//! [`LentStr`]: a string out of a list that travelled unread.

use std::fmt;
use std::ops::Deref;

use serde::{Serialize, Serializer};

use crate::encodes::Encodes;
use crate::protocol::json;

/// A string out of a list that travelled [unread](crate::Unread), to be looked at or emitted; see
/// [`Elements::next_str`](crate::Elements::next_str).
///
/// It is a `&str` that may know that it needs no escapes: then it is written as it was read.
#[derive(Clone, Copy)]
pub struct LentStr<'l> {
    text: &'l str,
    is_plain: bool,
}

impl<'l> LentStr<'l> {
    /// A string without any byte that JSON escapes.
    #[inline]
    pub(crate) fn plain(text: &'l str) -> Self {
        LentStr { text, is_plain: true }
    }

    /// Any other.
    pub(crate) fn any(text: &'l str) -> Self {
        LentStr { text, is_plain: false }
    }
}

impl Deref for LentStr<'_> {
    type Target = str;

    fn deref(&self) -> &str {
        self.text
    }
}

impl Serialize for LentStr<'_> {
    #[inline]
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        if self.is_plain {
            serializer.serialize_newtype_struct(json::PLAIN, self.text)
        } else {
            serializer.serialize_str(self.text)
        }
    }
}

impl Encodes<String> for LentStr<'_> {}

impl fmt::Display for LentStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.text)
    }
}

impl fmt::Debug for LentStr<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(self.text, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::protocol::json::Role;

    #[test]
    fn it_is_written_as_a_string_by_every_writer() {
        for lent in [LentStr::plain("a é"), LentStr::any("a é")] {
            assert_eq!(serde_json::to_string(&lent).unwrap(), "\"a é\"");
            let mut key = Vec::new();
            json::write(&mut key, &lent, Role::Key).unwrap();
            assert_eq!(key, "\"a é\"".as_bytes());
        }
        assert_eq!(serde_json::to_string(&LentStr::any("a\"")).unwrap(), r#""a\"""#);
    }
}
