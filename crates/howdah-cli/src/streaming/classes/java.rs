//! Numbers as Java reads them.

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

#[cfg(test)]
mod tests {
    use super::*;

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
