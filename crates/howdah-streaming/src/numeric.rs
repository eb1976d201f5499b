//! Numbers in key fields: how the flag `n` of a `-k` option compares.
//!
//! `KeyFieldBasedComparator.numericalCompare` reads an optional minus sign, digits, and a fraction; any other byte ends
//! the number. [`compare_as_hadoop`] gives its very answers. They are no order: `7.0` equals both `7` and `007`, but
//! `007` comes before `7`. A sort needs one, so [`compare`] ranks by value first and then by spelling, and differs
//! only where Hadoop's answers contradict each other.

use std::cmp::Ordering;

/// The bytes of a field that is read as a number.
#[derive(Clone, Copy)]
pub(crate) struct Digits<'a> {
    /// The byte where the field starts. For an empty field it is the byte behind it: Hadoop reads it all the same.
    pub(crate) first: u8,
    /// The field.
    pub(crate) bytes: &'a [u8],
}

impl<'a> Digits<'a> {
    fn is_negative(self) -> bool {
        self.first == b'-'
    }

    /// The field without its sign and leading zeros.
    fn significant(self) -> &'a [u8] {
        let unsigned = if self.is_negative() { behind_first(self.bytes) } else { self.bytes };
        without_leading_zeros(unsigned)
    }
}

/// What Hadoop answers, contradictions included.
pub(crate) fn compare_as_hadoop(a: Digits<'_>, b: Digits<'_>) -> Ordering {
    match (a.is_negative(), b.is_negative()) {
        (true, false) => compare_negative_to_positive(a, b),
        (false, true) => compare_negative_to_positive(b, a).reverse(),
        (true, true) => compare_magnitudes(a, b).reverse(),
        (false, false) => compare_magnitudes(a, b),
    }
}

/// A negative number is less, except that `-0` and `0` are equal, spelled in any way.
fn compare_negative_to_positive(negative: Digits<'_>, positive: Digits<'_>) -> Ordering {
    if is_zero(behind_first(negative.bytes)) && is_zero(positive.bytes) {
        Ordering::Equal
    } else {
        Ordering::Less
    }
}

/// Compares without signs: by fraction if a point is met first, else by the number of digits that differ, else by the
/// first byte that differs. Where a number has ended, its first byte stands in, as in Hadoop.
fn compare_magnitudes(a: Digits<'_>, b: Digits<'_>) -> Ordering {
    let (rest_a, rest_b) = without_common_digits(a.significant(), b.significant());
    let byte_a = rest_a.first().copied().unwrap_or(a.first);
    let byte_b = rest_b.first().copied().unwrap_or(b.first);
    let point_in_a = byte_a == b'.' && (!byte_b.is_ascii_digit() || rest_b.is_empty());
    let point_in_b = byte_b == b'.' && (!byte_a.is_ascii_digit() || rest_a.is_empty());
    if point_in_a || point_in_b {
        return compare_fractions(rest_a, rest_b);
    }
    let digits = leading_digits(rest_a).len().cmp(&leading_digits(rest_b).len());
    digits.then(byte_a.cast_signed().cmp(&byte_b.cast_signed()))
}

/// Compares what follows equal digits when at least one side continues with a point.
fn compare_fractions(a: &[u8], b: &[u8]) -> Ordering {
    match (a.first(), b.first()) {
        (None, _) => digit_follows(behind_first(b)).reverse(),
        (Some(b'.'), Some(b'.')) => compare_after_points(a, b),
        (_, None) | (Some(b'.'), _) => digit_follows(behind_first(a)),
        (_, Some(b'.')) => digit_follows(behind_first(b)).reverse(),
        _ => Ordering::Equal,
    }
}

