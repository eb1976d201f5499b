//! JSON ⇄ typed bytes: the bridge between a job's records and a pipe of `-io typedbytes`.
//!
//! Between tasks a job's keys and values are JSON. Where Hadoop's pipe is one of typed bytes, each is one typed value
//! instead, so that programs in other languages, and files of sequences, have the types.
//!
//! | JSON | typed bytes | and what else becomes that JSON |
//! | --- | --- | --- |
//! | `null` | [`NULL`](howdah_streaming::typed_bytes::NULL): Python's `None` | Java's `NullWritable` |
//! | `true`, `false` | bool | |
//! | integers | int if 32 bits hold it, else long | byte, and int and long alike |
//! | numbers with `.` or an exponent | double | float, as the double with its value |
//! | strings | string | |
//! | arrays | vector | list, and bytes as their numbers |
//! | objects | map with strings as keys | map with keys that are bool or numbers, as words |
//!
//! What our JSON becomes there comes back as the same text. What has no place on the other side is refused: an integer
//! beyond 64 bits with a sign, NaN and infinities, text that is not UTF-8, and maps with other keys.

use howdah_streaming::typed_bytes::{Error, Reader, Token, Writer};

use super::{WriteError, json};

/// Appends a value of typed bytes as JSON. The bytes must hold nothing else.
pub(crate) fn json_from_typed(typed: &[u8], out: &mut Vec<u8>) -> Result<(), WriteError> {
    let mut reader = Reader::new(typed);
    let token = reader.token().map_err(explained)?;
    write_json(token, &mut reader, out)?;
    if reader.is_at_end() { Ok(()) } else { Err(WriteError::new("more bytes follow the value")) }
}

fn write_json(
    token: Token<'_>,
    reader: &mut Reader<'_>,
    out: &mut Vec<u8>,
) -> Result<(), WriteError> {
    match token {
        token if token.is_null() => write_word(&(), out),
        Token::Bytes(bytes) | Token::Custom(_, bytes) => write_word(&bytes, out),
        Token::Byte(number) => write_word(&number, out),
        Token::Bool(value) => write_word(&value, out),
        Token::Int(number) => write_word(&number, out),
        Token::Long(number) => write_word(&number, out),
        Token::Float(number) => write_number(number.into(), out),
        Token::Double(number) => write_number(number, out),
        Token::String(text) => write_string(text, out),
        Token::Vector(_) | Token::List => {
            out.push(b'[');
            let mut first = true;
            while let Some(token) = next_part(reader, &mut first, out)? {
                write_json(token, reader, out)?;
            }
            out.push(b']');
            Ok(())
        }
        Token::Map(_) => {
            out.push(b'{');
            let mut first = true;
            while let Some(token) = next_part(reader, &mut first, out)? {
                write_entry_key(token, out)?;
                out.push(b':');
                let token = reader.token().map_err(explained)?;
                write_json(token, reader, out)?;
            }
            out.push(b'}');
            Ok(())
        }
        Token::End => Err(WriteError::new("a list ends where none began")),
    }
}

/// The first token of the next part, behind its comma; none at the end.
fn next_part<'b>(
    reader: &mut Reader<'b>,
    first: &mut bool,
    out: &mut Vec<u8>,
) -> Result<Option<Token<'b>>, WriteError> {
    let token = reader.token().map_err(explained)?;
    if token == Token::End {
        return Ok(None);
    }
    if !std::mem::replace(first, false) {
        out.push(b',');
    }
    Ok(Some(token))
}

/// The key of a map's entry: JSON has only strings there.
fn write_entry_key(key: Token<'_>, out: &mut Vec<u8>) -> Result<(), WriteError> {
    if let Token::String(text) = key {
        return write_string(text, out);
    }
    out.push(b'"');
    match key {
        Token::Byte(number) => write_word(&number, out)?,
        Token::Bool(value) => write_word(&value, out)?,
        Token::Int(number) => write_word(&number, out)?,
        Token::Long(number) => write_word(&number, out)?,
        Token::Float(number) => write_number(number.into(), out)?,
        Token::Double(number) => write_number(number, out)?,
        _ => {
            return Err(WriteError::new(
                "it holds a map with keys that are no strings, numbers or `bool`s, for which JSON has no form; \
                 send a list of pairs",
            ));
        }
    }
    out.push(b'"');
    Ok(())
}

