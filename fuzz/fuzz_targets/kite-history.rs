#![no_main]
//! The reader `kite-history` of `readers.rs`.

#[path = "../readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| readers::attack("kite-history", bytes));
