//! Lines of a child's standard error; what we write is read back.
#![no_main]

use howdah_streaming::reporter::{ReporterLine, parse, write_counter};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|input: (&[u8], &[u8], &str, &str, i64)| {
    let (line, prefix, group, name, amount) = input;
    parse(line, prefix);
    let mut written = Vec::new();
    write_counter(&mut written, group, name, amount);
    let line = written.strip_suffix(b"\n").expect("a line");
    let read = parse(line, b"reporter:");
    assert!(matches!(read, ReporterLine::Counter { .. }), "{read:?}");
});
