//! Key fields: the `-k` options that name parts of a key to sort or to partition by.
//!
//! The options are a subset of those of `sort`: `-kPOS1[,POS2]` with `POS = FIELD[.CHARACTER][n][r]`, and `-n`, `-r`,
//! `-nr` for all fields without a flag of their own. `KeyFieldHelper` reads them in Hadoop, for
//! `KeyFieldBasedComparator` and `KeyFieldBasedPartitioner` alike.

use crate::hash::{bytes_hash, java_string_hash};
use crate::numeric::{self, Digits};
use crate::utf8;
use memchr::{memchr, memmem};
use std::borrow::Cow;
use std::cmp::Ordering;
use std::{error, fmt};

/// The key fields of a job, ready to compare and to hash keys.
///
/// ```
/// use howdah_streaming::key_fields::KeyFields;
/// use std::cmp::Ordering;
///
/// let fields = KeyFields::parse("-k1,1 -k2,2nr", b"\t")?;
/// assert_eq!(fields.compare(b"a\t9", b"a\t10"), Ordering::Greater);
/// assert_eq!(fields.compare(b"a\t9", b"b\t9"), Ordering::Less);
/// # Ok::<(), howdah_streaming::key_fields::KeyFieldsError>(())
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeyFields {
    specs: Vec<KeySpec>,
    separator: Vec<u8>,
    /// The byte that ends the first field, where that is all that is named: so are most keys parted whose values are
    /// sorted with them.
    first_field_end: Option<u8>,
}

/// One `-k` option. Fields and characters count from 1, and a character is a byte.
///
/// It prints in the canonical form of Hadoop's `KeyDescription`.
///
/// ```
/// use howdah_streaming::key_fields::KeyFields;
///
/// let fields = KeyFields::parse("-nr -k1.2", b"\t")?;
/// assert_eq!(fields.specs()[0].to_string(), "-k1.2,0.0nr");
/// # Ok::<(), howdah_streaming::key_fields::KeyFieldsError>(())
/// ```
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KeySpec {
    /// The field where the part starts; 0 is the same as 1.
    pub begin_field: i64,
    /// The byte of that field where the part starts; 0 is the byte before the field.
    pub begin_character: i64,
    /// The field where the part ends; 0, like a field that the key has not, stands for the end of the key.
    pub end_field: i64,
    /// The last byte of the part in that field; 0 is the end of the field.
    pub end_character: i64,
    /// Compare as numbers (`n`).
    pub numeric: bool,
    /// Reverse the comparison (`r`).
    pub reverse: bool,
}

/// The whole key, which is also what the positions of a `-k` option default to.
const WHOLE_KEY: KeySpec = KeySpec {
    begin_field: 1,
    begin_character: 1,
    end_field: 0,
    end_character: 0,
    numeric: false,
    reverse: false,
};

impl KeyFields {
    /// Reads `options` as the values of `mapreduce.partition.keycomparator.options` and
    /// `mapreduce.partition.keypartitioner.options` are read. The fields of a key are parted by `separator`
    /// (`mapreduce.map.output.key.field.separator`); an empty one counts as unset, which is TAB.
    ///
    /// Without a `-k` the whole key is the one field, and empty options name no field at all: see
    /// [`KeyFields::is_empty`]. Words that are none of the options are ignored, as in Hadoop.
    ///
    /// # Errors
    /// A `-k` whose argument does not have the form above. Hadoop's tasks fail with a `NumberFormatException`,
    /// `NoSuchElementException` or `IllegalArgumentException` then.
    pub fn parse(options: &str, separator: &[u8]) -> Result<Self, KeyFieldsError> {
        let mut specs = Vec::new();
        let mut global = WHOLE_KEY;
        let mut words = options.split(JAVA_BLANKS).filter(|word| !word.is_empty());
        while let Some(word) = words.next() {
            match word {
                "-n" => global.numeric = true,
                "-r" => global.reverse = true,
                "-nr" => (global.numeric, global.reverse) = (true, true),
                _ => {
                    let argument = match word.strip_prefix("-k") {
                        Some("") => words.next(),
                        attached => attached,
                    };
                    specs.extend(argument.map(parse_key).transpose()?);
                }
            }
        }
        for spec in specs.iter_mut().filter(|spec| !spec.numeric && !spec.reverse) {
            (spec.numeric, spec.reverse) = (global.numeric, global.reverse);
        }
        if specs.is_empty() && !options.is_empty() {
            specs.push(global);
        }
        Ok(Self::new(specs, separator))
    }

