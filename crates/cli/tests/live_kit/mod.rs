//! The real binary as a box and as a node, and what tests ask of both.

#![allow(dead_code, reason = "each test file uses a part of it")]

use serde_json::{Value, json};
use std::fmt::Write as _;
use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

pub const TRUEFILL: &str = env!("CARGO_BIN_EXE_truefill");
pub const SYMBOLS: [&str; 6] =
    ["NSE:INFY", "NSE:SBIN", "NSE:BEL", "NSE:CIPLA", "NSE:AXISBANK", "NSE:RELIANCE"];
/// Longest wait for anything that must come.
pub const PATIENCE: Duration = Duration::from_secs(300);
/// After the last fault an order may still appear for so long.
const APPEARS: Duration = Duration::from_secs(95);

/// Between two looks at another process, which nothing else tells of.
#[allow(clippy::disallowed_methods, reason = "another process is looked at from time to time")]
pub fn rest(time: Duration) {
    std::thread::sleep(time);
}

pub struct Killed(pub Child);

impl Drop for Killed {
    fn drop(&mut self) {
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}

pub struct Scene {
    pub folder: PathBuf,
    pub control: String,
    _box: Killed,
    pub node: Option<Killed>,
}

impl Scene {
    pub fn open(name: &str) -> Self {
        let folder = std::env::temp_dir().join(format!("tf-node-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(&folder).expect("a folder");
        // What it says last is there when a test fails.
        let log = std::fs::File::create(folder.join("box.log")).expect("a file");
        let mut child = Command::new(TRUEFILL)
            .args(["box", "kite", "--quiet", "--seed", "7", "--cash", "90000000"])
            .stdout(Stdio::piped())
            .stderr(Stdio::from(log))
            .spawn()
            .expect("a box");
        let mut line = String::new();
        let out = child.stdout.take().expect("piped");
        BufReader::new(out).read_line(&mut line).expect("a ready line");
        std::fs::write(folder.join("box.json"), &line).expect("written");
        let ready: Value = serde_json::from_str(&line).expect("JSON");
        let control = ready["control"].as_str().expect("an address").replace("http://", "");
        let symbols = SYMBOLS.map(|symbol| format!("\"{symbol}\"")).join(", ");
        let config = format!(
            "mode = \"live\"\nconfirm_account = \"AB1234\"\n[account]\nname = \"AB1234\"\n\
             broker = \"kite\"\n[recon]\nbusy = \"1s\"\nidle = \"5s\"\n[live]\n\
             box = \"box.json\"\ndir = \"run\"\n[strategy.mine]\ntargets = \"targets.csv\"\n\
             symbols = [{symbols}]\nproduct = \"MIS\"\n[strategy.mine.entry]\n\
             policy = \"marketable_limit\"\ncollar = {{ bps = 50, min_ticks = 4 }}\n"
        );
        std::fs::write(folder.join("my.toml"), config).expect("written");
        Self { folder, control, _box: Killed(child), node: None }
    }

    pub fn start(&mut self) {
        let child = Command::new(TRUEFILL)
            .args(["run", "my.toml", "--quiet"])
            .current_dir(&self.folder)
            .env("XDG_STATE_HOME", &self.folder)
            .stdout(Stdio::null())
            .stderr(Stdio::inherit())
            .spawn()
            .expect("a node");
        self.node = Some(Killed(child));
    }

    /// `kill -9`.
    pub fn kill(&mut self) {
        drop(self.node.take());
    }

    pub fn want(&self, qty: i64) {
        let path = self.folder.join("targets.csv");
        let mut text = std::fs::read_to_string(&path)
            .unwrap_or_else(|_| "time,strategy,symbol,target,price\n".to_owned());
        let now = SystemTime::now().duration_since(UNIX_EPOCH).expect("after 1970").as_nanos();
        for symbol in SYMBOLS {
            let _ = writeln!(text, "{now},mine,{symbol},{qty},");
        }
        let new = path.with_extension("new");
        std::fs::write(&new, text).expect("written");
        std::fs::rename(&new, &path).expect("in place");
    }

    pub fn ask(&self, request: &Value) -> Option<Value> {
        truefill_node::operator::ask(&self.folder.join("run"), request).ok()
    }

    pub fn control(&self, path: &str, body: &str) -> Value {
        let method = if body.is_empty() { "GET" } else { "POST" };
        let mut stream = TcpStream::connect(&self.control).expect("it listens");
        let length = body.len();
        write!(
            stream,
            "{method} {path} HTTP/1.1\r\nHost: box\r\nConnection: close\r\n\
             Content-Length: {length}\r\n\r\n{body}"
        )
        .expect("sent");
        let mut got = String::new();
        stream.read_to_string(&mut got).expect("an answer");
        let (_, body) = got.split_once("\r\n\r\n").expect("a body");
        serde_json::from_str(body).expect("JSON")
    }

    /// Waits until the node has started: targets from before that are history.
    pub fn until_it_answers(&self) {
        let began = Instant::now();
        while self.ask(&json!({ "do": "status" })).is_none() {
            assert!(began.elapsed() < PATIENCE, "the node does not answer");
            rest(Duration::from_millis(50));
        }
    }

    /// Waits until the node has read its account. False when it is slow today.
    pub fn until_read(&self) -> bool {
        let began = Instant::now();
        let read = || self.ask(&json!({ "do": "status" })).is_some_and(|s| s["read"] == true);
        while !read() {
            if began.elapsed() > Duration::from_secs(20) {
                return false;
            }
            rest(Duration::from_millis(50));
        }
        true
    }

    /// Waits until something was ordered.
    pub fn until_ordered(&self) {
        let began = Instant::now();
        while self.control("/truth", "")["orders"].as_array().is_none_or(Vec::is_empty) {
            assert!(began.elapsed() < PATIENCE, "nothing was ever ordered");
            rest(Duration::from_millis(50));
        }
    }

    /// What a person does about an order without an outcome: asks the broker, and says so when it
    /// is not there. Only right where no fault lets it appear later.
    pub fn by_hand(&self) {
        let status = self.ask(&json!({ "do": "status" })).unwrap_or_default();
        let truth = self.control("/truth", "").to_string();
        for order in status["orders"].as_array().into_iter().flatten() {
            let id = order["client_id"].as_str().unwrap_or_default();
            if order["unknown"] == true && !truth.contains(id) {
                self.ask(&json!({ "do": "adopt", "symbol": order["symbol"], "quantity": "0" }));
            }
        }
    }

    /// Waits until engine and broker hold the target everywhere and nothing is open.
    pub fn until_true(&self, qty: i64) -> Value {
        let (began, wanted) = (Instant::now(), qty.to_string());
        loop {
            let truth = self.control("/truth", "");
            let status = self.ask(&json!({ "do": "status" })).unwrap_or_default();
            let rows = status["holdings"].as_array().cloned().unwrap_or_default();
            let all = rows.len() == SYMBOLS.len()
                && rows.iter().all(|row| row["position"] == wanted)
                && status["orders"].as_array().is_some_and(Vec::is_empty)
                && SYMBOLS.iter().all(|symbol| bought(&truth, symbol) == (qty, 0));
            if all {
                return truth;
            }
            if began.elapsed() > APPEARS {
                // The operator has asked the broker about what is unknown: it is not there.
                for row in rows.iter().filter(|row| row["frozen"] == "venue_unknown") {
                    self.ask(&json!({ "do": "adopt", "symbol": row["symbol"], "quantity": "0" }));
                }
            }
            assert!(began.elapsed() < PATIENCE, "not true:\n{status:#}\n{:#}", truth["positions"]);
            rest(Duration::from_millis(100));
        }
    }
}

pub fn bought(truth: &Value, symbol: &str) -> (i64, i64) {
    let (exchange, name) = symbol.split_once(':').expect("EXCHANGE:SYMBOL");
    let fills = truth["fills"].as_array().expect("fills");
    let of = |side: &str| {
        let own = fills.iter().filter(|row| {
            (&row["exchange"], &row["tradingsymbol"], &row["transaction_type"])
                == (&json!(exchange), &json!(name), &json!(side))
        });
        own.filter_map(|row| row["quantity"].as_i64()).sum()
    };
    (of("BUY"), of("SELL"))
}

/// The journal is whole, and what it decided follows from what it was told.
pub fn verified(folder: &Path) {
    let done = Command::new(TRUEFILL)
        .args(["journal", "verify", "run/journal.db"])
        .current_dir(folder)
        .output()
        .expect("it runs");
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
}
