//! Numbers as Java shows them.
//!
//! Hadoop runs on Java 8, 11 and 17, whose digits are those of before JDK 19: enough to name the number, but now and
//! then not the fewest, such as `2.2250738585072014E-308` and `9.999999999999999E22`. So exactly these digits are made
//! here: digits are taken from the exact number until what is left is within half the distance to its neighbours, and
//! whole numbers beyond the precision lose their last digits.

#![expect(
    clippy::cast_possible_wrap,
    clippy::cast_sign_loss,
    reason = "exponents and counts of bits are below 2000, and digits below 10"
)]

use std::cmp::Ordering;

/// A double as `Double.toString` gives it.
///
/// ```
/// use howdah_streaming::typed_bytes::double_text;
///
/// assert_eq!([1.0, 1e7, 9.99e-4].map(double_text), ["1.0", "1.0E7", "9.99E-4"]);
/// ```
pub fn double_text(number: f64) -> String {
    let fraction = number.to_bits() & ((1 << HIDDEN_BIT) - 1);
    let exponent = (number.to_bits() >> HIDDEN_BIT) as i32 & 0x7ff;
    text(number, || Unpacked::of(fraction, exponent, 1023, HIDDEN_BIT))
}

/// A float as `Float.toString` gives it.
///
/// ```
/// use howdah_streaming::typed_bytes::float_text;
///
/// assert_eq!([1.25, 0.1, f32::NAN].map(float_text), ["1.25", "0.1", "NaN"]);
/// ```
pub fn float_text(number: f32) -> String {
    let fraction = u64::from(number.to_bits() & ((1 << 23) - 1));
    let exponent = (number.to_bits() >> 23) as i32 & 0xff;
    text(number.into(), || Unpacked::of(fraction, exponent, 127, 23))
}

/// The bit of a double's fraction that is not written, since it is always set.
const HIDDEN_BIT: u32 = 52;

fn text(number: f64, unpacked: impl Fn() -> Unpacked) -> String {
    let sign = if number.is_sign_negative() { "-" } else { "" };
    match number.abs() {
        _ if number.is_nan() => "NaN".to_owned(),
        f64::INFINITY => format!("{sign}Infinity"),
        0.0 => format!("{sign}0.0"),
        _ => format!("{sign}{}", unpacked().digits().text()),
    }
}

/// A number above zero: `fraction` has [`HIDDEN_BIT`] as its highest bit, which stands for two to the `exponent`.
struct Unpacked {
    fraction: u64,
    exponent: i32,
    /// How many bits of the fraction are known.
    precision: i32,
}

impl Unpacked {
    /// From the parts of a float or double, with the `bias` of its exponent and its own hidden bit.
    fn of(fraction: u64, exponent: i32, bias: i32, hidden_bit: u32) -> Self {
        let aligned = fraction << (HIDDEN_BIT - hidden_bit);
        if exponent > 0 {
            let fraction = aligned | 1 << HIDDEN_BIT;
            return Unpacked {
                fraction,
                exponent: exponent - bias,
                precision: hidden_bit as i32 + 1,
            };
        }
        // Below the least exponent the highest bits are zeros, and precision is lost with them.
        let shift = aligned.leading_zeros() as i32 - 11;
        Unpacked {
            fraction: aligned << shift,
            exponent: 1 - bias - shift,
            precision: hidden_bit as i32 + 1 - shift,
        }
    }

    fn digits(&self) -> Digits {
        let used = HIDDEN_BIT as i32 + 1 - self.fraction.trailing_zeros() as i32;
        let behind_point = (used - self.exponent - 1).max(0);
        if behind_point == 0 && self.exponent <= 62 {
            self.whole()
        } else {
            self.exact(used, behind_point)
        }
    }

    /// The digits of a whole number of less than 63 bits.
    fn whole(&self) -> Digits {
        let shift = self.exponent - HIDDEN_BIT as i32;
        let mut number = if shift < 0 { self.fraction >> -shift } else { self.fraction << shift };
        // Digits that the precision does not reach are rounded away.
        let unknown = self.exponent - self.precision - 1;
        let dropped = if unknown > 1 { (f64::from(unknown) * 2f64.log10()) as u32 } else { 0 };
        if dropped > 0 {
            let unit = 10u64.pow(dropped);
            number = number / unit + u64::from(number % unit >= unit / 2);
        }
        let mut digits = number.to_string().into_bytes();
        let point = (digits.len() + dropped as usize) as i32;
        while digits.len() > 1 && digits.ends_with(b"0") {
            digits.pop();
        }
        Digits { digits, point }
    }

