//! Numbers as Java reads and writes them.

/// Why text is no number, as Java says it.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct NumberFormat(String);

impl std::fmt::Display for NumberFormat {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "java.lang.NumberFormatException: For input string: \"{}\"", self.0)
    }
}

impl std::error::Error for NumberFormat {}

/// `Long.parseLong`: no blanks.
pub(super) fn parse_long(text: &str) -> Result<i64, NumberFormat> {
    text.parse().map_err(|_| NumberFormat(text.to_owned()))
}

/// `Double.parseDouble`: blanks around, and a `d` or `f` behind the digits.
pub(super) fn parse_double(text: &str) -> Result<f64, NumberFormat> {
    let failed = || NumberFormat(text.to_owned());
    let body = text.trim_matches(|c: char| c <= ' ');
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
    let is_decimal = digits.starts_with(|c: char| c.is_ascii_digit() || c == '.')
        && digits
            .bytes()
            .all(|byte| matches!(byte, b'0'..=b'9' | b'.' | b'e' | b'E' | b'+' | b'-'));
    if !is_decimal {
        return Err(failed());
    }
    digits.parse::<f64>().map(|number| sign * number).map_err(|_| failed())
}

/// `Double.toString`: the fewest digits that name the number, two or more.
pub(super) fn double_text(number: f64) -> String {
    if number.is_nan() {
        return "NaN".to_owned();
    }
    if number.is_infinite() {
        return if number > 0.0 { "Infinity" } else { "-Infinity" }.to_owned();
    }
    let magnitude = number.abs();
    if magnitude == 0.0 || (1e-3..1e7).contains(&magnitude) {
        return format!("{number:?}");
    }
    let shortest = format!("{number:e}");
    let (digits, exponent) = shortest.split_once('e').unwrap_or((&shortest, "0"));
    if digits.contains('.') {
        return format!("{digits}E{exponent}");
    }
    // One digit is not enough for Java, which then takes the two that are nearest.
    let two = format!("{number:.1e}");
    if two.parse() == Ok(number) {
        return two.replace('e', "E");
    }
    format!("{digits}.0E{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_written_as_by_java() {
        for (bits, text) in [
            (0x0000_0000_0000_0000, "0.0"),
            (0x8000_0000_0000_0000, "-0.0"),
            (0x3fb9_9999_9999_999a, "0.1"),
            (0x3fd3_3333_3333_3334, "0.30000000000000004"),
            (0x4163_12d0_0000_0000, "1.0E7"),
            (0x4163_12cf_e000_0000, "9999999.0"),
            (0x3f50_624d_d2f1_a9fc, "0.001"),
            (0x3f50_5e1c_1509_7c81, "9.99E-4"),
            (0x419d_6f34_5480_0000, "1.23456789125E8"),
            (0x0000_0000_0000_0001, "4.9E-324"),
            (0x7fef_ffff_ffff_ffff, "1.7976931348623157E308"),
            (0x7ff0_0000_0000_0000, "Infinity"),
            (0x4059_0000_0000_0000, "100.0"),
        ] {
            assert_eq!(double_text(f64::from_bits(bits)), text);
        }
    }

    #[test]
    fn numbers_are_read_as_by_java() {
        assert_eq!(parse_long("+5"), Ok(5));
        assert_eq!(
            parse_long(" 5").unwrap_err().to_string(),
            "java.lang.NumberFormatException: For input string: \" 5\""
        );
        for (text, number) in
            [(" 1e3 ", 1e3), ("-.5d", -0.5), ("2.F", 2.0), ("-Infinity", f64::NEG_INFINITY)]
        {
            assert_eq!(parse_double(text), Ok(number), "{text}");
        }
        for text in ["", "inf", "nan", "1 2", "x", "1e"] {
            assert!(parse_double(text).is_err(), "{text}");
        }
    }
}
