//! Exact sums and means against plain long addition, on random numbers of all kinds.

use std::num::NonZeroU64;

use serde_json::json;

use super::reference::Reference;
use super::{ExactMean, ExactSum, Unrounded};
use crate::{Flow, Fold, Out, Pairs, test};

/// Random numbers: Steele, Lea and Flood's `splitmix64`. The same in each run, so that a failure comes again.
struct Random(u64);

impl Random {
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ mixed >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ mixed >> 31
    }

    fn below(&mut self, end: usize) -> usize {
        (self.bits() % end as u64) as usize
    }

    /// A whole number, as a float.
    fn whole(&mut self, end: u32) -> f64 {
        f64::from(self.bits() as u32 % end)
    }

    /// A finite number of a random kind.
    fn number(&mut self) -> f64 {
        let sign = if self.bits() & 1 == 0 { 1.0 } else { -1.0 };
        let number = match self.below(9) {
            0 => f64::from_bits(self.bits() >> 1),           // any at all
            1 => f64::from_bits(self.bits() >> 12),          // subnormal
            2 => f64::from_bits(self.bits() >> 60),          // tiny
            3 => f64::from_bits((self.bits() % 2046) << 52), // a power of two
            4 => self.whole(100_000) / 100.0,                // a price
            5 => f64::from_bits(f64::MAX.to_bits() - self.bits() % 4), // huge
            6 => 1.0 / f64::EPSILON + self.whole(9), // where the next float is the next integer
            7 => f64::EPSILON / 4.0 * self.whole(9), // halves of the step from one to the next float
            _ => self.whole(3),
        };
        sign * if number.is_finite() { number } else { 0.0 }
    }

    /// Numbers of one kind of mix: all kinds, or a few that meet often, some of which cancel out.
    fn numbers(&mut self) -> Vec<f64> {
        let kinds: Vec<_> = (0..=self.below(20)).map(|_| self.number()).collect();
        let mut numbers: Vec<_> =
            (0..=self.below(60)).map(|_| kinds[self.below(kinds.len())]).collect();
        for i in 0..numbers.len() {
            if self.below(4) == 0 {
                numbers.push(-numbers[i]);
            }
        }
        self.shuffle(&mut numbers);
        numbers
    }

    fn shuffle<T>(&mut self, items: &mut [T]) {
        for i in (1..items.len()).rev() {
            items.swap(i, self.below(i + 1));
        }
    }

    /// Merges accumulators in a random order and grouping, and sends some of them through their text.
    fn merge<F: Fold<f64>>(&mut self, fold: &F, numbers: &[f64]) -> F::Acc {
        let mut parts: Vec<_> = numbers.iter().map(|&number| fold.lift(number).unwrap()).collect();
        while parts.len() > 1 {
            let mut other = parts.swap_remove(self.below(parts.len()));
            if self.below(3) == 0 {
                other = sent(&other);
            }
            let at = self.below(parts.len());
            fold.merge(&mut parts[at], other).unwrap();
        }
        parts.remove(0)
    }
}

fn text(acc: &impl serde::Serialize) -> String {
    serde_json::to_string(acc).unwrap()
}

fn sent<A: crate::Data>(acc: &A) -> A {
    serde_json::from_str(&text(acc)).unwrap()
}

fn read(text: &str) -> Result<Unrounded, serde_json::Error> {
    serde_json::from_value(json!(text))
}

fn mean(sum: &Unrounded, count: NonZeroU64) -> crate::Result<f64> {
    Fold::<f64>::finish(&ExactMean, (sum.clone(), count))
}

#[test]
fn a_sum_is_the_float_that_is_nearest_to_the_exact_one() {
    let mut random = Random(1);
    let mut held = 0;
    for _ in 0..600 {
        let numbers = random.numbers();
        let nearest = Reference::of(&numbers).mean(1).map(f64::to_bits);
        let total = ExactSum::total(numbers.iter().copied()).ok().map(f64::to_bits);
        assert_eq!(total, nearest, "{numbers:?}");
        held += u32::from(total.is_some());
    }
    assert!(held > 200, "{held} of 600 sums are floats");
}

#[test]
fn a_mean_is_the_float_that_is_nearest_to_the_exact_one() {
    let mut random = Random(2);
    for _ in 0..300 {
        let numbers = random.numbers();
        let nearest = Reference::of(&numbers).mean(numbers.len() as u64).map(f64::to_bits);
        let (sum, _) = random.merge(&ExactMean, &numbers);
        let count = NonZeroU64::new(numbers.len() as u64).unwrap();
        let found = mean(&sum, count).ok().map(f64::to_bits);
        assert_eq!(found, nearest, "{numbers:?}");

        let count = NonZeroU64::new(random.bits() | 1).unwrap();
        let found = mean(&sum, count).unwrap().to_bits();
        assert_eq!(Some(found), Reference::of(&numbers).mean(count.get()).map(f64::to_bits));
    }
}

