//! An exact sum as text: an odd whole number in hexadecimal digits, and the power of two that it is multiplied with.
//!
//! It is the notation of C's `%a`, which Python's `float.fromhex` reads, with as many digits as there are: `0x3p-1`
//! is 1.5. The number is odd, or zero in `0x0p0`, so that each sum has one text.

use super::limbs::Limbs;
use super::parts::{ABOVE_FLOATS, FLOAT_BITS, ONE, float};
use super::unrounded::Form;

/// The hexadecimal digits.
const DIGITS: &[u8; 16] = b"0123456789abcdef";
/// The bits of one.
const HEX_BITS: usize = 4;
/// The place above all sums: one of 2^64 numbers, each as large as a float can be.
const ABOVE_SUMS: isize = ABOVE_FLOATS + 64;

/// What a text needs beside its digits: `-0x`, `p`, and an exponent with its sign.
const BESIDE_DIGITS: usize = 3 + 1 + 5;
/// The length of a text of at most 64 bits.
pub(super) const SHORT: usize = BESIDE_DIGITS + 64 / HEX_BITS;

/// The length of a text of so many digits in base 2^32.
pub(super) fn length(digits: usize) -> usize {
    BESIDE_DIGITS + digits * 32 / HEX_BITS
}

/// Writes an odd number in base 2^32, the lowest digit first, at a place, to the end of `room`; zero if there are no
/// digits.
pub(super) fn write<'r>(
    room: &'r mut [u8],
    negative: bool,
    digits: &[u32],
    place: isize,
) -> &'r str {
    let mut text = Backwards { start: room.len(), room };
    let exponent = if digits.is_empty() { 0 } else { place - ONE };
    let mut rest = exponent.unsigned_abs();
    loop {
        text.push(b'0' + (rest % 10) as u8);
        rest /= 10;
        if rest == 0 {
            break;
        }
    }
    if exponent < 0 {
        text.push(b'-');
    }
    text.push(b'p');
    let (highest, lower) = digits.split_last().unwrap_or((&0, &[]));
    for digit in lower {
        text.hex(*digit, 8);
    }
    text.hex(*highest, 1);
    text.push(b'x');
    text.push(b'0');
    if negative {
        text.push(b'-');
    }
    str::from_utf8(&text.room[text.start..]).unwrap_or_default() // it is ASCII
}

/// Text that is written from its end.
struct Backwards<'r> {
    room: &'r mut [u8],
    start: usize,
}

impl Backwards<'_> {
    fn push(&mut self, byte: u8) {
        self.start -= 1;
        self.room[self.start] = byte;
    }

    /// Hexadecimal digits, at least some.
    fn hex(&mut self, mut digit: u32, least: usize) {
        let end = self.start - least;
        while digit != 0 || self.start > end {
            self.push(DIGITS[digit as usize & 15]);
            digit >>= HEX_BITS;
        }
    }
}

/// Reads what [`write`] writes, and nothing else.
pub(super) fn read(text: &str) -> Option<Form> {
    if text == "0x0p0" {
        return Some(Form::One(0.0));
    }
    let positive = text.strip_prefix('-');
    let negative = positive.is_some();
    let number = positive.unwrap_or(text).strip_prefix("0x")?.as_bytes();
    let (digits, exponent) = number.split_at_checked(memchr::memchr(b'p', number)?)?;
    let place = read_exponent(&exponent[1..])?.checked_add(ONE).filter(|&place| place >= 0)?;
    // A first digit that is not 0, and a last one that is odd.
    let highest = value(*digits.first()?).filter(|&digit| digit != 0)?;
    value(*digits.last()?).filter(|&digit| digit & 1 == 1)?;
    let bits = digits.len() * HEX_BITS + highest.ilog2() as usize + 1 - HEX_BITS;
    let end = place.checked_add_unsigned(bits)?;
    if end > ABOVE_SUMS {
        return None;
    }
    if bits <= FLOAT_BITS.cast_unsigned() && end <= ABOVE_FLOATS {
        let significand = read_hex(digits)?;
        let lowest = (end - FLOAT_BITS).max(0);
        return float(negative, significand << (place - lowest), lowest.cast_unsigned())
            .map(Form::One);
    }
    let digits: Option<Vec<_>> = digits.rchunks(8).map(read_hex).collect();
    let digits = digits?.into_iter().map(|digit| digit as u32);
    Some(Form::Many(Limbs::of_digits(negative, digits, place.cast_unsigned())))
}

/// The number of up to sixteen hexadecimal digits.
fn read_hex(digits: &[u8]) -> Option<u64> {
    let (mut number, mut all) = (0, 0);
    for &digit in digits {
        let value = VALUES[usize::from(digit)];
        number = number << HEX_BITS | u64::from(value);
        all |= value;
    }
    (all != NO_DIGIT).then_some(number)
}

/// What a byte that is no digit is worth. Together with any digits it is still that.
const NO_DIGIT: u8 = 0xff;

/// What each byte is worth as a hexadecimal digit.
static VALUES: [u8; 256] = {
    let mut values = [NO_DIGIT; 256];
    let mut value = 0;
    while value < 16 {
        values[DIGITS[value] as usize] = value as u8;
        value += 1;
    }
    values
};

fn value(digit: u8) -> Option<u8> {
    Some(VALUES[usize::from(digit)]).filter(|&value| value != NO_DIGIT)
}

/// A number of up to four decimal digits in its only spelling.
fn read_exponent(text: &[u8]) -> Option<isize> {
    let (negative, digits) = match text {
        [b'-', digits @ ..] => (true, digits),
        digits => (false, digits),
    };
    let canonical = match digits {
        [b'0'] => !negative,
        [b'1'..=b'9', ..] => digits.len() <= 4,
        _ => false,
    };
    if !canonical || !digits.iter().all(u8::is_ascii_digit) {
        return None;
    }
    let size = digits.iter().fold(0, |number, digit| 10 * number + isize::from(digit - b'0'));
    Some(if negative { -size } else { size })
}