    /// The first `n` fields of the key (`num.key.fields.for.partition`); none when `n` is less than 1.
    ///
    /// ```
    /// use howdah_streaming::key_fields::KeyFields;
    ///
    /// let fields = KeyFields::first_fields(1, b".");
    /// assert_eq!(fields.hash(b"a.b"), fields.hash(b"a.c"));
    /// ```
    pub fn first_fields(n: i64, separator: &[u8]) -> Self {
        let specs = if n >= 1 { vec![KeySpec { end_field: n, ..WHOLE_KEY }] } else { Vec::new() };
        Self::new(specs, separator)
    }

    fn new(specs: Vec<KeySpec>, separator: &[u8]) -> Self {
        let separator = separator_or_tab(separator);
        let first_field_end = match (&specs[..], &separator[..]) {
            (&[spec], &[byte]) if spec.is_first_field() && byte.is_ascii() => Some(byte),
            _ => None,
        };
        Self { specs, separator, first_field_end }
    }

    /// Whether no fields are named: keys are then compared byte by byte and hashed as Java strings.
    pub fn is_empty(&self) -> bool {
        self.specs.is_empty()
    }

    /// The fields, in the order in which they are compared and hashed.
    pub fn specs(&self) -> &[KeySpec] {
        &self.specs
    }

    /// The bytes that part the fields of a key.
    pub fn separator(&self) -> &[u8] {
        &self.separator
    }

    /// Compares two keys field by field, as `KeyFieldBasedComparator` does but without its contradictions.
    ///
    /// This is a total order on groups of equal keys, fit for any sort. Hadoop's answers are not, so two rules are
    /// added; [`KeyFields::compare_as_hadoop`] is without them:
    ///
    /// - Two keys that both lack a field are equal in that field, and the next one decides. Hadoop calls the first
    ///   one less, whichever it is, so such keys come in no defined order and are never of one group.
    /// - Numbers rank by value and then by spelling, consistently. Hadoop has `7.0` equal to `7` and to `007`, which
    ///   differ; `0` equal to `-0`, which equals `abc`, which is more than `0`; and `.5x` equal to `.5` but not to
    ///   `.50`. Only between such spellings of one value can the answers differ.
    pub fn compare(&self, a: &[u8], b: &[u8]) -> Ordering {
        self.compare_with(a, b, Ordering::Equal, numeric::compare)
    }

    /// Compares two keys with the very answers of Hadoop's `KeyFieldBasedComparator`.
    ///
    /// They are no order, see [`KeyFields::compare`]: don't sort by them.
    ///
    /// ```
    /// use howdah_streaming::key_fields::KeyFields;
    /// use std::cmp::Ordering;
    ///
    /// let second = KeyFields::parse("-k2,2", b"\t")?;
    /// assert_eq!(second.compare_as_hadoop(b"a", b"b"), Ordering::Less);
    /// assert_eq!(second.compare_as_hadoop(b"b", b"a"), Ordering::Less);
    /// # Ok::<(), howdah_streaming::key_fields::KeyFieldsError>(())
    /// ```
    pub fn compare_as_hadoop(&self, a: &[u8], b: &[u8]) -> Ordering {
        self.compare_with(a, b, Ordering::Less, numeric::compare_as_hadoop)
    }

    /// Compares by the first field that differs.
    fn compare_with(
        &self,
        a: &[u8],
        b: &[u8],
        both_missing: Ordering,
        compare_numbers: fn(Digits<'_>, Digits<'_>) -> Ordering,
    ) -> Ordering {
        if self.is_empty() {
            return a.cmp(b);
        }
        let compare_field = |spec: &KeySpec| {
            let order = match (self.part(a, spec), self.part(b, spec)) {
                (None, None) => both_missing,
                (None, Some(_)) => Ordering::Less,
                (Some(_), None) => Ordering::Greater,
                (Some(a), Some(b)) if spec.numeric => compare_numbers(a.digits(), b.digits()),
                (Some(a), Some(b)) => a.compare_bytes(&b),
            };
            if spec.reverse { order.reverse() } else { order }
        };
        self.specs.iter().map(compare_field).find(|order| order.is_ne()).unwrap_or(Ordering::Equal)
    }

