//! Bytes that compress well, badly and not at all, and keys and values as their classes serialise them.

#![allow(clippy::cast_precision_loss)] // any number will do

use howdah_sequence_file::{Writable, WritableClass};
use howdah_streaming::typed_bytes::{CustomCode, Value};

use crate::random::dice::Dice;

/// The classes of keys and values.
pub const CLASSES: [WritableClass; 13] = [
    WritableClass::Text,
    WritableClass::Bytes,
    WritableClass::TypedBytes,
    WritableClass::Null,
    WritableClass::Boolean,
    WritableClass::Byte,
    WritableClass::Short,
    WritableClass::Int,
    WritableClass::VInt,
    WritableClass::Long,
    WritableClass::VLong,
    WritableClass::Float,
    WritableClass::Double,
];

/// So many bytes.
pub fn bytes(dice: &mut Dice, count: usize) -> Vec<u8> {
    let mut bytes = Vec::with_capacity(count);
    while bytes.len() < count {
        let stretch = (count - bytes.len()).min(1 + dice.below(60_000));
        append(dice, stretch, &mut bytes);
    }
    bytes
}

/// Appends bytes of one kind.
fn append(dice: &mut Dice, count: usize, to: &mut Vec<u8>) {
    let end = to.len() + count;
    match dice.below(4) {
        0 => to.extend((0..count).map(|_| byte(dice))),
        1 => to.extend((0..count).map(|_| b"abcd\n"[dice.below(5)])),
        2 => to.resize(end, byte(dice)),
        _ => {
            while to.len() < end {
                to.extend_from_slice(format!("word{}\t{}\n", dice.below(500), to.len()).as_bytes());
            }
            to.truncate(end);
        }
    }
}

fn byte(dice: &mut Dice) -> u8 {
    dice.below(256).try_into().unwrap()
}

/// Text of about so many bytes, with letters of one to four bytes.
pub fn text(dice: &mut Dice, count: usize) -> String {
    let letters: Vec<char> = "abz 0\t\n\0é日\u{fffd}\u{10348}".chars().collect();
    let mut text = String::new();
    while text.len() < count {
        text.push(letters[dice.below(letters.len())]);
    }
    text
}

/// A value of a class, as it is serialised; at most about `longest` bytes.
pub fn serialised(class: WritableClass, dice: &mut Dice, longest: usize) -> Vec<u8> {
    let mut out = Vec::new();
    let long = length(dice, longest);
    match class {
        WritableClass::Text if dice.chance(70) => {
            Writable::Text(text(dice, long).as_bytes()).write(&mut out);
        }
        WritableClass::Text => Writable::Text(&bytes(dice, long)).write(&mut out),
        WritableClass::Bytes => Writable::Bytes(&bytes(dice, long)).write(&mut out),
        WritableClass::TypedBytes => {
            let mut value = Vec::new();
            typed(dice, long, 3).write(&mut value).unwrap();
            Writable::TypedBytes(&value).write(&mut out);
        }
        WritableClass::Null => Writable::Null.write(&mut out),
        WritableClass::Boolean => Writable::Boolean(dice.chance(50)).write(&mut out),
        WritableClass::Byte => Writable::Byte(number(dice) as i8).write(&mut out),
        WritableClass::Short => Writable::Short(number(dice) as i16).write(&mut out),
        WritableClass::Int => Writable::Int(number(dice) as i32).write(&mut out),
        WritableClass::VInt => Writable::VInt(number(dice) as i32).write(&mut out),
        WritableClass::Long => Writable::Long(number(dice)).write(&mut out),
        WritableClass::VLong => Writable::VLong(number(dice)).write(&mut out),
        WritableClass::Float => Writable::Float(float(dice)).write(&mut out),
        WritableClass::Double => Writable::Double(double(dice)).write(&mut out),
        other => panic!("no values of {other} are made"),
    }
    out
}

/// Mostly short.
fn length(dice: &mut Dice, longest: usize) -> usize {
    match dice.below(20) {
        0..=3 => 0,
        4..=16 => dice.below(20),
        17 | 18 => dice.below(300.min(longest)),
        _ => dice.below(longest),
    }
}

/// Any number, most often one whose length as a vint is at an edge.
fn number(dice: &mut Dice) -> i64 {
    let bits = any(dice);
    let number = (bits >> dice.below(64)).cast_signed();
    match dice.below(4) {
        0 => number,
        1 => -number,
        2 => [0, 1, -1, 127, -112, -113, 128, i64::MAX, i64::MIN][dice.below(9)],
        _ => (1i64 << dice.below(63)) - i64::from(dice.chance(50)),
    }
}

fn any(dice: &mut Dice) -> u64 {
    (0..4).fold(0, |bits, _| (bits << 16) | dice.below(1 << 16) as u64)
}

/// Any bits, or a number as people write it. There is one NaN: Java writes no other.
fn double(dice: &mut Dice) -> f64 {
    match dice.below(3) {
        0 => Some(f64::from_bits(any(dice))).filter(|number| !number.is_nan()).unwrap_or(f64::NAN),
        1 => number(dice) as f64 / 100.0,
        _ => [0.0, -0.0, f64::INFINITY, f64::NEG_INFINITY, f64::NAN, 1e7, 1e-3][dice.below(7)],
    }
}

fn float(dice: &mut Dice) -> f32 {
    let bits = f32::from_bits(any(dice) as u32);
    match dice.below(2) {
        0 => Some(bits).filter(|number| !number.is_nan()).unwrap_or(f32::NAN),
        _ => double(dice) as f32,
    }
}

/// Typed bytes whose string Java can tell: the keys of a map are of one type that has an order.
fn typed(dice: &mut Dice, long: usize, depth: usize) -> Value {
    let kinds = if depth == 0 { 9 } else { 12 };
    match dice.below(kinds) {
        0 => Value::Bytes(bytes(dice, long)),
        1 => Value::Byte(number(dice) as i8),
        2 => Value::Bool(dice.chance(50)),
        3 => Value::Int(number(dice) as i32),
        4 => Value::Long(number(dice)),
        5 => Value::Float(dice.below(10_000) as f32 / 4.0), // all versions of Java write it alike
        6 => Value::Double(dice.below(10_000) as f64 / -4.0),
        7 => Value::String(text(dice, long)),
        8 => Value::Custom(CustomCode::new(51 + byte(dice) % 150).unwrap(), bytes(dice, long)),
        9 => Value::Vector((0..dice.below(6)).map(|_| typed(dice, long, depth - 1)).collect()),
        10 => Value::List((0..dice.below(6)).map(|_| typed(dice, long, depth - 1)).collect()),
        _ => {
            let of_text = dice.chance(50);
            let key = |dice: &mut Dice| {
                if of_text { Value::String(text(dice, 3)) } else { Value::Int(number(dice) as i32) }
            };
            let entries = 0..dice.below(6);
            Value::Map(entries.map(|_| (key(dice), typed(dice, long, depth - 1))).collect())
        }
    }
}
