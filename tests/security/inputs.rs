//! Inputs that claim what they don't hold.

use std::fs;

use crate::place::{HOWDAH, Place, Said};

/// A length of two gibibytes less a little, as blocks of Hadoop's begin with it.
const HUGE: [u8; 4] = [0x7f, 0xff, 0xff, 0xf0];

#[test]
fn a_length_that_only_the_data_claims_takes_no_memory() {
    let place = Place::new(&[]);
    // In the first the compressed block is said to be as long, in the second only what it unpacks to; what unpacks says it
    // once more in the third.
    let short = [0, 0, 0, 100];
    let inputs = [
        ("in.snappy", [&HUGE[..], &HUGE, &[b'x'; 100]].concat()),
        ("in.lz4", [&HUGE[..], &HUGE, &[b'x'; 100]].concat()),
        ("in.lz4", [&HUGE[..], &short, &[b'x'; 100]].concat()),
        ("in.snappy", [&HUGE[..], &short, &[0xf0, 0xff, 0xff, 0xff, 7], &[b'x'; 95]].concat()),
    ];
    for (name, bytes) in inputs {
        fs::write(place.path(name), bytes).unwrap();
        // In kibibytes, and less than is claimed: who asks for that much is ended by the system.
        let run = "ulimit -v 1500000; exec \"$0\" streaming --workers 1 -input \"$1\" -output out -mapper cat";
        let said = Said::of(&place.command("sh", &["-c", run, HOWDAH, name]).output().unwrap());
        assert_eq!(said.code, Some(1), "{name}: {said:?}");
        assert!(said.stderr.contains(" of the compressed file: "), "{name}: {said:?}");
        assert!(!place.path("out").exists());
    }
}
