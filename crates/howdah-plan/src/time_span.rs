//! Lengths of time, as people write them.

use std::time::Duration;

/// A length of time: digits with ms, s, m or h behind them. `None` if it is none, or more than a machine can count.
///
/// ```
/// use std::time::Duration;
///
/// use howdah_plan::time_span::parse;
///
/// assert_eq!(parse("500ms"), Some(Duration::from_millis(500)));
/// assert_eq!(parse("2s"), Some(Duration::from_secs(2)));
/// assert_eq!(parse("2"), None);
/// ```
pub fn parse(text: &str) -> Option<Duration> {
    let units = [("ms", 1), ("s", 1000), ("m", 60_000), ("h", 3_600_000)];
    let (digits, size) =
        units.into_iter().find_map(|(unit, size)| Some((text.strip_suffix(unit)?, size)))?;
    // `parse` would take a sign.
    let is_number = digits.bytes().all(|byte| byte.is_ascii_digit());
    let number: u64 = digits.parse().ok().filter(|_| is_number)?;
    number.checked_mul(size).map(Duration::from_millis)
}
