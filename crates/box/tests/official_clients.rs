//! The broker's own clients for Python, JavaScript and Rust do a day's work against the box, over HTTP
//! and WebSocket: session, instruments, quotes, candles, orders, books, positions, margins, the
//! ticker in three modes with messages about orders, every type of error, and a 429.
//!
//! They are not part of this repository. `cargo xtask test` installs them beside the build where
//! Python and Node are there; without them these tests say so and pass. The Rust client has a large
//! tree and is built by hand (docs/box.md says how).

mod kit;

use kit::{line, runtime, serve};
use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;

/// Longest time that a client may take: it waits for conditions, never for a time.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where the clients were installed.
fn clients() -> PathBuf {
    match std::env::var_os("TRUEFILL_CLIENTS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_TARGET_TMPDIR")).join("../clients"),
    }
}

/// Runs a client in another process, while the box serves in this one.
fn run(mut command: std::process::Command) {
    let runtime = runtime();
    let ready = runtime.block_on(serve(1));
    command.arg(line(&ready)).stdout(Stdio::piped()).stderr(Stdio::piped());
    let text = ends(command.spawn().expect("it starts"));
    assert!(text.contains("client: done"), "{text}");
}

/// What a client said, which must end well and in time.
fn ends(mut child: std::process::Child) -> String {
    let (done, waits) = std::sync::mpsc::channel();
    let (out, err) = (child.stdout.take(), child.stderr.take());
    let reader = std::thread::spawn(move || {
        let text = out.map(|out| std::io::read_to_string(out).unwrap_or_default());
        let words = err.map(|err| std::io::read_to_string(err).unwrap_or_default());
        // Nobody waits any more when the patience is over.
        let _ = done.send(());
        (text.unwrap_or_default(), words.unwrap_or_default())
    });
    let in_time = waits.recv_timeout(PATIENCE).is_ok();
    if !in_time {
        child.kill().expect("killed");
    }
    let status = child.wait().expect("it ends");
    let (text, words) = reader.join().expect("read");
    assert!(in_time && status.success(), "{status}\n{text}\n{words}");
    text
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

#[test]
fn the_python_client_works() {
    let python = clients().join("python/bin/python");
    if !python.is_file() {
        println!("skipped: the Python client is not installed; `cargo xtask clients` installs it");
        return;
    }
    let mut command = std::process::Command::new(python);
    command.arg(script("session.py"));
    run(command);
}

#[test]
fn the_javascript_client_works() {
    let modules = clients().join("node/node_modules");
    if !modules.join("kiteconnect").is_dir() {
        println!(
            "skipped: the JavaScript client is not installed; `cargo xtask clients` installs it"
        );
        return;
    }
    let mut command = std::process::Command::new("node");
    command.arg(script("session.js")).env("NODE_PATH", modules);
    run(command);
}

/// The first block of code in this language on the page about the box.
fn snippet(language: &str) -> String {
    let page = Path::new(env!("CARGO_MANIFEST_DIR")).join("../../docs/box.md");
    let page = std::fs::read_to_string(page).expect("the page");
    let fence = format!("```{language}\n");
    let block = page.split_once(&fence).and_then(|(_, rest)| rest.split_once("```"));
    block.expect("a block").0.to_owned()
}

/// Runs a snippet of the page where it finds the ready line as it expects it.
fn run_snippet(language: &str, name: &str, mut command: std::process::Command) {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("snippet-{language}"));
    std::fs::create_dir_all(&folder).expect("a folder");
    let runtime = runtime();
    let ready = runtime.block_on(serve(1));
    std::fs::write(folder.join("box.json"), line(&ready)).expect("written");
    std::fs::write(folder.join(name), snippet(language)).expect("written");
    command.arg(name).current_dir(&folder).stdout(Stdio::piped()).stderr(Stdio::piped());
    let child = command.spawn();
    let text = ends(child.expect("it starts"));
    assert!(!text.trim().is_empty());
}

#[test]
fn the_python_snippet_works() {
    let python = clients().join("python/bin/python");
    if !python.is_file() {
        println!("skipped: the Python client is not installed; `cargo xtask clients` installs it");
        return;
    }
    run_snippet("python", "snippet.py", std::process::Command::new(python));
}

#[test]
fn the_javascript_snippet_works() {
    let modules = clients().join("node/node_modules");
    if !modules.join("kiteconnect").is_dir() {
        println!(
            "skipped: the JavaScript client is not installed; `cargo xtask clients` installs it"
        );
        return;
    }
    let mut command = std::process::Command::new("node");
    command.env("NODE_PATH", modules);
    run_snippet("javascript", "snippet.js", command);
}

#[test]
fn the_rust_client_works() {
    let client = clients().join("rust/bin/kite-client");
    if !client.is_file() {
        println!("skipped: the Rust client is not built; docs/box.md says how");
        return;
    }
    run(std::process::Command::new(client));
}
