//! The `-k` grammar: an order is an order for any options and keys, and a hash is one.
#![no_main]

use std::cmp::Ordering;

use arbitrary::Arbitrary;
use howdah_streaming::key_fields::KeyFields;
use libfuzzer_sys::fuzz_target;

#[derive(Arbitrary, Debug)]
struct Input<'a> {
    options: &'a str,
    separator: &'a [u8],
    keys: [&'a [u8]; 3],
}

fuzz_target!(|input: Input<'_>| {
    let Ok(fields) = KeyFields::parse(input.options, input.separator) else { return };
    let [a, b, c] = input.keys;
    let order = fields.compare(a, b);
    assert_eq!(order, fields.compare(b, a).reverse());
    assert_eq!(fields.compare(a, a), Ordering::Equal);
    if order.is_le() && fields.compare(b, c).is_le() {
        assert!(fields.compare(a, c).is_le());
    }
    fields.compare_as_hadoop(a, b);
    assert_eq!(fields.hash(a), fields.hash(a));
});