    /// The digits one by one.
    fn exact(&self, used: i32, behind_point: i32) -> Digits {
        let decimal = self.estimated_decimal_exponent();
        let fives_of_rest = (-decimal).max(0);
        let fives_of_unit = decimal.max(0);
        let mut twos_of_rest = fives_of_rest + behind_point + self.exponent;
        let mut twos_of_unit = fives_of_unit + behind_point;
        let mut twos_of_half = twos_of_rest - self.precision;
        twos_of_rest -= used - 1;
        let common = twos_of_rest.min(twos_of_unit);
        twos_of_rest -= common;
        twos_of_unit -= common;
        twos_of_half -= common;
        if used == 1 {
            twos_of_half -= 1; // the number below a power of two is only half as far away
        }
        if twos_of_half < 0 {
            twos_of_rest -= twos_of_half;
            twos_of_unit -= twos_of_half;
            twos_of_half = 0;
        }
        let odd = self.fraction >> self.fraction.trailing_zeros();
        let bits_of_rest = used + twos_of_rest + bits_of_fives(fives_of_rest);
        let bits_of_unit = twos_of_unit + 1 + bits_of_fives(fives_of_unit + 1);
        let small = |bits: u32| {
            let product = |number: u64, fives: i32, twos: i32| {
                (i128::from(number) * 5i128.pow(fives as u32)) << twos
            };
            let unit = product(1, fives_of_unit, twos_of_unit);
            Small {
                rest: product(odd, fives_of_rest, twos_of_rest),
                unit,
                half: product(1, fives_of_rest, twos_of_half),
                ten_units: 10 * unit,
                bits,
                has_begun: false,
            }
        };
        match bits_of_rest.max(bits_of_unit) {
            ..32 => taken(&mut small(32), decimal),
            32..64 => taken(&mut small(64), decimal),
            _ => {
                let mut large = Large {
                    rest: Natural::product(odd, fives_of_rest, twos_of_rest),
                    unit: Natural::product(1, fives_of_unit, twos_of_unit),
                    half: Natural::product(1, fives_of_rest, twos_of_half),
                    ten_units: Natural::product(10, fives_of_unit, twos_of_unit),
                };
                taken(&mut large, decimal)
            }
        }
    }

    /// The power of ten of the first digit, or one more: from a line near the logarithm.
    #[expect(clippy::approx_constant, reason = "the number that Java has")]
    fn estimated_decimal_exponent(&self) -> i32 {
        let fraction = f64::from_bits(1023 << HIDDEN_BIT | self.fraction & ((1 << HIDDEN_BIT) - 1));
        let logarithm = (fraction - 1.5) * 0.289_529_654
            + 0.176_091_259
            + f64::from(self.exponent) * 0.301_029_995_663_981;
        logarithm.floor() as i32
    }
}

/// What digits are taken from: the number is `rest / unit`, and `half` is half its distance to the next.
trait Quotient {
    /// The next digit; whether cutting off what is left stays within `half` of the number, and whether rounding up does.
    fn next(&mut self) -> (u8, bool, bool);
    /// What is left beside half a unit.
    fn beside_half_a_unit(&self) -> Ordering;
}

/// Takes digits for as long as it must; the first stands for this power of ten or for the next lower one.
fn taken(quotient: &mut dyn Quotient, estimated: i32) -> Digits {
    let mut decimal = estimated;
    let mut digits = Vec::new();
    let (first, mut low, mut high) = quotient.next();
    if first == 0 && !high {
        decimal -= 1; // the estimate was one too high
    } else {
        digits.push(b'0' + first);
    }
    if !(-3..8).contains(&decimal) {
        (low, high) = (false, false); // with an exponent there are two digits at least
    }
    while !low && !high {
        let digit;
        (digit, low, high) = quotient.next();
        digits.push(b'0' + digit);
    }
    let is_odd = digits.last().is_some_and(|digit| digit % 2 == 1);
    let mut digits = Digits { digits, point: decimal + 1 };
    let rounds_up = match (low, high) {
        (true, true) => match quotient.beside_half_a_unit() {
            Ordering::Equal => is_odd,
            order => order.is_gt(),
        },
        (_, high) => high,
    };
    if rounds_up {
        digits.round_up();
    }
    digits
}

/// In so many bits. What overflows in Java overflows here: it changes digits.
struct Small {
    rest: i128,
    unit: i128,
    half: i128,
    ten_units: i128,
    bits: u32,
    has_begun: bool,
}

impl Small {
    fn wrapped(&self, number: i128) -> i128 {
        if self.bits == 32 { i128::from(number as i32) } else { i128::from(number as i64) }
    }
}

impl Quotient for Small {
    fn next(&mut self) -> (u8, bool, bool) {
        let digit = self.rest / self.unit;
        self.rest = self.wrapped(10 * (self.rest % self.unit));
        self.half = self.wrapped(10 * self.half);
        let has_overflowed = self.has_begun && self.half <= 0;
        self.has_begun = true;
        let low = self.rest < self.half;
        let high = self.wrapped(self.rest + self.half) > self.ten_units;
        (digit as u8, low || has_overflowed, high || has_overflowed)
    }
    fn beside_half_a_unit(&self) -> Ordering {
        self.wrapped(self.wrapped(2 * self.rest) - self.ten_units).cmp(&0)
    }
}

/// In as many bits as it takes.
struct Large {
    rest: Natural,
    unit: Natural,
    half: Natural,
    ten_units: Natural,
}

