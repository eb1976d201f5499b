//! URIs as Java reads them: what `-files` and its kin are made of.
//!
//! Hadoop gives each entry to `java.net.URI`, which refuses a blank or a `|`, takes `%20` for a blank, and `a:b` for
//! something of the scheme `a`. A name that is a file and no URI cannot be shipped.

use std::{error, fmt};

/// A URI, as far as it matters for files.
///
/// ```
/// use howdah_streaming::uri::Uri;
///
/// let uri = Uri::parse("file:///data/a%20b.txt#words")?;
/// assert_eq!((uri.scheme(), uri.path(), uri.fragment()), (Some("file"), "/data/a b.txt", Some("words")));
/// assert_eq!(Uri::parse("a b").unwrap_err().to_string(), "Illegal character in path at index 1: a b");
/// # Ok::<(), howdah_streaming::uri::UriError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Uri {
    scheme: Option<String>,
    path: String,
    fragment: Option<String>,
}

impl Uri {
    /// Reads a URI, absolute or relative, as the constructor of `java.net.URI` does.
    ///
    /// # Errors
    /// Java's message: which character is illegal, in which part, at which index (in UTF-16 units).
    pub fn parse(text: &str) -> Result<Self, UriError> {
        let reader = Reader { text };
        let scheme_end = match text.find([':', '/', '?', '#']) {
            Some(end) if text[end..].starts_with(':') => {
                reader.check_scheme(end)?;
                Some(end)
            }
            _ => None,
        };
        let start = scheme_end.map_or(0, |end| end + 1);
        let fragment_at = text[start..].find('#').map(|at| start + at);
        let end = fragment_at.unwrap_or(text.len());
        let path = if scheme_end.is_some() && !text[start..end].starts_with('/') {
            if start == end {
                return Err(reader.complain("Expected scheme-specific part", start));
            }
            reader.check("opaque part", start, end, "/;?:@&=+$,[]")?;
            String::new()
        } else {
            reader.read_path(start, end)?
        };
        if let Some(at) = fragment_at {
            reader.check("fragment", at + 1, text.len(), "/;?:@&=+$,[]")?;
        }
        Ok(Self {
            scheme: scheme_end.map(|end| text[..end].to_owned()),
            path,
            fragment: fragment_at.map(|at| decoded(&text[at + 1..])),
        })
    }

    /// What stands before the first `:`, if that comes before any `/`.
    pub fn scheme(&self) -> Option<&str> {
        self.scheme.as_deref()
    }

    /// The path, decoded; empty for a URI such as `mailto:x`.
    pub fn path(&self) -> &str {
        &self.path
    }

    /// What stands behind `#`, decoded.
    pub fn fragment(&self) -> Option<&str> {
        self.fragment.as_deref()
    }
}

/// Why text is no URI, in Java's words.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct UriError(String);

impl fmt::Display for UriError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl error::Error for UriError {}

struct Reader<'t> {
    text: &'t str,
}

