#![no_main]
//! The reader `kite-instruments` of `readers.rs`.

#[path = "../readers.rs"]
mod readers;

libfuzzer_sys::fuzz_target!(|bytes: &[u8]| readers::attack("kite-instruments", bytes));
