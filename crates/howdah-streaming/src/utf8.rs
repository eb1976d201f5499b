//! Bytes to text, as Java decodes UTF-8.
//!
//! Hadoop turns a `Text` into a Java `String` in a few places: a counter's name, a status, and a key whose
//! `String.hashCode` decides its partition. Malformed bytes become U+FFFD there. Java and Rust agree on how
//! many of these characters a malformed sequence gives, with one exception: an encoded surrogate
//! (`ED A0..=BF xx`) is one character in Java and up to three in [`String::from_utf8_lossy`].

use std::borrow::Cow;

/// Decodes `bytes` as `org.apache.hadoop.io.Text.decode` does, with U+FFFD for malformed input.
///
/// Well-formed input is borrowed.
///
/// ```
/// use howdah_streaming::utf8::decode;
///
/// assert_eq!(decode("é".as_bytes()), "é");
/// assert_eq!(decode(b"\xffa"), "\u{fffd}a");
/// assert_eq!(decode(b"\xed\xa0\x80"), "\u{fffd}"); // a surrogate: one character, as in Java
/// ```
pub fn decode(bytes: &[u8]) -> Cow<'_, str> {
    if let Ok(text) = std::str::from_utf8(bytes) {
        return Cow::Borrowed(text);
    }
    let mut text = String::with_capacity(bytes.len());
    let mut rest = bytes;
    while !rest.is_empty() {
        rest = decode_chunk(rest, &mut text);
    }
    Cow::Owned(text)
}

/// Appends the well-formed start of `bytes` and, if bytes follow it, one U+FFFD for the malformed sequence there.
/// Returns what is left.
fn decode_chunk<'a>(bytes: &'a [u8], text: &mut String) -> &'a [u8] {
    let Some(chunk) = bytes.utf8_chunks().next() else { return &[] };
    text.push_str(chunk.valid());
    let malformed = bytes.get(chunk.valid().len()..).unwrap_or_default();
    if malformed.is_empty() {
        return malformed;
    }
    text.push(char::REPLACEMENT_CHARACTER);
    let length = surrogate_length(malformed).unwrap_or(chunk.invalid().len().max(1));
    malformed.get(length..).unwrap_or_default()
}

/// The number of bytes that an encoded surrogate takes at the start of `malformed`, whole or cut short.
fn surrogate_length(malformed: &[u8]) -> Option<usize> {
    match malformed {
        [0xed, 0xa0..=0xbf, 0x80..=0xbf, ..] => Some(3),
        [0xed, 0xa0..=0xbf, ..] => Some(2),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// What `java.nio.charset.CharsetDecoder` of JDK 17 gives with `CodingErrorAction.REPLACE`, written with `?`
    /// for U+FFFD.
    const JAVA: &[(&[u8], &str)] = &[
        (b"\xed\xa0\x80", "?"),
        (b"\xed\xa0", "?"),
        (b"\xed\xa0A", "?A"),
        (b"\xed\xbfa", "?a"),
        (b"\xe0\x80\x80", "???"),
        (b"\xf0\x9f\x92A", "?A"),
        (b"\xf0\x9f\x92", "?"),
        (b"\xe2\x82", "?"),
        (b"\xe2\x82A", "?A"),
        (b"\xc0\x80", "??"),
        (b"\xf4\x90\x80\x80", "????"),
        (b"\xf5\x80\x80\x80", "????"),
        (b"\xffa", "?a"),
        (b"\xe0\xa0", "?"),
        (b"\xf0\x80\x80\x80", "????"),
        (b"a\xed\xa0\x80\xed\xb0\x80", "a??"),
        (b"\xf0", "?"),
        (b"\xc3", "?"),
    ];

    #[test]
    fn malformed_input_decodes_as_in_java() {
        for (bytes, expected) in JAVA {
            assert_eq!(decode(bytes), expected.replace('?', "\u{fffd}"), "{bytes:x?}");
        }
    }

    proptest! {
        #[test]
        fn text_is_borrowed_unchanged(text in ".*") {
            prop_assert!(matches!(decode(text.as_bytes()), Cow::Borrowed(same) if same == text));
        }

        #[test]
        fn differs_from_rust_only_with_surrogates(bytes in prop::collection::vec(any::<u8>(), 0..40)) {
            let surrogate = bytes.windows(2).any(|pair| pair[0] == 0xed && pair[1] >= 0xa0);
            if !surrogate {
                prop_assert_eq!(decode(&bytes), String::from_utf8_lossy(&bytes));
            }
        }
    }
}