/// Compares two fractions by the first byte that differs.
fn compare_after_points(a: &[u8], b: &[u8]) -> Ordering {
    let common = a.iter().zip(b).take_while(|(byte_a, byte_b)| byte_a == byte_b).count();
    match (&a[common..], &b[common..]) {
        ([], rest) => digit_follows(rest).reverse(),
        (rest, []) => digit_follows(rest),
        ([byte_a, ..], [byte_b, ..]) => match (byte_a.is_ascii_digit(), byte_b.is_ascii_digit()) {
            (true, true) => byte_a.cmp(byte_b),
            (digit_in_a, digit_in_b) => digit_in_a.cmp(&digit_in_b),
        },
    }
}

/// `Greater` if a digit other than 0 comes first behind any zeros, else `Equal`.
fn digit_follows(bytes: &[u8]) -> Ordering {
    starts_with_digit(without_leading_zeros(bytes)).cmp(&false)
}

/// Whether the digits up to the first other byte, and those of a fraction, are all 0. No digits are 0 too.
fn is_zero(bytes: &[u8]) -> bool {
    let significant = without_leading_zeros(bytes);
    match significant.split_first() {
        Some((b'.', fraction)) => !starts_with_digit(without_leading_zeros(fraction)),
        _ => !starts_with_digit(significant),
    }
}

/// Ranks numbers by value and, between spellings of one value, as Hadoop ranks them: an order without contradictions.
///
/// It differs from [`compare_as_hadoop`] only between spellings of one value, one of which has a fraction of zeros
/// (`7.0`), a fraction with other bytes behind it (`.5x`), or is a negative zero (`-0`, `-x`).
pub(crate) fn compare(a: Digits<'_>, b: Digits<'_>) -> Ordering {
    let (a, b) = (Number::new(a), Number::new(b));
    match (a.negative, b.negative) {
        (true, true) => a.compare_magnitude(&b).reverse(),
        (false, false) => a.compare_magnitude(&b),
        (negative_a, negative_b) => negative_b.cmp(&negative_a),
    }
}

/// A number taken apart.
struct Number<'a> {
    negative: bool,
    /// The digits before the point, without leading zeros.
    integer: &'a [u8],
    /// The digits behind the point, without trailing zeros.
    fraction: &'a [u8],
    /// What ranks spellings of one value: the byte that ends the integer, or the first byte where nothing does.
    spelling: i8,
}

impl<'a> Number<'a> {
    fn new(digits: Digits<'a>) -> Self {
        let significant = digits.significant();
        let integer = leading_digits(significant);
        let rest = &significant[integer.len()..];
        let fraction = fraction_of(rest);
        if integer.is_empty()
            && fraction.is_empty()
            && (digits.is_negative() || rest.first() == Some(&b'.'))
        {
            return Self::ZERO;
        }
        let ending = rest.first().filter(|&&byte| byte != b'.');
        let spelling =
            if fraction.is_empty() { ending.copied().unwrap_or(digits.first) } else { b'0' };
        let negative = digits.is_negative();
        Self { negative, integer, fraction, spelling: spelling.cast_signed() }
    }

    const ZERO: Self =
        Self { negative: false, integer: b"", fraction: b"", spelling: b'0'.cast_signed() };

    fn compare_magnitude(&self, other: &Self) -> Ordering {
        let by_length = self.integer.len().cmp(&other.integer.len());
        let by_digits = by_length.then_with(|| self.integer.cmp(other.integer));
        by_digits
            .then_with(|| self.fraction.cmp(other.fraction))
            .then(self.spelling.cmp(&other.spelling))
    }
}

/// The digits behind a point at the start of `bytes`, without trailing zeros.
fn fraction_of(bytes: &[u8]) -> &[u8] {
    let mut fraction = bytes.strip_prefix(b".").map(leading_digits).unwrap_or_default();
    while let Some(shorter) = fraction.strip_suffix(b"0") {
        fraction = shorter;
    }
    fraction
}

fn without_leading_zeros(bytes: &[u8]) -> &[u8] {
    let zeros = bytes.iter().take_while(|&&byte| byte == b'0').count();
    &bytes[zeros..]
}

