#![no_main]
//! The reader of configurations. It lives inside the command, so its sources are taken in here.

#[allow(dead_code, unused_imports)]
#[path = "../../crates/cli/src/config/mod.rs"]
mod config;

use std::path::Path;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| {
    let text = String::from_utf8_lossy(bytes);
    if let Err(error) = config::parse(&text, "my.toml", Path::new("/nonexistent")) {
        let words = error.to_string();
        assert!(words.starts_with("my.toml"), "{words}");
        assert!(!words.contains(|c: char| c.is_control() && c != '\n'), "{words:?}");
    }
});