impl Reader<'_> {
    fn check_scheme(&self, end: usize) -> Result<(), UriError> {
        if end == 0 {
            return Err(self.complain("Expected scheme name", 0));
        }
        let is_legal = |(at, c): &(usize, char)| {
            c.is_ascii_alphabetic()
                || *at > 0 && (c.is_ascii_digit() || matches!(c, '+' | '-' | '.'))
        };
        match self.text[..end].char_indices().find(|character| !is_legal(character)) {
            Some((at, _)) => Err(self.complain("Illegal character in scheme name", at)),
            None => Ok(()),
        }
    }

    /// The path of a URI that is not opaque, behind the authority.
    fn read_path(&self, start: usize, end: usize) -> Result<String, UriError> {
        let mut path = start;
        if self.text[start..end].starts_with("//") {
            path = self.text[start + 2..end].find(['/', '?']).map_or(end, |at| start + 2 + at);
            self.check("authority", start + 2, path, ";:@&=+$,[]")?;
        }
        let query = self.text[path..end].find('?').map_or(end, |at| path + at);
        self.check("path", path, query, "/;:@&=+$,")?;
        if query < end {
            self.check("query", query + 1, end, "/;?:@&=+$,[]")?;
        }
        Ok(decoded(&self.text[path..query]))
    }

    /// Checks the characters of a part. Besides `more`, letters, digits, some marks and whatever is beyond ASCII and
    /// neither blank nor control are legal.
    fn check(&self, part: &str, start: usize, end: usize, more: &str) -> Result<(), UriError> {
        let text = &self.text[start..end];
        for (at, character) in text.char_indices() {
            let is_legal = if character.is_ascii() {
                character.is_ascii_alphanumeric()
                    || "_-!.~'()*%".contains(character)
                    || more.contains(character)
            } else {
                !character.is_control() && !character.is_whitespace()
            };
            if !is_legal {
                return Err(self.complain(&format!("Illegal character in {part}"), start + at));
            }
            let digits = text.as_bytes().get(at + 1..at + 3).unwrap_or_default();
            let is_pair = digits.len() == 2 && digits.iter().all(u8::is_ascii_hexdigit);
            if character == '%' && !is_pair {
                return Err(self.complain("Malformed escape pair", start + at));
            }
        }
        Ok(())
    }

    fn complain(&self, what: &str, at: usize) -> UriError {
        let index = self.text[..at].encode_utf16().count();
        UriError(format!("{what} at index {index}: {}", self.text))
    }
}

/// The text with each `%` and two digits as the byte that they stand for.
fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((&first, behind)) = rest.split_first() {
        let byte = behind.get(..2).and_then(|digits| std::str::from_utf8(digits).ok());
        let byte = byte.filter(|_| first == b'%').and_then(|hex| u8::from_str_radix(hex, 16).ok());
        bytes.push(byte.unwrap_or(first));
        rest = if byte.is_some() { &behind[2..] } else { behind };
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn parts_are_those_of_java() {
        let cases: &[(&str, Option<&str>, &str, Option<&str>)] = &[
            ("d/x#y", None, "d/x", Some("y")),
            ("d/x#", None, "d/x", Some("")),
            ("file:/a/b", Some("file"), "/a/b", None),
            ("hdfs://h:1/a?q#f", Some("hdfs"), "/a", Some("f")),
            ("a:b", Some("a"), "", None),
            ("./a:b", None, "./a:b", None),
            ("é%C3%A9+1", None, "éé+1", None),
            ("", None, "", None),
        ];
        for (text, scheme, path, fragment) in cases {
            let uri = Uri::parse(text).unwrap();
            assert_eq!((uri.scheme(), uri.path(), uri.fragment()), (*scheme, *path, *fragment));
        }
    }

    /// Observed with Java 17.
    #[test]
    fn complaints_are_those_of_java() {
        for (text, complaint) in [
            (" f.txt", "Illegal character in path at index 0:  f.txt"),
            ("d/x#a#b", "Illegal character in fragment at index 5: d/x#a#b"),
            ("a%2", "Malformed escape pair at index 1: a%2"),
            (":a", "Expected scheme name at index 0: :a"),
            ("a:", "Expected scheme-specific part at index 2: a:"),
            ("1a:b", "Illegal character in scheme name at index 0: 1a:b"),
            ("a[1]", "Illegal character in path at index 1: a[1]"),
        ] {
            assert_eq!(Uri::parse(text).unwrap_err().to_string(), complaint);
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text in "[a%2#:/? é\\[]{0,12}|.*") {
            if let Ok(uri) = Uri::parse(&text) {
                prop_assert_eq!(uri.fragment().is_some(), text.contains('#'));
            }
        }

        #[test]
        fn a_plain_path_is_itself(path in "[a-z0-9./_-]{1,12}", link in "[a-z.]{0,5}") {
            let uri = Uri::parse(&format!("{path}#{link}")).unwrap();
            prop_assume!(!path.starts_with("//"));
            prop_assert_eq!((uri.scheme(), uri.path(), uri.fragment()), (None, path.as_str(), Some(link.as_str())));
        }
    }
}
