//! The broker's own clients for Python and JavaScript do a day's work against the box, over HTTP
//! and WebSocket: session, instruments, quotes, candles, orders, books, positions, margins, the
//! ticker in three modes with messages about orders, every type of error, and a 429.
//!
//! They are not part of this repository. `cargo xtask test` installs them beside the build where
//! Python and Node are there; without them these tests say so and pass.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::time::Duration;
use truefill_box::desk::{Desk, Options};
use truefill_box::listing::Listing;
use truefill_box::net::clock::Clock;
use truefill_box::net::{Ready, Settings, start};
use truefill_core::num::{Px, Qty};
use truefill_venue::kite_server::parse_stamp;

/// Longest time that a client may take: it waits for conditions, never for a time.
const PATIENCE: Duration = Duration::from_secs(120);

/// Where the clients were installed.
fn clients() -> PathBuf {
    match std::env::var_os("TRUEFILL_CLIENTS") {
        Some(folder) => PathBuf::from(folder),
        None => Path::new(env!("CARGO_TARGET_TMPDIR")).join("../clients"),
    }
}

async fn serve() -> Ready {
    let now = parse_stamp("2026-11-25 10:00:00").expect("a time");
    let redirect = Some("http://127.0.0.1:9/callback".to_owned());
    let options = Options { redirect, ..Options::default() };
    let listing = Listing::standard();
    let sbin = listing.named("NSE:SBIN").expect("listed");
    let mut desk = Desk::new(options, listing, now);
    desk.hold(sbin, Qty::whole(100), Px::whole(900));
    let here = "127.0.0.1:0".parse().expect("an address");
    let settings = Settings { listen: here, control: here, log: None, tell: false };
    start(desk, Clock::new(now, 1), settings).await.expect("a free port")
}

fn line(ready: &Ready) -> String {
    let Options { api_key, api_secret, .. } = Options::default();
    serde_json::json!({
        "rest": format!("http://{}", ready.rest),
        "ticker": format!("ws://{}/", ready.rest),
        "control": format!("http://{}", ready.control),
        "api_key": api_key,
        "api_secret": api_secret,
        "access_token": ready.access_token,
    })
    .to_string()
}

/// Runs a client in another process, while the box serves in this one.
fn run(mut command: std::process::Command) {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("tokio");
    let ready = runtime.block_on(serve());
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