    /// Hashes the fields that `key` has, one after the other, as `KeyFieldBasedPartitioner` does: start 0, without
    /// regard to `n` and `r`. Malformed UTF-8 is hashed as U+FFFD, since Hadoop goes by way of a Java string.
    /// Without fields this is [`java_string_hash`] of the key.
    pub fn hash(&self, key: &[u8]) -> i32 {
        if let Some(end) = self.first_field_end {
            // What stands before an ASCII byte decodes by itself, whatever comes behind.
            let field = &key[..memchr(end, key).unwrap_or(key.len())];
            if field.is_ascii() {
                return bytes_hash(field, 0);
            }
        }
        self.hash_parts(key)
    }

    /// The same, whatever is named.
    fn hash_parts(&self, key: &[u8]) -> i32 {
        if self.is_empty() {
            return java_string_hash(key);
        }
        let text = utf8::decode(key);
        let parts = self.specs.iter().filter_map(|spec| self.hashed_part(text.as_bytes(), spec));
        parts.fold(0, |hash, part| bytes_hash(part, hash))
    }

    /// The bytes of a field that are hashed; none if the field starts before the key or beyond its end.
    fn hashed_part<'k>(&self, key: &'k [u8], spec: &KeySpec) -> Option<&'k [u8]> {
        let begin = usize::try_from(self.begin(key, spec)?).ok()?;
        let behind = usize::try_from(self.end(key, spec)).ok()?;
        Some(key.get(begin..behind).unwrap_or_default())
    }

    /// The part of `key` that is compared; `None` if the key lacks the field.
    fn part<'k>(&self, key: &'k [u8], spec: &KeySpec) -> Option<Part<'k>> {
        let begin = self.begin(key, spec)?;
        let end = self.end(key, spec);
        let behind = usize::try_from(end).unwrap_or(0);
        if let Ok(begin) = usize::try_from(begin) {
            let bytes = Cow::Borrowed(key.get(begin..behind).unwrap_or_default());
            let first = key.get(begin).copied().unwrap_or_default();
            return Some(Part { first, bytes, length: end - signed(begin) });
        }
        let first = last_length_byte(key);
        let bytes = Cow::Owned([&[first], &key[..behind]].concat());
        Some(Part { first, bytes, length: end - begin })
    }

    /// The index in `key` of a part's first byte, at least -1; `None` if the key lacks the field
    /// (`KeyFieldHelper.getStartOffset`).
    fn begin(&self, key: &[u8], spec: &KeySpec) -> Option<i64> {
        let (position, _) = self.field(key, spec.begin_field)?;
        let length = signed(key.len());
        (position + spec.begin_character <= length).then_some(position + spec.begin_character - 1)
    }

    /// The index in `key` behind a part's last byte (`KeyFieldHelper.getEndOffset`, which gives the last byte's).
    fn end(&self, key: &[u8], spec: &KeySpec) -> i64 {
        let length = signed(key.len());
        if spec.end_field == 0 {
            return length;
        }
        let Some((position, rest)) = self.field(key, spec.end_field) else { return length };
        let characters =
            if spec.end_character == 0 { self.field_length(rest) } else { spec.end_character };
        (position + characters).min(length)
    }

    /// The offset of a field and the key's bytes from there on; `None` if the key has fewer fields.
    ///
    /// With a separator of several bytes the two do not agree: Hadoop's search moves on by one byte behind a
    /// separator, yet its offsets count all of it.
    fn field<'k>(&self, key: &'k [u8], number: i64) -> Option<(i64, &'k [u8])> {
        let mut position = 0;
        let mut rest = key;
        for _ in 1..number {
            let length = self.find_separator(rest)?;
            position += signed(length + self.separator.len());
            rest = &rest[length + 1..];
        }
        Some((position, rest))
    }

    /// The length of the field at the start of `rest`.
    fn field_length(&self, rest: &[u8]) -> i64 {
        signed(self.find_separator(rest).unwrap_or(rest.len()))
    }

    fn find_separator(&self, bytes: &[u8]) -> Option<usize> {
        match self.separator.as_slice() {
            &[byte] => memchr(byte, bytes),
            separator => memmem::find(bytes, separator),
        }
    }
}

impl KeySpec {
    /// Whether it names the first field, all of it.
    fn is_first_field(&self) -> bool {
        self.begin_field <= 1
            && self.begin_character == 1
            && self.end_field == 1
            && self.end_character == 0
    }
}

