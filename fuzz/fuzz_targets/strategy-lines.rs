#![no_main]
//! The reader `strategy-lines` of `readers.rs`.

#[path = "../readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| readers::attack("strategy-lines", bytes));