fn write_word<T: serde::Serialize>(word: &T, out: &mut Vec<u8>) -> Result<(), WriteError> {
    json::write(out, word, json::Role::Value)
}

fn write_number(number: f64, out: &mut Vec<u8>) -> Result<(), WriteError> {
    if number.is_finite() {
        return write_word(&number, out);
    }
    let name = if number.is_nan() { "NaN" } else { "an infinity" };
    Err(WriteError::new(format!("it holds {name}, for which JSON has no word")))
}

fn write_string(text: &[u8], out: &mut Vec<u8>) -> Result<(), WriteError> {
    match std::str::from_utf8(text) {
        Ok(text) => write_word(&text, out),
        Err(_) => Err(WriteError::new("it holds a string that is not UTF-8, as JSON must be")),
    }
}

/// Appends JSON as a value of typed bytes. The text must hold nothing else. After an error nothing was appended.
pub(crate) fn typed_from_json(json: &[u8], out: &mut Vec<u8>) -> Result<(), WriteError> {
    let start = out.len();
    let mut text = Json { text: json, at: 0 };
    let done = text.value(MOST_DEPTH, &mut Writer::new(out)).and_then(|()| text.end());
    if done.is_err() {
        out.truncate(start);
    }
    done
}

/// How many arrays and objects may lie within each other: as `serde_json` reads them.
const MOST_DEPTH: usize = 127;

/// JSON text, read from its start on.
struct Json<'j> {
    text: &'j [u8],
    at: usize,
}

