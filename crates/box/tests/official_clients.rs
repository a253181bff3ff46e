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
    let mut child = command.spawn().expect("it starts");
    let (done, waits) = std::sync::mpsc::channel();
    let (out, err) = (child.stdout.take().expect("piped"), child.stderr.take().expect("piped"));
    let reader = std::thread::spawn(move || {
        let text = std::io::read_to_string(out).unwrap_or_default();
        let words = std::io::read_to_string(err).unwrap_or_default();
        // Nobody waits any more when the patience is over.
        let _ = done.send(());
        (text, words)
    });
    let in_time = waits.recv_timeout(PATIENCE).is_ok();
    if !in_time {
        child.kill().expect("killed");
    }
    let status = child.wait().expect("it ends");
    let (text, words) = reader.join().expect("read");
    assert!(in_time && status.success(), "{status}\n{text}\n{words}");
    assert!(text.contains("client: done"), "{text}\n{words}");
}

fn script(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(name)
}

#[test]
fn the_python_client_works() {
    let python = clients().join("python/bin/python");
    if !python.is_file() {
        println!("skipped: the Python client is not installed; `cargo xtask test` installs it");
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
        println!("skipped: the JavaScript client is not installed; `cargo xtask test` installs it");
        return;
    }
    let mut command = std::process::Command::new("node");
    command.arg(script("session.js")).env("NODE_PATH", modules);
    run(command);
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