/// The part of a key that one `-k` option names.
struct Part<'k> {
    /// The byte where the part starts, which may lie behind an empty part.
    first: u8,
    bytes: Cow<'k, [u8]>,
    /// The length as Hadoop computes it: negative when the part ends before it starts.
    length: i64,
}

impl Part<'_> {
    /// Unsigned bytes, then length, as `WritableComparator.compareBytes`.
    fn compare_bytes(&self, other: &Self) -> Ordering {
        self.bytes.cmp(&other.bytes).then(self.length.cmp(&other.length))
    }

    fn digits(&self) -> Digits<'_> {
        Digits { first: self.first, bytes: &self.bytes }
    }
}

/// An index or length among a key's bytes as a number that may go below 0. No slice is longer than `isize::MAX`.
fn signed(index: usize) -> i64 {
    index.cast_signed() as i64
}

/// The byte before a serialised key, the last one of its length. Hadoop's comparator reads it for `-k1.0`.
fn last_length_byte(key: &[u8]) -> u8 {
    key.len().to_le_bytes()[0]
}

/// What `java.util.StringTokenizer` parts words by.
const JAVA_BLANKS: [char; 5] = [' ', '\t', '\n', '\r', '\u{c}'];

fn separator_or_tab(separator: &[u8]) -> Vec<u8> {
    if separator.is_empty() { b"\t".to_vec() } else { separator.to_vec() }
}

/// Reads the argument of a `-k`: `FIELD[.CHARACTER][n][r][,FIELD[.CHARACTER][n][r]]`.
fn parse_key(argument: &str) -> Result<KeySpec, KeyFieldsError> {
    let mut spec = WHOLE_KEY;
    let mut rest = argument;
    spec.begin_field = take_number(&mut rest, argument)?;
    if take(&mut rest, '.') {
        spec.begin_character = take_number(&mut rest, argument)?;
    }
    take_flags(&mut rest, &mut spec);
    if take(&mut rest, ',') {
        spec.end_field = take_number(&mut rest, argument)?;
        if take(&mut rest, '.') {
            spec.end_character = take_number(&mut rest, argument)?;
        }
        take_flags(&mut rest, &mut spec);
    }
    if rest.is_empty() {
        Ok(spec)
    } else {
        Err(KeyFieldsError::Unexpected { argument: argument.into(), rest: rest.into() })
    }
}

/// Takes `sign` off the start of `rest` if it is there.
fn take(rest: &mut &str, sign: char) -> bool {
    rest.strip_prefix(sign).map(|behind| *rest = behind).is_some()
}

fn take_flags(rest: &mut &str, spec: &mut KeySpec) {
    loop {
        if take(rest, 'n') {
            spec.numeric = true;
        } else if take(rest, 'r') {
            spec.reverse = true;
        } else {
            return;
        }
    }
}

/// Takes a number as `Integer.parseInt` reads it off the start of `rest`: all up to one of `n`, `r`, `.` and `,`.
fn take_number(rest: &mut &str, argument: &str) -> Result<i64, KeyFieldsError> {
    let end = rest.find(['n', 'r', '.', ',']).unwrap_or(rest.len());
    let (number, behind) = rest.split_at(end);
    *rest = behind;
    // Where no digit stands, `KeyFieldHelper` takes the next character for the number.
    let number = if number.is_empty() { behind.get(..1).unwrap_or_default() } else { number };
    match number.parse::<i32>() {
        Ok(value) if value >= 0 => Ok(value.into()),
        Ok(_) => Err(KeyFieldsError::Negative { argument: argument.into(), number: number.into() }),
        Err(_) => {
            Err(KeyFieldsError::NotANumber { argument: argument.into(), number: number.into() })
        }
    }
}

impl fmt::Display for KeySpec {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { begin_field, begin_character, end_field, end_character, .. } = self;
        write!(f, "-k{begin_field}.{begin_character},{end_field}.{end_character}")?;
        f.write_str(if self.numeric { "n" } else { "" })?;
        f.write_str(if self.reverse { "r" } else { "" })
    }
}

