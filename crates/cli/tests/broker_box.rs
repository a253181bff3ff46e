//! `truefill box` as people and scripts start it.

mod kit;

use kit::truefill;
use serde_json::Value;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::process::{Child, Command, Stdio};

/// A running box, ended with the test.
struct Running {
    child: Child,
    ready: Value,
}

impl Running {
    fn start(arguments: &[&str]) -> Self {
        let mut command = Command::new(env!("CARGO_BIN_EXE_truefill"));
        command.args(["box", "kite"]).args(arguments);
        let mut child =
            command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().expect("it starts");
        let mut line = String::new();
        let out = child.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut line).expect("a line");
        let ready = serde_json::from_str(&line).expect("JSON");
        Self { child, ready }
    }

    /// Sends a request without a body and reads the answer.
    fn ask(&self, base: &str, head: &str) -> String {
        let address = self.ready[base].as_str().expect("an address").trim_start_matches("http://");
        let mut stream = TcpStream::connect(address).expect("it listens");
        let token = self.ready["access_token"].as_str().expect("a token");
        let request = format!(
            "{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: 0\r\n\
             Authorization: token boxkey:{token}\r\n\r\n"
        );
        stream.write_all(request.as_bytes()).expect("sent");
        let mut answer = String::new();
        stream.read_to_string(&mut answer).expect("text");
        answer
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // It may have ended by itself, which the test has noticed.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

#[test]
fn one_line_says_how_to_get_in() {
    let running = Running::start(&["--holding", "NSE:SBIN=100", "--time", "2026-11-25 10:00:00"]);
    let keys: Vec<&String> = running.ready.as_object().expect("an object").keys().collect();
    for key in ["rest", "ticker", "control", "api_key", "api_secret", "access_token"] {
        assert!(keys.iter().any(|known| *known == key), "{keys:?}");
    }
    assert!(running.ready["ticker"].as_str().is_some_and(|url| url.starts_with("ws://127.0.0.1:")));
    let holdings = running.ask("rest", "GET /portfolio/holdings");
    assert!(holdings.contains("\"tradingsymbol\":\"SBIN\""), "{holdings}");
    let truth = running.ask("control", "GET /truth");
    assert!(truth.contains("\"now\":\"2026-11-25 10:00:"), "{truth}");
    assert!(running.ask("control", "GET /").contains("POST /fault"));
}

#[test]
fn recorded_prices_are_played() {
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../../examples/init/synthetic-quotes.csv");
    let running = Running::start(&["--data", file, "--quiet"]);
    // The first recorded bid of INFY is 1494.65, its ask 1494.80, and the next comes in a minute.
    let price = running.ask("rest", "GET /quote/ltp?i=NSE:INFY");
    let known = ["1494.65", "1494.8"];
    assert!(known.iter().any(|part| price.contains(part)), "{price}");
}

#[test]
fn what_cannot_be_is_refused_with_what_can() {
    for (arguments, part) in [
        (&["--listen", "0.0.0.0:0"][..], "--expose"),
        (&["--control", "0.0.0.0:0"], "--expose"),
        (&["--time", "tomorrow"], "2026-11-25 09:15:00"),
        (&["--holding", "SBIN"], "NSE:SBIN=100"),
        (&["--holding", "NSE:NOPE=1"], "NSE:SBIN=100"),
        (&["--faults", "sunny"], "storm"),
        (&["--postback", "ftp://x"], "http://127.0.0.1"),
        (&["--speed", "0"], "10000"),
        (&["--data", "no-such-file.csv"], "no-such-file.csv"),
    ] {
        let mut all = vec!["box", "kite"];
        all.extend(arguments);
        let output = truefill(&all);
        assert_eq!(output.status.code(), Some(2), "{arguments:?}");
        let words = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(words.contains(part), "{arguments:?}: {words}");
        assert!(output.stdout.is_empty());
    }
}

#[test]
fn a_taken_port_is_said() {
    let running = Running::start(&[]);
    let rest = running.ready["rest"].as_str().expect("an address").trim_start_matches("http://");
    let output = truefill(&["box", "kite", "--listen", rest]);
    assert_eq!(output.status.code(), Some(2));
    assert!(String::from_utf8_lossy(&output.stderr).contains("another port"));
}
