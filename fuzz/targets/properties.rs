//! Properties: names old and new, expansion, and the environment that is made of them.
#![no_main]

use howdah_streaming::properties::Properties;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|settings: Vec<(&str, &str)>| {
    let mut properties = Properties::new();
    for (name, value) in &settings {
        properties.set(name, *value);
    }
    for (name, value) in &settings {
        let _ = properties.expand(value);
        let _ = properties.get(name);
        let _ = properties.get_i64(name, 0);
        properties.get_bool(name, true);
    }
    properties.environment();
});
