//! Each row of the table fails on a planted case and passes on its nearest harmless neighbour.

use super::*;

/// The rules that a file in the core trips.
fn tripped(path: &str, text: &str) -> Vec<&'static str> {
    check(&[Source::new(path, text)]).into_iter().map(|finding| finding.rule).collect()
}

fn core(text: &str) -> Vec<&'static str> {
    tripped("crates/core/src/lib.rs", text)
}

#[test]
fn every_pattern_of_the_core_is_found() {
    for (rule, text) in [
        ("core-float", "fn f(x: f32) {}"),
        ("core-float", "let x = y as f64;"),
        ("core-float", "let x = 0.5;"),
        ("core-float", "let x = 1e9;"),
        ("core-float", "let x = 1_f64;"),
        ("core-float", "let x = 2.;"),
        ("core-hash", "use std::collections::HashMap;"),
        ("core-hash", "let s: HashSet<u8>;"),
        ("core-hash", "type S = RandomState;"),
        ("core-clock", "use std::time::SystemTime;"),
        ("core-clock", "let t = Instant::now();"),
        ("core-random", "let r = thread_rng();"),
        ("core-random", "use rand::Rng;"),
        ("core-io", "use tokio::spawn;"),
        ("core-io", "use std::fs::File;"),
        ("core-io", "let e = std::env::var(name);"),
        ("core-io", "use std::{fmt, net::TcpStream};"),
        ("core-io", "use std::{\n    thread,\n    fmt,\n};"),
        ("core-print", "println!();"),
        ("core-print", "eprintln!();"),
        ("core-panic", "let a = b.unwrap();"),
        ("core-panic", "let a = b.expect(c);"),
        ("core-panic", "panic!();"),
        ("core-panic", "_ => unreachable!(),"),
    ] {
        assert_eq!(core(text), [rule], "{text}");
    }
}

#[test]
fn every_pattern_of_shipped_code_is_found() {
    for (rule, text) in [
        ("debug-macro", "dbg!(x);"),
        ("debug-macro", "todo!()"),
        ("debug-macro", "unimplemented!()"),
        ("unsafe-code", "unsafe { x }"),
    ] {
        assert_eq!(tripped("crates/sim/src/broker.rs", text), [rule], "{text}");
        assert_eq!(tripped("xtask/src/main.rs", text), [rule], "{text}");
        assert!(tripped("crates/sim/tests/broker.rs", text).is_empty(), "{text}");
    }
}

#[test]
fn vague_names_are_found_in_tests_too() {
    for text in [
        "struct OrderManager;",
        "pub enum FillHandler {}",
        "trait BookHelper {}",
        "type StrUtil = u8;",
        "struct TimeUtils<T>(T);",
    ] {
        assert_eq!(tripped("crates/sim/tests/broker.rs", text), ["vague-name"], "{text}");
    }
    assert!(core("struct Handle; struct ManagerFee; let handler = utils;").is_empty());
}

#[test]
fn open_marks_are_found_in_prose() {
    for word in [concat!("TO", "DO"), concat!("FIX", "ME"), concat!("XX", "X")] {
        assert_eq!(core(&format!("// {word}: later")), ["open-mark"]);
        assert_eq!(tripped("docs/plan.md", &format!("- {word} later")), ["open-mark"]);
        assert!(core(&format!("// {word}S {}", word.to_lowercase())).is_empty());
    }
}

#[test]
fn comments_strings_and_tests_do_not_trip_code_rules() {
    let prose = "f64 HashMap SystemTime rand:: tokio std::fs println! .unwrap() panic! 0.5 \
                 dbg! unsafe struct OrderManager";
    assert!(
        core(&format!("//! {prose}\n/// {prose}\n/* {prose} */\nlet s = {prose:?};")).is_empty()
    );
    let module = "fn a() { b.unwrap(); let x: f64 = 0.5; dbg!(x); }";
    assert!(core(&format!("#[cfg(test)]\nmod tests {{ {module} }}")).is_empty());
    assert!(!core(&format!("mod plain {{ {module} }}")).is_empty());
}

#[test]
fn neighbours_of_banned_code_are_fine() {
    for text in [
        "assert!(a); debug_assert!(b); assert_eq!(a, b);",
        "a.unwrap_or(b).unwrap_or_default().expect_err_count(c)",
        "let pair = t.0.1; for i in 0..10 {} 1.max(2); 0x1e9; 1_000usize; [1..=2];",
        "let operand::x = 1u8; let a = 1i64; let f64ish = 0b1;",
        "use std::{collections::BTreeMap, fmt}; use std::time::Duration; std::iter::once(1)",
        "#![forbid(unsafe_code)]",
    ] {
        assert!(core(text).is_empty(), "{text}: {:?}", core(text));
    }
}

#[test]
fn other_crates_may_do_what_only_the_core_may_not() {
    let text = "let t = Instant::now(); let x = 0.5; use std::fs; println!(); a.unwrap();";
    assert!(tripped("crates/cli/src/main.rs", text).is_empty());
}