impl Json<'_> {
    fn value(&mut self, depth: usize, writer: &mut Writer<'_>) -> Result<(), WriteError> {
        self.skip_blanks();
        match self.peek() {
            Some(b'"') => self.string(writer),
            Some(b'[') => self.array(self.deeper(depth)?, writer),
            Some(b'{') => self.object(self.deeper(depth)?, writer),
            Some(b'-' | b'0'..=b'9') => self.number(writer),
            Some(b'n') => self.word("null").map(|()| writer.null()),
            Some(b't') => self.word("true").map(|()| writer.bool(true)),
            Some(b'f') => self.word("false").map(|()| writer.bool(false)),
            Some(_) => Err(self.error("a value is expected")),
            None => Err(self.error("it ends where a value is expected")),
        }
    }

    fn array(&mut self, depth: usize, writer: &mut Writer<'_>) -> Result<(), WriteError> {
        let vector = writer.open_vector();
        let mut count = 0;
        while self.has_part(b']', count)? {
            self.value(depth, writer)?;
            count += 1;
        }
        writer.close(vector, count).map_err(explained)
    }

    fn object(&mut self, depth: usize, writer: &mut Writer<'_>) -> Result<(), WriteError> {
        let map = writer.open_map();
        let mut count = 0;
        while self.has_part(b'}', count)? {
            self.skip_blanks();
            if self.peek() != Some(b'"') {
                return Err(self.error("an object's key must be a string"));
            }
            self.string(writer)?;
            self.skip_blanks();
            if !self.take(b':') {
                return Err(self.error("`:` is expected"));
            }
            self.value(depth, writer)?;
            count += 1;
        }
        writer.close(map, count).map_err(explained)
    }

    /// Goes to the next part of an array or object, past the comma; `false` past the end, `close`.
    fn has_part(&mut self, close: u8, before: usize) -> Result<bool, WriteError> {
        if before == 0 {
            self.at += 1; // the bracket that opened it
        }
        self.skip_blanks();
        if self.take(close) {
            return Ok(false);
        }
        if before > 0 && !self.take(b',') {
            return Err(self.error(format!("`,` or `{}` is expected", char::from(close))));
        }
        Ok(true)
    }

    fn string(&mut self, writer: &mut Writer<'_>) -> Result<(), WriteError> {
        let start = self.at;
        let content = &self.text[start + 1..];
        let mut end = 0;
        let mut is_escaped = false;
        loop {
            match memchr::memchr2(b'"', b'\\', content.get(end..).unwrap_or_default()) {
                None => return Err(self.error("a string has no end")),
                Some(more) if content[end + more] == b'"' => {
                    end += more;
                    break;
                }
                Some(more) => {
                    is_escaped = true;
                    end += more + 2;
                }
            }
        }
        self.at = start + 1 + end + 1;
        let plain = &content[..end];
        let is_plain = !is_escaped && plain.iter().all(|&byte| byte >= b' ');
        match std::str::from_utf8(plain) {
            Ok(text) if is_plain => writer.string(text).map_err(explained),
            // Escapes and what is wrong with them are known elsewhere.
            _ => {
                let text: String = serde_json::from_slice(&self.text[start..self.at])
                    .map_err(|error| self.error(format!("a string that is none: {error}")))?;
                writer.string(&text).map_err(explained)
            }
        }
    }

    fn number(&mut self, writer: &mut Writer<'_>) -> Result<(), WriteError> {
        let start = self.at;
        self.take(b'-');
        let whole = self.digits();
        let mut is_integer = true;
        let mut is_number = whole == 1 || (whole > 1 && self.text[self.at - whole] != b'0');
        if self.take(b'.') {
            is_integer = false;
            is_number &= self.digits() > 0;
        }
        if self.take(b'e') || self.take(b'E') {
            is_integer = false;
            let _ = self.take(b'+') || self.take(b'-');
            is_number &= self.digits() > 0;
        }
        let text = std::str::from_utf8(&self.text[start..self.at]).unwrap_or_default();
        if !is_number {
            return Err(self.error("a number is malformed"));
        }
        // Only a double has a zero with a sign.
        if is_integer && text != "-0" {
            let number = text.parse().map_err(|_| {
                self.error(format!(
                    "{text} is an integer that 64 bits with a sign cannot hold, and typed bytes have no longer ones; \
                     emit it as a string"
                ))
            })?;
            writer.integer(number);
            return Ok(());
        }
        match text.parse::<f64>() {
            Ok(number) if number.is_finite() => writer.double(number),
            _ => return Err(self.error(format!("{text} is out of the range of a double"))),
        }
        Ok(())
    }

    /// Passes over digits and says how many there were.
    fn digits(&mut self) -> usize {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let count = rest.iter().take_while(|byte| byte.is_ascii_digit()).count();
        self.at += count;
        count
    }

    fn word(&mut self, word: &'static str) -> Result<(), WriteError> {
        if !self.text[self.at..].starts_with(word.as_bytes()) {
            return Err(self.error(format!("`{word}` is expected")));
        }
        self.at += word.len();
        Ok(())
    }

    fn end(&mut self) -> Result<(), WriteError> {
        self.skip_blanks();
        match self.peek() {
            None => Ok(()),
            Some(_) => Err(self.error("more text follows the value")),
        }
    }

    fn deeper(&self, depth: usize) -> Result<usize, WriteError> {
        depth.checked_sub(1).ok_or_else(|| {
            self.error(format!("more than {MOST_DEPTH} arrays and objects lie within each other"))
        })
    }

    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn take(&mut self, byte: u8) -> bool {
        let is_next = self.peek() == Some(byte);
        self.at += usize::from(is_next);
        is_next
    }

    fn skip_blanks(&mut self) {
        while let Some(b' ' | b'\t' | b'\n' | b'\r') = self.peek() {
            self.at += 1;
        }
    }

    #[cold]
    fn error(&self, why: impl std::fmt::Display) -> WriteError {
        WriteError::new(format!(
            "it is not JSON that typed bytes can hold: {why}, at its byte {}",
            self.at + 1
        ))
    }
}

#[cold]
#[allow(clippy::needless_pass_by_value)] // as `map_err` gives it
fn explained(error: Error) -> WriteError {
    WriteError::new(error.to_string())
}

#[cfg(test)]
mod tests {
    use howdah_streaming::typed_bytes::{NULL, Value, to_vec};
    use serde_json::json;

    use super::*;

    fn typed(json: &str) -> Result<Vec<u8>, String> {
        let mut out = Vec::from(*b"before");
        match typed_from_json(json.as_bytes(), &mut out) {
            Ok(()) => Ok(out.split_off(6)),
            Err(error) => {
                assert_eq!(out, b"before", "{json}");
                Err(error.to_string())
            }
        }
    }