/// Why `-k` options cannot be read.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum KeyFieldsError {
    /// A number is expected and something else, or nothing, is there.
    NotANumber {
        /// The argument of the `-k`.
        argument: String,
        /// What stands in the number's place.
        number: String,
    },
    /// A number is negative. Hadoop accepts it and reads bytes that do not belong to the key.
    Negative {
        /// The argument of the `-k`.
        argument: String,
        /// The number.
        number: String,
    },
    /// Something follows that is no part of the form.
    Unexpected {
        /// The argument of the `-k`.
        argument: String,
        /// What follows.
        rest: String,
    },
}

impl fmt::Display for KeyFieldsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotANumber { argument, number } => {
                let exception = match number.as_str() {
                    "" => "java.util.NoSuchElementException".to_owned(),
                    number => {
                        format!("java.lang.NumberFormatException: For input string: \"{number}\"")
                    }
                };
                write!(f, "{exception}: invalid -k argument `{argument}`: a number is expected")?;
            }
            Self::Negative { argument, number } => {
                write!(
                    f,
                    "invalid -k argument `{argument}`: {number} is negative, but fields count from 1"
                )?;
            }
            Self::Unexpected { argument, rest } => {
                write!(
                    f,
                    "java.lang.IllegalArgumentException: Invalid -k argument `{argument}`: `{rest}` is unexpected"
                )?;
            }
        }
        f.write_str("; it must be of the form -k pos1[,pos2], where pos is of the form f[.c]nr, such as -k2,2nr")
    }
}

