//! SequenceFiles of any bytes: records or an error, never a panic, and never more memory than the limit.
#![no_main]

use howdah_sequence_file::{Reader, WritableClass};
use libfuzzer_sys::fuzz_target;

/// The longest record, in bytes.
const MOST: usize = 1 << 16;

fuzz_target!(|bytes: &[u8]| {
    let Ok(mut reader) = Reader::with_limit(bytes, MOST) else { return };
    let class = WritableClass::of_name(&reader.header().key_class);
    while let Ok(Some(record)) = reader.next_record() {
        if let Some(Ok(key)) = class.map(|class| class.read(record.key)) {
            let _ = key.to_string();
        }
    }
});
