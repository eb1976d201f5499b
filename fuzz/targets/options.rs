//! Hadoop's command line: any words are a job, a verb or a mistake.
#![no_main]

use howdah_streaming::options::parse;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|words: Vec<String>| {
    if let Err(error) = parse(&words) {
        assert_ne!(error.exit_code, 0);
    }
});