    fn json(typed: &[u8]) -> Result<String, String> {
        let mut out = Vec::new();
        json_from_typed(typed, &mut out).map_err(|error| error.to_string())?;
        Ok(String::from_utf8(out).unwrap())
    }

    fn json_of(value: &Value) -> Result<String, String> {
        let mut bytes = Vec::new();
        value.write(&mut bytes).unwrap();
        json(&bytes)
    }

    fn comes_back(text: &str) {
        assert_eq!(json(&typed(text).unwrap()).unwrap(), text);
    }

    #[test]
    fn our_json_comes_back_as_the_same_text() {
        for text in [
            "null",
            "true",
            "false",
            "0",
            "-1",
            "2147483647",
            "2147483648",
            "-2147483648",
            "-9223372036854775808",
            "9223372036854775807",
            "1.0",
            "-0.0",
            "0.1",
            r#""""#,
            r#""a b""#,
            r#""\"\\\n\t\r\u0001\b\fé🐘/""#,
            "[]",
            "[[],[[]],{}]",
            r#"[1,"a",null,[true]]"#,
            "{}",
            r#"{"b":{"":1},"a":[1.5]}"#,
            r#"{"a":1,"a":2}"#,
        ] {
            comes_back(text);
        }
        let document =
            json!({"key": ["x\u{1}", -5, {"n": null}], "é": [[0.5], 123_456_789_012i64]});
        comes_back(&document.to_string());
        for number in [1e300, -1e-7, 5e-324, f64::MAX, 1e16, 123_456.789] {
            comes_back(&json!(number).to_string());
        }
    }

    #[test]
    fn numbers_keep_their_types() {
        assert_eq!(typed("7").unwrap(), [3, 0, 0, 0, 7]);
        assert_eq!(typed("-2147483649").unwrap()[0], 4);
        for text in ["7.0", "7e0", "0.7E1"] {
            assert_eq!(typed(text).unwrap(), typed("7.0").unwrap());
        }
        assert_eq!(typed("-0").unwrap(), to_vec(&-0.0).unwrap());
        // A float is the double that it is, and either is read back to the bit.
        assert_eq!(json(&to_vec(&0.1f32).unwrap()).unwrap(), "0.10000000149011612");
        assert_eq!(
            serde_json::from_str::<f32>("0.10000000149011612").unwrap().to_bits(),
            0.1f32.to_bits()
        );
    }

