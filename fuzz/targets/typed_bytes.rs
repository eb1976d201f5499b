//! Typed bytes: what is read is written back, and the length is known however the bytes arrive.
#![no_main]

use howdah_streaming::typed_bytes::{Framer, Value, length_of};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    let length = length_of(bytes);
    if let Ok((value, length)) = Value::read(bytes) {
        let mut written = Vec::new();
        value.write(&mut written).expect("what was read can be written");
        let (again, all) = Value::read(&written).expect("what was written can be read");
        assert_eq!((again.to_string(), all), (value.to_string(), written.len()));
        assert!(length <= bytes.len());
    }
    let mut framer = Framer::default();
    for end in 0..=bytes.len() {
        match framer.advance(&bytes[..end]) {
            Ok(None) => {}
            Ok(Some(framed)) => {
                assert_eq!(length.as_ref().ok(), Some(&Some(framed)));
                return;
            }
            Err(_) => {
                assert!(length.is_err());
                return;
            }
        }
    }
});