#[test]
fn a_mean_is_rounded_by_all_that_follows_its_digits() {
    let mut random = Random(8);
    let numbers = [4.0 + 4.0 * f64::EPSILON, -4.0]; // their sum is the lowest bit of its limb
    let sum = random.merge(&ExactSum, &numbers);
    for _ in 0..100 {
        // Slightly less than a power of two by this gives slightly more than this: half a step above an even float.
        let digits = 1 << 53 | random.bits() >> 13 << 2 | 1;
        let count = NonZeroU64::new(((1_u128 << 117) / u128::from(digits)) as u64).unwrap();
        let found = mean(&sum, count).unwrap().to_bits();
        assert_eq!(Some(found), Reference::of(&numbers).mean(count.get()).map(f64::to_bits));
    }
}

#[test]
fn neither_order_nor_grouping_changes_a_sum() {
    let mut random = Random(3);
    for _ in 0..300 {
        let mut numbers = random.numbers();
        let sum = random.merge(&ExactSum, &numbers);
        random.shuffle(&mut numbers);
        let again = random.merge(&ExactSum, &numbers);
        assert_eq!(text(&sum), text(&again), "{numbers:?}");
        let finished = [sum, again].map(|sum| sum.rounded().ok().map(f64::to_bits));
        assert_eq!(finished[0], finished[1], "{numbers:?}");
    }
}

#[test]
fn a_sum_is_read_as_it_was_written() {
    let mut random = Random(4);
    for _ in 0..300 {
        let mut numbers = random.numbers();
        let mut sum = random.merge(&ExactSum, &numbers);
        assert_eq!(text(&sent(&sum)), text(&sum));
        let rounded = sum.rounded().ok().map(f64::to_bits);
        assert_eq!(sent(&sum).rounded().ok().map(f64::to_bits), rounded);

        // All is still there: what is left without all numbers but one is that one.
        let last = numbers.pop().unwrap();
        for number in numbers {
            sum = sent(&sum);
            sum.add(Unrounded::new(-number).unwrap());
        }
        assert_eq!(text(&sum), text(&Unrounded::new(last).unwrap()));
    }
}

#[test]
fn a_number_alone_is_written_as_a_sum_that_comes_to_it() {
    let mut random = Random(5);
    for _ in 0..1000 {
        let (number, other) = (random.number(), random.number());
        let mut sum = Unrounded::new(number).unwrap();
        for part in [other, 1.0, -other, -1.0] {
            sum.add(Unrounded::new(part).unwrap());
        }
        assert_eq!(text(&sum), text(&Unrounded::new(number).unwrap()));
        assert_eq!(sent(&sum).rounded().unwrap().to_bits(), (number + 0.0).to_bits());
    }
}

#[test]
fn texts_are_as_they_are_described() {
    let cases = [
        (0.0, "0x0p0"),
        (-0.0, "0x0p0"),
        (1.0, "0x1p0"),
        (1.5, "0x3p-1"),
        (-100.0, "-0x19p2"),
        (0.1, "0xccccccccccccdp-55"),
        (5e-324, "0x1p-1074"),
        (f64::MAX, "0x1fffffffffffffp971"),
    ];
    for (number, written) in cases {
        assert_eq!(text(&Unrounded::new(number).unwrap()), format!("\"{written}\""));
        let again = read(written).unwrap().rounded().unwrap();
        assert_eq!(again.to_bits(), (number + 0.0).to_bits());
    }
    let mut sum = Unrounded::new(1e300).unwrap();
    sum.add(Unrounded::new(1.0).unwrap());
    let exact = text(&sum);
    assert!(exact.starts_with("\"0x17e43c88") && exact.ends_with("00001p0\""), "{exact}");
}

#[test]
fn another_text_is_refused() {
    let refused = [
        "",
        "1",
        "0x",
        "p0",
        "0x1",
        "0xp0",
        "0x1p",
        "0x1p+0",
        "0x1p00",
        "0x1p-0",
        "0x01p0",
        "0x2p0",
        "0x1fFp0",
        "0xgp0",
        "+0x1p0",
        "--0x1p0",
        "-0x0p0",
        "0x0p1",
        "0x1p0 ",
        "0x1.8p0",
        "0x1p-1075",
        "0x1p99999999999",
        "0x1p2147483647",
        "0x1p1088",
        "0x3p1087",
        "0x\u{e9}1p0",
    ];
    for text in refused {
        let error = read(text).unwrap_err().to_string();
        assert!(error.ends_with("expected an odd number and a power of two, as in `0x3p-1`"));
    }
    assert!(serde_json::from_str::<Unrounded>("1.5").is_err());
    assert!(read("0x1p1087").unwrap().rounded().is_err());
    let long = format!("0x{}1p0", "f".repeat(300));
    assert!(read(&long).is_err());
}

