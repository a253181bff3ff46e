//! The whole of tidy on a tree with one planted fault a rule, and on the same tree mended.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use super::*;

/// A tree under the system's temporary folder, removed at the end.
struct Tree(PathBuf);

impl Tree {
    fn new(name: &str) -> Self {
        let name = format!("truefill-tidy-{}-{name}", std::process::id());
        Self(std::env::temp_dir().join(name))
    }

    fn write(&self, path: &str, text: &str) {
        let path = self.0.join(path);
        fs::create_dir_all(path.parent().expect("files have folders")).expect("a folder is made");
        fs::write(path, text).expect("a file is written");
    }

    fn rules(&self) -> BTreeSet<&'static str> {
        check(&self.0).expect("the tree can be read").iter().map(|finding| finding.rule).collect()
    }
}

impl Drop for Tree {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.0);
    }
}

/// One fault for each rule of the core and of shipped code.
const FAULTY: &str = "//! Core.\n\
    fn a(x: f64) { Instant::now(); rand::rng(); println!(); dbg!(x).unwrap() }\n\
    use std::{collections::HashMap, fs};\n\
    struct OrderManager;\n\
    fn b() { unsafe { c() } }\n\
    fn d\u{e9}() {}\n";

#[test]
fn every_rule_can_fail() {
    let tree = Tree::new("faulty");
    tree.write("crates/core/src/lib.rs", FAULTY);
    tree.write("crates/core/src/num.rs", "// No purpose.\n");
    tree.write("crates/core/src/deep/long.rs", &"\n".repeat(801));
    tree.write("crates/gap/src/lib.rs", &format!("//! Gap.\nfn f() {{{}}}", "\n".repeat(70)));
    tree.write("crates/gap/src/mark.rs", concat!("//! TO", "DO later\n"));
    tree.write("crates/core/Cargo.toml", "[dependencies]\nchrono = \"0.4\"\n");
    tree.write("README.md", "see `docs/gone.md`\n");
    tree.write("data/big.bin", &"0".repeat(3_000_001));
    assert_eq!(tree.rules(), BTreeSet::from(RULES));
}

#[test]
fn a_tidy_tree_has_no_findings() {
    let tree = Tree::new("tidy");
    tree.write("crates/core/src/lib.rs", "//! Core.\n#[cfg(test)]\nmod tests;\n");
    tree.write("crates/core/src/tests.rs", "fn a() -> f64 { b().unwrap() }\n");
    tree.write("crates/core/Cargo.toml", "[dependencies]\n[dev-dependencies]\nproptest = \"1\"\n");
    tree.write("docs/DEPENDENCIES.md", "`proptest`\n");
    tree.write("README.md", "see `docs/DEPENDENCIES.md`\n");
    // Build output and version control are not ours to judge.
    tree.write("target/debug/x.rs", FAULTY);
    tree.write("fuzz/built/CACHEDIR.TAG", "");
    tree.write("fuzz/built/x.rs", "struct OrderManager;");
    tree.write(".git/x.rs", "struct OrderManager;");
    assert_eq!(tree.rules(), BTreeSet::new());
    tree.write("crates/core/src/target/x.rs", "struct OrderManager;");
    assert_eq!(tree.rules(), BTreeSet::from(["vague-name"]));
}

#[test]
fn an_exception_is_used_or_is_an_error() {
    let tree = Tree::new("allow");
    tree.write("crates/sim/src/lib.rs", "//! Sim.\nstruct OrderManager;\n");
    tree.write("xtask/tidy-allow.txt", "vague-name crates/sim/src/lib.rs the field says so\n");
    assert_eq!(tree.rules(), BTreeSet::new());
    tree.write("crates/sim/src/lib.rs", "//! Sim.\n");
    assert_eq!(tree.rules(), BTreeSet::from(["tidy-allow"]));
}