    #[test]
    fn what_other_programs_send_has_a_form_in_json() {
        let list = Value::List(vec![Value::Byte(-1), Value::Bytes(vec![0, 255])]);
        assert_eq!(json_of(&list).unwrap(), "[-1,[0,255]]");
        assert_eq!(
            json_of(&Value::writable("org.apache.hadoop.io.NullWritable", b"")).unwrap(),
            "null"
        );
        assert_eq!(json(&NULL).unwrap(), "null");
        let words =
            [Value::Int(10), Value::Bool(true), Value::Double(0.5), Value::String("\"".into())];
        let map = Value::Map(words.map(|key| (key, Value::Long(1))).into());
        assert_eq!(json_of(&map).unwrap(), r#"{"10":1,"true":1,"0.5":1,"\"":1}"#);
    }

    #[test]
    fn what_json_has_no_form_for_is_refused() {
        let refused = |value: Value| json_of(&value).unwrap_err();
        assert!(refused(Value::Double(f64::NAN)).starts_with("it holds NaN, for which JSON"));
        assert!(
            refused(Value::Float(f32::INFINITY)).starts_with("it holds an infinity, for which")
        );
        let map = Value::Map(vec![(Value::Vector(vec![]), Value::Int(1))]);
        assert!(refused(map).starts_with("it holds a map with keys that are no strings"));
        assert_eq!(
            json(b"\x07\0\0\0\x01\xff").unwrap_err(),
            "it holds a string that is not UTF-8, as JSON must be"
        );
        assert_eq!(json(b"\x02\x01\x02").unwrap_err(), "more bytes follow the value");
        assert_eq!(json(b"\x03\0").unwrap_err(), "the typed bytes end within a value, at byte 2");
        assert_eq!(json(b"\x09\x0b\xff").unwrap_err(), "11 is the code of no type, at byte 1");
    }

    #[test]
    fn what_typed_bytes_have_no_form_for_is_refused() {
        for number in [
            "9223372036854775808",
            "-9223372036854775809",
            "340282366920938463463374607431768211455",
        ] {
            let error = typed(&format!("[{number}]")).unwrap_err();
            assert!(error.contains("64 bits with a sign cannot hold"), "{error}");
        }
        assert!(typed("1e999").unwrap_err().contains("1e999 is out of the range of a double"));
        let deep = |depth| ["[".repeat(depth), "]".repeat(depth)].concat();
        comes_back(&deep(MOST_DEPTH));
        assert!(typed(&deep(MOST_DEPTH + 1)).unwrap_err().contains("lie within each other"));
        assert!(typed(&"[".repeat(1 << 20)).is_err());
    }

    #[test]
    fn what_is_no_json_is_refused() {
        assert_eq!(
            typed("[1 2]").unwrap_err(),
            "it is not JSON that typed bytes can hold: `,` or `]` is expected, at its byte 4"
        );
        for text in [
            "",
            " ",
            "nul",
            "tru",
            "falsy",
            "-",
            "01",
            "-01",
            "1.",
            ".5",
            "1e",
            "1e+",
            "+1",
            "1 2",
            "[1,]",
            "[,1]",
            "[1",
            "{\"a\"}",
            "{\"a\":}",
            "{a:1}",
            "{\"a\":1,}",
            "\"",
            "\"\\",
            "\"\\\"",
            "\"\\x\"",
            "\"\\ud800\"",
            "\"\n\"",
            "]",
            "'a'",
            "NaN",
            "nullx",
            "\u{feff}1",
        ] {
            typed(text).unwrap_err();
            serde_json::from_str::<serde_json::Value>(text).unwrap_err();
        }
        assert!(typed_from_json(b"\"\xff\"", &mut Vec::new()).is_err());
    }

    /// Numbers that look drawn by lot and are the same in each run.
    struct Lot(u64);

    impl Lot {
        fn below(&mut self, end: usize) -> usize {
            self.0 ^= self.0 << 13;
            self.0 ^= self.0 >> 7;
            self.0 ^= self.0 << 17;
            (self.0 % end as u64) as usize
        }
    }

    #[test]
    fn it_takes_what_serde_json_takes_and_nothing_else() {
        const PIECES: &[&str] = &[
            "[", "]", "{", "}", ",", ":", "\"", "\"a\"", "\"\\n\"", "\\", "\\u00e9", "1", "0", "-",
            ".", "e", "-0.5", "12", "1e5", "null", "true", "false", " ", "\t", "é", "{\"a\":",
            "[1,",
        ];
        let mut lot = Lot(0x2545_f491_4f6c_dd1d);
        let mut taken = 0;
        for _ in 0..200_000 {
            let length = 1 + lot.below(9);
            let text: String = (0..length).map(|_| PIECES[lot.below(PIECES.len())]).collect();
            match (typed(&text), serde_json::from_str::<serde_json::Value>(&text)) {
                (Ok(bytes), Ok(document)) => {
                    let again: serde_json::Value =
                        serde_json::from_str(&json(&bytes).unwrap()).unwrap();
                    assert_eq!(again, document, "{text}");
                    taken += 1;
                }
                (Err(_), Err(_)) => {}
                (ours, theirs) => panic!("{text}: {ours:?} {theirs:?}"),
            }
        }
        assert!(taken > 10_000, "{taken}");
    }

    #[test]
    fn any_bytes_become_json_or_are_refused() {
        let mut lot = Lot(0x9e37_79b9_7f4a_7c15);
        let mut taken = 0;
        for _ in 0..200_000 {
            let length = lot.below(24);
            let bytes: Vec<u8> = (0..length)
                .map(|_| [0, 1, 2, 3, 7, 8, 9, 10, 255, lot.below(256) as u8][lot.below(10)])
                .collect();
            if let Ok(text) = json(&bytes) {
                serde_json::from_str::<serde_json::Value>(&text).unwrap();
                let again = json(&typed(&text).unwrap()).unwrap();
                assert_eq!(again, text, "{bytes:?}");
                taken += 1;
            }
        }
        assert!(taken > 1000, "{taken}");
    }
}
