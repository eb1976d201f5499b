//! The tokeniser of commands: no token is empty, and what can be said again is read again.
#![no_main]

use howdah_streaming::command::{compose, split_environment, tokenise};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|command: &str| {
    let words = tokenise(command);
    assert!(words.iter().all(|word| !word.is_empty()));
    let words: Vec<&str> = words.iter().map(String::as_str).collect();
    if let Ok(composed) = compose(&words) {
        assert_eq!(tokenise(&composed), words);
    }
    split_environment(command);
});
