//! Numbers as Java reads them.

/// What Java says of a double in a text of blanks.
const BLANK: &str = "empty String";

/// Why text is no number, as Java says it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NumberFormat(String);

impl std::fmt::Display for NumberFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("java.lang.NumberFormatException: ")?;
        match self.0.as_str() {
            BLANK => f.write_str(BLANK),
            text => write!(f, "For input string: \"{text}\""),
        }
    }
}

impl std::error::Error for NumberFormat {}

/// `Long.parseLong`: no blanks, and digits of any script.
pub(super) fn parse_long(text: &str) -> Result<i64, NumberFormat> {
    let number = if text.is_ascii() { text.parse() } else { ascii_digits(text).parse() };
    number.map_err(|_| NumberFormat(text.to_owned()))
}

/// The zeros behind which the digits of a script stand, as Java 17 knows them, of those in one UTF-16 unit.
const ZEROS: [char; 36] = [
    '\u{660}', '\u{6f0}', '\u{7c0}', '\u{966}', '\u{9e6}', '\u{a66}', '\u{ae6}', '\u{b66}',
    '\u{be6}', '\u{c66}', '\u{ce6}', '\u{d66}', '\u{de6}', '\u{e50}', '\u{ed0}', '\u{f20}',
    '\u{1040}', '\u{1090}', '\u{17e0}', '\u{1810}', '\u{1946}', '\u{19d0}', '\u{1a80}', '\u{1a90}',
    '\u{1b50}', '\u{1bb0}', '\u{1c40}', '\u{1c50}', '\u{a620}', '\u{a8d0}', '\u{a900}', '\u{a9d0}',
    '\u{a9f0}', '\u{aa50}', '\u{abf0}', '\u{ff10}',
];

fn ascii_digits(text: &str) -> String {
    let digit = |character: char| {
        let value = |zero: &char| u32::from(character).checked_sub(u32::from(*zero));
        let value = ZEROS.iter().filter_map(value).find(|&value| value < 10);
        value.and_then(|value| char::from_digit(value, 10)).unwrap_or(character)
    };
    text.chars().map(digit).collect()
}

/// `Double.parseDouble`: blanks around, and a `d` or `f` behind the digits, which may be hexadecimal.
pub(super) fn parse_double(text: &str) -> Result<f64, NumberFormat> {
    let failed = || NumberFormat(text.to_owned());
    let body = text.trim_matches(|c: char| c <= ' ');
    if body.is_empty() {
        return Err(NumberFormat(BLANK.to_owned()));
    }
    let (sign, magnitude) = match body.as_bytes().first() {
        Some(b'-') => (-1.0, &body[1..]),
        Some(b'+') => (1.0, &body[1..]),
        _ => (1.0, body),
    };
    match magnitude {
        "NaN" => return Ok(f64::NAN),
        "Infinity" => return Ok(sign * f64::INFINITY),
        _ => {}
    }
    let digits = magnitude.strip_suffix(['d', 'D', 'f', 'F']).unwrap_or(magnitude);
    if let Some(digits) = digits.strip_prefix("0x").or_else(|| digits.strip_prefix("0X")) {
        return hexadecimal(digits).map(|number| sign * number).ok_or_else(failed);
    }
    let is_decimal = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    if !is_decimal {
        return Err(failed());
    }
    digits.parse::<f64>().map(|number| sign * number).map_err(|_| failed())
}

/// The digits of a hexadecimal number, which must have a binary exponent: `1.8p3` is 12.
fn hexadecimal(digits: &str) -> Option<f64> {
    let (digits, exponent) = digits.split_once(['p', 'P'])?;
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let is_signed = exponent.starts_with(['+', '-']);
    let number = &exponent[usize::from(is_signed)..];
    if number.is_empty() || !number.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    // Beyond any double in either direction it does not matter how far.
    let exponent: i32 =
        exponent.parse().unwrap_or(if exponent.starts_with('-') { -9999 } else { 9999 });
    let mut exponent = exponent.clamp(-9999, 9999);
    if whole.is_empty() && fraction.is_empty() {
        return None;
    }
    let mut significand = 0u64;
    for (at, character) in whole.chars().chain(fraction.chars()).enumerate() {
        let digit = u64::from(character.to_digit(16)?);
        let is_kept = significand >> 58 == 0;
        if is_kept {
            significand = significand << 4 | digit;
        } else {
            significand |= u64::from(digit != 0); // only whether anything follows decides how it is rounded
        }
        match (is_kept, at >= whole.len()) {
            (true, true) => exponent = exponent.saturating_sub(4),
            (false, false) => exponent = exponent.saturating_add(4),
            _ => {}
        }
    }
    Some(scaled(significand, exponent))
}

/// `significand` times two to the power of `exponent`, rounded once unless the result is below the normal doubles.
#[expect(clippy::cast_precision_loss, reason = "it is rounded here, to the nearest as Java does")]
fn scaled(significand: u64, exponent: i32) -> f64 {
    let mut number = significand as f64;
    let mut left = exponent;
    while left != 0 && number != 0.0 && number.is_finite() {
        let step = left.clamp(-1000, 1000);
        number *= 2f64.powi(step);
        left -= step;
    }
    number
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_read_as_by_java() {
        assert_eq!(parse_long("+5"), Ok(5));
        assert_eq!(parse_long("-\u{661}\u{ff19}"), Ok(-19));
        assert!(parse_long("\u{b2}").is_err());
        assert_eq!(
            parse_long(" 5").unwrap_err().to_string(),
            "java.lang.NumberFormatException: For input string: \" 5\""
        );
        for (text, number) in [
            (" 1e3 ", 1e3),
            ("0x1.8p3", 12.0),
            ("-0XAP-1d", -5.0),
            ("0x1p9999", f64::INFINITY),
            ("-.5d", -0.5),
            ("2.F", 2.0),
            ("-Infinity", f64::NEG_INFINITY),
        ] {
            assert_eq!(parse_double(text), Ok(number), "{text}");
        }
        for text in ["", "inf", "nan", "1 2", "x", "1e", "0x1", "0xp1", "0x1p", "0x1p+", "1_0"] {
            assert!(parse_double(text).is_err(), "{text}");
        }
    }
}