#[test]
fn a_text_of_any_length_is_refused_or_written_again() {
    let mut random = Random(6);
    let mut read_back = 0;
    for _ in 0..10_000 {
        let digits: String = (0..=random.below(20))
            .map(|_| char::from(b"0123456789abcdef"[random.below(16)]))
            .collect();
        let sign = if random.bits() & 1 == 0 { "" } else { "-" };
        let written = format!("{sign}0x{digits}p{}", random.below(2300).cast_signed() - 1100);
        if let Ok(sum) = read(&written) {
            assert_eq!(text(&sum), format!("\"{written}\""));
            read_back += 1;
        }
    }
    assert!(read_back > 1000, "{read_back} of 10000 texts are sums");
}

#[test]
fn nan_and_infinities_are_refused() {
    for number in [f64::NAN, f64::INFINITY, f64::NEG_INFINITY] {
        let error = ExactSum::total([1.0, number]).unwrap_err().to_string();
        assert!(error.ends_with("has no exact sum with other numbers: leave it out"), "{error}");
    }
}

#[test]
fn only_the_last_sum_must_be_a_float() {
    let total = |numbers: &[f64]| ExactSum::total(numbers.iter().copied()).ok();
    assert_eq!(total(&[f64::MAX, f64::MAX, -f64::MAX]), Some(f64::MAX));
    let error = ExactSum::total([f64::MAX, f64::MAX]).unwrap_err().to_string();
    assert!(error.starts_with("the sum of a key's values is beyond what a f64 can hold"));
    // Half of the last step beyond the largest float rounds up, to none; less than half does not.
    let half = 2_f64.powi(970);
    assert_eq!(total(&[f64::MAX, half]), None);
    assert_eq!(total(&[f64::MAX, half, -5e-324]), Some(f64::MAX));
    assert_eq!(ExactSum::total(Vec::<f64>::new()).unwrap().to_bits(), 0);
    assert_eq!(ExactSum::total([-0.0_f32, -0.0]).unwrap().to_bits(), 0);
}

#[test]
fn a_sum_of_zero_is_a_float_wherever_its_parts_lay() {
    let mut sum = read("0x1p1087").unwrap();
    sum.add(read("-0x1p1087").unwrap());
    assert_eq!(sum.rounded().unwrap().to_bits(), 0);
    assert_eq!(text(&sum), "\"0x0p0\"");
    let least = Unrounded::new(-5e-324).unwrap();
    assert_eq!(mean(&least, NonZeroU64::new(4).unwrap()).unwrap().to_bits(), 0);
}

#[test]
fn doubling_carries_into_new_limbs() {
    let mut sum = Unrounded::new(-1.0).unwrap();
    sum.add(Unrounded::new(-5e-324).unwrap());
    for _ in 0..1023 {
        sum.add(sum.clone());
    }
    assert_eq!(sum.rounded().unwrap().to_bits(), (-(2_f64.powi(1023))).to_bits());
    // 2^1074 + 1 of the 2^-51 that is left of the least float.
    assert_eq!(text(&sum), format!("\"-0x4{}1p-51\"", "0".repeat(1074 / 4 - 1)));
}

#[test]
fn with_and_without_a_combiner_a_job_gives_the_same_bytes() {
    let mut random = Random(7);
    for _ in 0..20 {
        let lines: Vec<_> = random
            .numbers()
            .iter()
            .map(|x| format!("{}\t{:?}", random.below(3), x / 4.0))
            .collect();
        let numbers = || Flow::<Pairs<u8, f64>>::read().map(crate::Identity);
        let run = |plan| test::plan(&plan).lines(&lines).run().map(|ran| ran.text()).ok();
        assert_eq!(run(numbers().fold(ExactSum).plan()), run(numbers().reduce(ExactSum).plan()));
        assert_eq!(run(numbers().fold(ExactMean).plan()), run(numbers().reduce(ExactMean).plan()));
    }
}

#[test]
fn a_number_is_added_without_allocating() {
    let plan =
        Flow::lines().map_fn(|_, out: &mut Out<(), f64>| out.emit((), 0.1)).fold(ExactSum).plan();
    let mut table = plan.steps[0].fold.as_ref().unwrap()();
    let number = text(&Unrounded::new(0.1).unwrap());
    let mut add = || {
        table.read(number.as_bytes()).unwrap();
        table.merge(&[0]).unwrap();
    };
    add();
    add();
    let measured = allocation_counter::measure(|| (0..1000).for_each(|_| add()));
    // A carry may need one limb more.
    assert!(measured.count_total <= 1, "{} allocations", measured.count_total);
}
