//! Numbers of bytes, as people write them.

/// A number of bytes: digits, perhaps with K, M, G or T behind them, which are powers of 1024. `None` if it is none, or
/// more than a machine can count.
///
/// ```
/// use howdah_plan::byte_size::parse;
///
/// assert_eq!(parse("64M"), Some(64 << 20));
/// assert_eq!(parse("1000"), Some(1000));
/// assert_eq!(parse("1.5G"), None);
/// ```
pub fn parse(text: &str) -> Option<u64> {
    let (digits, shift) = match text.as_bytes().last()?.to_ascii_uppercase() {
        b'K' => (&text[..text.len() - 1], 10),
        b'M' => (&text[..text.len() - 1], 20),
        b'G' => (&text[..text.len() - 1], 30),
        b'T' => (&text[..text.len() - 1], 40),
        _ => (text, 0),
    };
    // `parse` would take a sign.
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = is_number.then(|| digits.parse().ok())??;
    number.checked_mul(1 << shift)
}

#[cfg(test)]
mod tests {
    use super::parse;

    #[test]
    fn units_are_powers_of_1024() {
        assert_eq!(parse("0"), Some(0));
        assert_eq!(
            (parse("3k"), parse("3M"), parse("3g")),
            (Some(3 << 10), Some(3 << 20), Some(3 << 30))
        );
        assert_eq!(parse("2T"), Some(2 << 40));
        for none in ["", "M", "1.5G", "+1", "-1", "64MB", "99999999999T", "é", "1é"] {
            assert_eq!(parse(none), None, "{none}");
        }
    }
}
