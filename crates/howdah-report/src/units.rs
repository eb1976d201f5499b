//! Figures for people: byte sizes, counts, times and shares.
//!
//! All arithmetic is on integers, so that no figure is ever NaN or infinite and rounding never shows `1000 kB`
//! or `60.0 s`.

use std::fmt;
use std::time::Duration;

/// A byte size in powers of 1000: `523 B`, `3.1 MB`, `120 MB`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Bytes(pub(crate) u64);

impl fmt::Display for Bytes {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&scaled(self.0, &[" B", " kB", " MB", " GB", " TB", " PB", " EB"]))
    }
}

/// A count at a glance: `9,876`, `3.1 M`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Count(pub(crate) u64);

impl fmt::Display for Count {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.0 < 10_000 {
            return Exact(self.0).fmt(f);
        }
        f.pad(&scaled(self.0, &["", " k", " M", " G", " T", " P", " E"]))
    }
}

/// A count to the last digit, its thousands apart: `1,234,567`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Exact(pub(crate) u64);

impl fmt::Display for Exact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let digits = self.0.to_string();
        let mut text = String::with_capacity(digits.len() + digits.len() / 3);
        for (place, digit) in digits.chars().enumerate() {
            if place > 0 && (digits.len() - place).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        f.pad(&text)
    }
}

/// A time: `<0.1 ms`, `0.4 ms`, `12 ms`, `2.6 s`, `3 min 5 s`, `2 h 5 min`, `3 d 4 h`.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Time(pub(crate) Duration);

impl fmt::Display for Time {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // In tenths of a millisecond, rounded.
        let tenths = (self.0.as_micros() + 50) / 100;
        let seconds = (tenths + 5_000) / 10_000;
        let text = match tenths {
            0 if self.0.is_zero() => "0 s".to_owned(),
            0 => "<0.1 ms".to_owned(),
            1..=99 => format!("{}.{} ms", tenths / 10, tenths % 10),
            100..=9_994 => format!("{} ms", (tenths + 5) / 10),
            9_995..=599_499 => {
                let tenths_of_seconds = (tenths + 500) / 1_000;
                format!("{}.{} s", tenths_of_seconds / 10, tenths_of_seconds % 10)
            }
            _ if seconds < 3_600 => format!("{} min {} s", seconds / 60, seconds % 60),
            _ if seconds < 86_400 => format!("{} h {} min", seconds / 3_600, seconds / 60 % 60),
            _ => format!("{} d {} h", seconds / 86_400, seconds / 3_600 % 24),
        };
        f.pad(&text)
    }
}

/// A part of a whole: `12 %`, `<1 %`, and `-` for none or of nothing.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Share {
    pub(crate) part: Duration,
    pub(crate) whole: Duration,
}

impl fmt::Display for Share {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (part, whole) = (self.part.as_nanos(), self.whole.as_nanos());
        if part == 0 || whole == 0 {
            return f.pad("-");
        }
        match (part.saturating_mul(100) + whole / 2) / whole {
            0 => f.pad("<1 %"),
            percent => f.pad(&format!("{percent} %")),
        }
    }
}

/// A count with its noun: `1 task`, `3.1 M records`.
pub(crate) fn counted(count: u64, noun: &str) -> String {
    format!("{} {noun}{}", Count(count), if count == 1 { "" } else { "s" })
}

/// A figure in the largest unit of which it has one: a decimal below ten, none from there.
fn scaled(figure: u64, units: &[&str]) -> String {
    let figure = u128::from(figure);
    let mut size = 1_u128;
    let mut text = String::new();
    for (power, unit) in units.iter().enumerate() {
        let whole = (figure + size / 2) / size;
        let tenths = (figure * 10 + size / 2) / size;
        text = if power > 0 && tenths < 100 {
            format!("{}.{}{unit}", tenths / 10, tenths % 10)
        } else {
            format!("{whole}{unit}")
        };
        if whole < 1_000 {
            break;
        }
        size *= 1_000;
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn bytes_are_powers_of_a_thousand() {
        let cases = [
            (0, "0 B"),
            (999, "999 B"),
            (1_000, "1.0 kB"),
            (1_049, "1.0 kB"),
            (9_949, "9.9 kB"),
            (9_950, "10 kB"),
            (999_499, "999 kB"),
            (999_500, "1.0 MB"),
            (120_400_000, "120 MB"),
            (3_141_592_653, "3.1 GB"),
            (u64::MAX, "18 EB"),
        ];
        for (bytes, shown) in cases {
            assert_eq!(Bytes(bytes).to_string(), shown);
        }
    }

    #[test]
    fn counts_are_exact_while_that_is_readable() {
        assert_eq!(Count(9_999).to_string(), "9,999");
        assert_eq!(Count(10_000).to_string(), "10 k");
        assert_eq!(Count(3_149_000).to_string(), "3.1 M");
        assert_eq!(Exact(0).to_string(), "0");
        assert_eq!(Exact(1_234_567).to_string(), "1,234,567");
        assert_eq!(Exact(123_456).to_string(), "123,456");
        assert_eq!(counted(1, "record"), "1 record");
        assert_eq!(counted(0, "record"), "0 records");
    }

    #[test]
    fn times_never_show_sixty_of_anything() {
        let cases = [
            (0, "0 s"),
            (40, "<0.1 ms"),
            (449, "0.4 ms"),
            (9_949, "9.9 ms"),
            (9_950, "10 ms"),
            (999_449, "999 ms"),
            (999_500, "1.0 s"),
            (2_649_000, "2.6 s"),
            (59_949_000, "59.9 s"),
            (59_950_000, "1 min 0 s"),
            (185_000_000, "3 min 5 s"),
            (3_599_600_000, "1 h 0 min"),
            (7_500_000_000, "2 h 5 min"),
            (273_600_000_000, "3 d 4 h"),
        ];
        for (micros, shown) in cases {
            assert_eq!(Time(Duration::from_micros(micros)).to_string(), shown, "{micros}");
        }
        assert_eq!(Time(Duration::MAX).to_string(), "213503982334601 d 7 h");
    }

    #[test]
    fn shares_of_nothing_are_none() {
        let share = |part, whole| {
            Share { part: Duration::from_millis(part), whole: Duration::from_millis(whole) }
                .to_string()
        };
        assert_eq!(share(0, 0), "-");
        assert_eq!(share(5, 0), "-");
        assert_eq!(share(0, 5), "-");
        assert_eq!(share(1, 1_000), "<1 %");
        assert_eq!(share(5, 1_000), "1 %");
        assert_eq!(share(995, 1_000), "100 %");
        assert_eq!(Share { part: Duration::MAX, whole: Duration::MAX }.to_string(), "100 %");
    }
}