impl Quotient for Large {
    fn next(&mut self) -> (u8, bool, bool) {
        let digit = self.rest.take_units(&self.unit);
        self.rest.multiply(10);
        self.half.multiply(10);
        let low = self.rest.compare(&self.half).is_lt();
        (digit, low, self.rest.plus(&self.half).compare(&self.ten_units).is_ge())
    }
    fn beside_half_a_unit(&self) -> Ordering {
        self.rest.plus(&self.rest).compare(&self.ten_units)
    }
}

/// How many bits Java reckons for a power of five.
fn bits_of_fives(power: i32) -> i32 {
    match power {
        0 => 0,
        1..=26 => 64 - 5u64.pow(power as u32).leading_zeros() as i32,
        _ => power * 3,
    }
}

/// Digits, and how many of them stand before the point: none or less for a number below 0.1.
struct Digits {
    digits: Vec<u8>,
    point: i32,
}

impl Digits {
    fn round_up(&mut self) {
        for at in (0..self.digits.len()).rev() {
            if self.digits[at] < b'9' {
                self.digits[at] += 1;
                return;
            }
            self.digits[at] = if at == 0 { b'1' } else { b'0' };
        }
        self.point += 1;
    }

    fn text(self) -> String {
        let digits = String::from_utf8_lossy(&self.digits);
        let or_zero = |rest: &str| if rest.is_empty() { "0" } else { rest }.to_owned();
        match self.point {
            1..8 => {
                let before = self.point as usize;
                let (whole, rest) = digits.split_at(before.min(digits.len()));
                format!("{whole:0<before$}.{}", or_zero(rest))
            }
            -2..1 => format!("0.{}{digits}", "0".repeat(-self.point as usize)),
            _ => {
                let (first, rest) = digits.split_at(1);
                format!("{first}.{}E{}", or_zero(rest), self.point - 1)
            }
        }
    }
}

/// A whole number of any size, its lowest 32 bits first.
struct Natural(Vec<u32>);

impl Natural {
    /// `number` times a power of five and one of two, neither of them below zero.
    fn product(number: u64, fives: i32, twos: i32) -> Self {
        let mut product = Natural(vec![number as u32, (number >> 32) as u32]);
        for _ in 0..fives {
            product.multiply(5);
        }
        for _ in 0..twos % 32 {
            product.multiply(2);
        }
        product.0.splice(0..0, std::iter::repeat_n(0, twos as usize / 32));
        product.trim();
        product
    }

    fn trim(&mut self) {
        while self.0.last() == Some(&0) {
            self.0.pop();
        }
    }

    fn multiply(&mut self, by: u32) {
        let mut carry = 0;
        for part in &mut self.0 {
            carry += u64::from(*part) * u64::from(by);
            *part = carry as u32;
            carry >>= 32;
        }
        if carry > 0 {
            self.0.push(carry as u32);
        }
    }

    fn compare(&self, other: &Self) -> Ordering {
        let length = self.0.len().cmp(&other.0.len());
        length.then_with(|| self.0.iter().rev().cmp(other.0.iter().rev()))
    }

    fn plus(&self, other: &Self) -> Self {
        let mut carry = 0;
        let part = |of: &Self, at: usize| of.0.get(at).copied().map_or(0, u64::from);
        let mut sum = Natural(Vec::with_capacity(self.0.len().max(other.0.len()) + 1));
        for at in 0..=self.0.len().max(other.0.len()) {
            carry += part(self, at) + part(other, at);
            sum.0.push(carry as u32);
            carry >>= 32;
        }
        sum.trim();
        sum
    }

    /// How often `unit` is in it, which is at most nine times; what is left remains.
    fn take_units(&mut self, unit: &Self) -> u8 {
        let mut count = 0;
        while self.compare(unit).is_ge() {
            let mut borrow = 0i64;
            for (at, part) in self.0.iter_mut().enumerate() {
                borrow += i64::from(*part) - unit.0.get(at).copied().map_or(0, i64::from);
                *part = borrow as u32;
                borrow >>= 32;
            }
            self.trim();
            count += 1;
        }
        count
    }
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
            // Not the fewest digits that would do.
            (0x44b5_2d02_c7e1_4af6, "9.999999999999999E22"),
            (0x44c5_2d02_c7e1_4af6, "1.9999999999999998E23"),
            (0x3d30_0000_0000_0000, "5.6843418860808015E-14"),
            (0x43e0_0000_0000_0000, "9.223372036854776E18"),
        ] {
            assert_eq!(double_text(f64::from_bits(bits)), text);
        }
    }

    #[test]
    fn floats_are_shown_as_by_java() {
        for (bits, text) in [
            (0x0000_0001, "1.4E-45"),
            (0x0080_0000, "1.17549435E-38"),
            (0x7f7f_ffff, "3.4028235E38"),
            (0x4b80_0000, "1.6777216E7"),
        ] {
            assert_eq!(float_text(f32::from_bits(bits)), text);
        }
    }
}
