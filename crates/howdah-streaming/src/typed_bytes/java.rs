//! Numbers as Java shows them.
//!
//! The digits are the fewest that name the number, but two at least: so JDK 19 and later write them. Older ones write
//! others for a few numbers, such as `4.9999999999999996E22` for `5.0E22`.

use std::fmt::{Debug, LowerExp};
use std::str::FromStr;

/// A double as `Double.toString` gives it.
///
/// ```
/// use howdah_streaming::typed_bytes::double_text;
///
/// assert_eq!([1.0, 1e7, 9.99e-4].map(double_text), ["1.0", "1.0E7", "9.99E-4"]);
/// ```
pub fn double_text(number: f64) -> String {
    named(number).unwrap_or_else(|| text(number, number.abs() == 0.0 || is_plain(number.abs())))
}

/// A float as `Float.toString` gives it.
///
/// ```
/// use howdah_streaming::typed_bytes::float_text;
///
/// assert_eq!([1.25, 0.1, f32::NAN].map(float_text), ["1.25", "0.1", "NaN"]);
/// ```
pub fn float_text(number: f32) -> String {
    let wide = f64::from(number);
    named(wide).unwrap_or_else(|| text(number, wide == 0.0 || is_plain(wide.abs())))
}

/// Whether Java writes a number of this size without an exponent.
fn is_plain(size: f64) -> bool {
    (1e-3..1e7).contains(&size)
}

fn named(number: f64) -> Option<String> {
    let name = match number {
        f64::INFINITY => "Infinity",
        f64::NEG_INFINITY => "-Infinity",
        _ if number.is_nan() => "NaN",
        _ => return None,
    };
    Some(name.to_owned())
}

fn text<N: Copy + Debug + LowerExp + PartialEq + FromStr>(number: N, is_plain: bool) -> String {
    if is_plain {
        return format!("{number:?}");
    }
    let fewest = format!("{number:e}");
    let (digits, exponent) = fewest.split_once('e').unwrap_or((&fewest, "0"));
    if digits.contains('.') {
        return format!("{digits}E{exponent}");
    }
    // Where one digit is enough, Java takes the two that are nearest.
    let two = format!("{number:.1e}");
    if two.parse().is_ok_and(|same: N| same == number) {
        return two.replace('e', "E");
    }
    format!("{digits}.0E{exponent}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn doubles_are_shown_as_by_java() {
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
}