impl error::Error for KeyFieldsError {}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn fields(options: &str) -> KeyFields {
        KeyFields::parse(options, b"\t").unwrap()
    }

    /// The cases of Hadoop's `TestKeyFieldHelper`.
    #[test]
    fn options_read_as_in_hadoop() {
        let cases = [
            ("-k1.2,3.4", "-k1.2,3.4"),
            ("-k 1.2", "-k1.2,0.0"),
            ("-nr -k1.2,3.4", "-k1.2,3.4nr"),
            ("-nr -k1.2,3.4n", "-k1.2,3.4n"),
            ("-nr -k1.2,3.4r", "-k1.2,3.4r"),
            (
                "-nr -k1.2,3.4 -k5.6,7.8n -k9.10,11.12r -k13.14,15.16nr",
                "-k1.2,3.4nr -k5.6,7.8n -k9.10,11.12r -k13.14,15.16nr",
            ),
            ("-k1.2n,3.4", "-k1.2,3.4n"),
            ("-k1.2r,3.4", "-k1.2,3.4r"),
            ("-k1.2nr,3.4", "-k1.2,3.4nr"),
            ("-k1.2,3.4n -k5.6,7.8", "-k1.2,3.4n -k5.6,7.8"),
            ("-r -k1.2,3.4 -k5.6,7.8", "-k1.2,3.4r -k5.6,7.8r"),
            ("-n", "-k1.1,0.0n"),
            ("-r", "-k1.1,0.0r"),
            ("-nr", "-k1.1,0.0nr"),
            ("word -x", "-k1.1,0.0"),
            ("-k", "-k1.1,0.0"),
            ("", ""),
        ];
        for (options, expected) in cases {
            let specs: Vec<_> = fields(options).specs.iter().map(KeySpec::to_string).collect();
            assert_eq!(specs.join(" "), expected, "{options}");
        }
    }

    /// The cases of Hadoop's `TestKeyFieldHelper`.
    #[test]
    fn parts_are_those_of_hadoop() {
        let cases = [
            ("-k1,2", "hi\thello", Some("hi\thello")),
            ("-k1.0,0", "hi\thello", None),
            ("-k1,0", "hi\thello", Some("hi\thello")),
            ("-k1.2,0", "hi\thello", Some("i\thello")),
            ("-k1.1,2.3", "hi\thello", Some("hi\thel")),
            ("-k1.2,2.3", "hi\thello", Some("i\thel")),
            ("-k1.2,3.0", "hi\thello", Some("i\thello")),
            ("-k3.1,4.0", "hi\thello", None),
            ("-k2.1", "hi\thello\thow", Some("hello\thow")),
            ("-k2,1", "hi\thello", Some("")),
        ];
        for (options, key, expected) in cases {
            let fields = fields(options);
            let part = fields.hashed_part(key.as_bytes(), &fields.specs[0]);
            assert_eq!(part, expected.map(str::as_bytes), "{options}");
        }
    }

    #[test]
    fn the_byte_before_the_key_is_its_length() {
        let fields = fields("-k1.0,1");
        assert_eq!(fields.compare(b"zz", b"aaa"), Ordering::Less);
        assert_eq!(fields.compare(b"", b"a"), Ordering::Less);
    }

    #[test]
    fn bad_options_are_explained() {
        let form = "; it must be of the form -k pos1[,pos2], where pos is of the form f[.c]nr, such as -k2,2nr";
        let cases = [
            (
                "-kx",
                "java.lang.NumberFormatException: For input string: \"x\": invalid -k argument `x`",
            ),
            ("-k1,", "java.util.NoSuchElementException: invalid -k argument `1,`"),
            (
                "-k 1.n",
                "java.lang.NumberFormatException: For input string: \"n\": invalid -k argument `1.n`",
            ),
            (
                "-k1,2,3",
                "java.lang.IllegalArgumentException: Invalid -k argument `1,2,3`: `,3` is unexpected",
            ),
            (
                "-k1n.2",
                "java.lang.IllegalArgumentException: Invalid -k argument `1n.2`: `.2` is unexpected",
            ),
            ("-k1.-5", "invalid -k argument `1.-5`: -5 is negative, but fields count from 1"),
            (
                "-k99999999999",
                "java.lang.NumberFormatException: For input string: \"99999999999\": invalid -k argument `99999999999`",
            ),
        ];
        for (options, expected) in cases {
            let message = KeyFields::parse(options, b"\t").unwrap_err().to_string();
            assert!(message.starts_with(expected) && message.ends_with(form), "{message}");
        }
    }

    #[test]
    fn malformed_text_is_hashed_as_replacement_characters() {
        assert_eq!(fields("-k1,1").hash(b"\xff\tb"), fields("-k1,1").hash("\u{fffd}".as_bytes()));
    }

    #[test]
    fn the_first_field_is_known_by_its_options() {
        for options in ["-k1,1", "-k1.1,1", "-k0,1.0", "-k1,1nr"] {
            assert_eq!(fields(options).first_field_end, Some(b'\t'), "{options}");
        }
        for options in ["", "-k1", "-k1,2", "-k2,2", "-k1.2,1", "-k1,1.1", "-k1,1 -k2,2"] {
            assert_eq!(fields(options).first_field_end, None, "{options}");
        }
        assert_eq!(KeyFields::first_fields(1, b".").first_field_end, Some(b'.'));
        assert_eq!(KeyFields::first_fields(1, b"::").first_field_end, None);
        assert_eq!(KeyFields::first_fields(1, b"\xff").first_field_end, None);
    }

    fn any_options() -> impl Strategy<Value = String> {
        let position = "[0-4](\\.[0-3])?n?r?(,[0-4](\\.[0-3])?n?r?)?";
        prop::collection::vec(position, 1..3).prop_map(|positions| {
            positions.iter().flat_map(|position| ["-k", position, " "]).collect()
        })
    }

    fn any_key() -> impl Strategy<Value = Vec<u8>> {
        prop::collection::vec(prop::sample::select(b"\t\t:a017.-\xff".to_vec()), 0..9)
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(1000))]

        #[test]
        fn any_options_are_read_or_refused(options in "[-knr0-9., ]{0,12}|.{0,12}", a in any_key(), b in any_key()) {
            if let Ok(fields) = KeyFields::parse(&options, b"\t") {
                fields.hash(&a);
                fields.compare_as_hadoop(&a, &b);
            }
        }

        #[test]
        fn the_first_field_has_the_hash_of_a_part(
            key in prop::collection::vec(prop::sample::select(b"\t:a0\xff\xe2\x82\xac\xed\xa0".to_vec()), 0..12),
        ) {
            let fields = fields("-k1,1");
            prop_assert_eq!(fields.hash(&key), fields.hash_parts(&key));
        }

        #[test]
        fn keys_have_one_order(
            options in any_options(), multi: bool, a in any_key(), b in any_key(), c in any_key(),
        ) {
            let fields = KeyFields::parse(&options, if multi { b"::" } else { b"\t" }).unwrap();
            let order = |a, b| fields.compare(a, b);
            prop_assert_eq!(order(&a, &b), order(&b, &a).reverse());
            prop_assert_eq!(order(&a, &a), Ordering::Equal);
            if order(&a, &b).is_le() && order(&b, &c).is_le() {
                prop_assert!(order(&a, &c).is_le());
            }
        }
    }
}