fn without_common_digits<'a>(a: &'a [u8], b: &'a [u8]) -> (&'a [u8], &'a [u8]) {
    let common = a
        .iter()
        .zip(b)
        .take_while(|(byte_a, byte_b)| byte_a == byte_b && byte_a.is_ascii_digit())
        .count();
    (&a[common..], &b[common..])
}

fn leading_digits(bytes: &[u8]) -> &[u8] {
    let digits = bytes.iter().take_while(|byte| byte.is_ascii_digit()).count();
    &bytes[..digits]
}

fn starts_with_digit(bytes: &[u8]) -> bool {
    bytes.first().is_some_and(u8::is_ascii_digit)
}

fn behind_first(bytes: &[u8]) -> &[u8] {
    bytes.get(1..).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn digits(text: &str) -> Digits<'_> {
        Digits { first: text.as_bytes().first().copied().unwrap_or(b'\t'), bytes: text.as_bytes() }
    }

    fn ours(a: &str, b: &str) -> Ordering {
        compare(digits(a), digits(b))
    }

    fn hadoop(a: &str, b: &str) -> Ordering {
        compare_as_hadoop(digits(a), digits(b))
    }

    #[test]
    fn numbers_rank_by_value() {
        let ranked = ["-10.5", "-10", "-9", "-.25", "0", ".5", "1", "2.5", "9", "10", "100"];
        for (index, a) in ranked.iter().enumerate() {
            for (other, b) in ranked.iter().enumerate() {
                assert_eq!(ours(a, b), index.cmp(&other), "{a} {b}");
                assert_eq!(hadoop(a, b), index.cmp(&other), "{a} {b}");
            }
        }
    }

    #[test]
    fn contradictions_of_hadoop_are_settled() {
        assert_eq!(
            [hadoop("007", "7.0"), hadoop("7.0", "7"), hadoop("007", "7")],
            [Ordering::Equal, Ordering::Equal, Ordering::Less]
        );
        assert_eq!(
            [ours("007", "7.0"), ours("7.0", "7"), ours("007", "7")],
            [Ordering::Less, Ordering::Equal, Ordering::Less]
        );
        assert_eq!(
            [hadoop("0", "-0"), hadoop("-0", "abc"), hadoop("0", "abc")],
            [Ordering::Equal, Ordering::Equal, Ordering::Less]
        );
        assert_eq!(
            [ours("0", "-0"), ours("-0", "abc"), ours("0", "abc")],
            [Ordering::Equal, Ordering::Less, Ordering::Less]
        );
    }

    fn any_field() -> impl Strategy<Value = String> {
        "[-+0-3.x]{0,5}"
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(2000))]

        #[test]
        fn plain_numbers_rank_as_in_hadoop(a in "-?(0|[1-9][0-9]{0,2})(\\.[0-9]{1,3})?", b in "-?(0|[1-9][0-9]{0,2})(\\.[0-9]{1,3})?") {
            prop_assert_eq!(ours(&a, &b), hadoop(&a, &b));
        }

        #[test]
        fn different_values_rank_as_in_hadoop(a in any_field(), b in any_field()) {
            let (number_a, number_b) = (Number::new(digits(&a)), Number::new(digits(&b)));
            let same = (number_a.negative, number_a.integer, number_a.fraction) == (number_b.negative, number_b.integer, number_b.fraction);
            if !same {
                prop_assert_eq!(ours(&a, &b), hadoop(&a, &b));
            }
        }

        #[test]
        fn the_order_has_no_contradictions(a in any_field(), b in any_field(), c in any_field()) {
            prop_assert_eq!(ours(&a, &b), ours(&b, &a).reverse());
            prop_assert_eq!(ours(&a, &a), Ordering::Equal);
            if ours(&a, &b).is_le() && ours(&b, &c).is_le() {
                prop_assert!(ours(&a, &c).is_le());
            }
        }
    }
}
