//! A box and a node in this process, over real sockets, and what tests wait for.

#![allow(dead_code, reason = "each test file uses a part of it")]

use serde_json::{Value, json};
use std::collections::BTreeMap;
use std::io::Write as _;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::sync::mpsc;
use tokio::task::JoinHandle;
use truefill_box::desk::{Desk, Options, Switches};
use truefill_box::listing::Listing;
use truefill_box::net::clock::Clock;
use truefill_box::net::{Ready, Settings as BoxSettings, start};
use truefill_core::config::{
    Config, Descriptor, Holding, Instrument, Policy, Recon, Remainder, Risk, Strategy,
};
use truefill_core::ids::{InstrumentId, SleeveId, VenueText};
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_node::clock::wall;
use truefill_node::feed::TargetFile;
use truefill_node::settings::{Endpoint, Mode, OnStop, Settings};
use truefill_node::{Job, NodeError, run};
use truefill_venue::kite::{Limits, descriptor};

/// Longest wait for anything that must come.
pub const PATIENCE: Duration = Duration::from_secs(90);

static FOLDERS: AtomicU32 = AtomicU32::new(0);

/// A folder that goes when the test ends well.
pub struct Folder(pub PathBuf);

impl Folder {
    pub fn new(name: &str) -> Self {
        let number = FOLDERS.fetch_add(1, Ordering::SeqCst);
        let path = std::env::temp_dir().join(format!("tfn-{}-{number}-{name}", std::process::id()));
        std::fs::create_dir_all(&path).expect("a folder");
        Self(path)
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        if !std::thread::panicking() {
            drop(std::fs::remove_dir_all(&self.0));
        }
    }
}

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .expect("tokio")
}

/// Runs a test in a runtime of its own.
pub fn live<F: Future<Output = ()>>(test: F) {
    runtime().block_on(test);
}

/// A box of today, always open.
pub async fn open_box(switches: Switches) -> Ready {
    open_box_with(Options { switches, ..Options::default() }).await
}

pub async fn open_box_with(options: Options) -> Ready {
    open_box_that_posts(options, None).await
}

/// The same, which posts what happens to orders to this address and path.
pub async fn open_box_that_posts(options: Options, to: Option<(String, String)>) -> Ready {
    let now = wall();
    let options = Options { postback: to.is_some(), ..options };
    let desk = Desk::new(options, Listing::standard(), now);
    let here = "127.0.0.1:0".parse().expect("an address");
    let settings =
        BoxSettings { listen: here, control: here, log: None, postback: to, tell: false };
    start(desk, Clock::new(now, 1), settings).await.expect("a free port")
}

/// What a node is told in a test, to be changed before it starts.
pub struct Setup {
    pub job: Job,
    pub folder: Folder,
}

/// Policies that fill at once.
pub fn at_once() -> Policy {
    Policy { collar_bps: 100, collar_ticks: 4, remainder: Remainder::Rest, ..Policy::default() }
}

/// A node for these symbols of a box.
pub fn setup(name: &str, ready: &Ready, symbols: &[&str]) -> Setup {
    let folder = Folder::new(name);
    let listing = Listing::standard();
    let mut tokens = BTreeMap::new();
    let mut instruments: Vec<Instrument> = Vec::new();
    let mut holdings = Vec::new();
    for (symbol, number) in symbols.iter().zip(0u32..) {
        let item = listing.get(listing.named(symbol).expect("listed")).expect("listed");
        tokens.insert(item.listed.named.token, InstrumentId(number));
        instruments.push(Instrument::new(*symbol, item.listed.tick, item.listed.lot));
        holdings.push(Holding {
            instrument: InstrumentId(number),
            product: VenueText::new("MIS").expect("short"),
            sleeve: SleeveId(1),
            never_short: false,
            others: Vec::new(),
        });
    }
    let config = Config {
        account: "AB1234".to_owned(),
        instruments,
        holdings,
        strategies: vec![Strategy::new("mine", at_once(), at_once())],
        descriptor: quick(),
        risk: Risk { collar_bps_max: 500, ..Risk::default() },
        recon: Recon { busy_ns: SECOND_NS, idle_ns: 2 * SECOND_NS, ..Recon::default() },
        digest_every: 64,
        replay_horizon_ns: 86_400 * SECOND_NS,
        assumed_fee_bps: 0,
        calendars: Vec::new(),
        crossing: false,
    };
    let endpoint =
        |scheme: &str| Endpoint::parse(&format!("{scheme}://{}", ready.rest)).expect("an address");
    let settings = Settings {
        mode: Mode::Live,
        confirmed: Some("AB1234".to_owned()),
        rest: endpoint("http"),
        ticker: endpoint("ws"),
        token_file: folder.0.join("token.json"),
        dir: folder.0.join("run"),
        locks: folder.0.join("locks"),
        on_stop: OnStop::Leave,
        stop_within: Duration::from_secs(30),
        remind: Vec::new(),
        postback: None,
        build: "test".to_owned(),
    };
    put_token(&settings.token_file, &ready.access_token);
    let targets = vec![TargetFile {
        path: folder.0.join("targets.csv"),
        strategy: "mine".to_owned(),
        sleeve: SleeveId(1),
    }];
    let job = Job {
        config,
        settings,
        tokens,
        targets,
        holds: Vec::new(),
        programs: Vec::new(),
        world: Default::default(),
        secret: None,
        quiet: true,
    };
    Setup { job, folder }
}

/// The broker's promises, but for what makes a first start wait for more than a minute.
fn quick() -> Descriptor {
    let mut descriptor = descriptor(&Limits::default());
    descriptor.windows.retain(|window| window.per_ns <= SECOND_NS);
    descriptor.arrival_max_ns = 2 * SECOND_NS;
    descriptor.reply_timeout_ns = 3 * SECOND_NS;
    descriptor
}

/// A token file as the log-in writes it.
pub fn put_token(path: &Path, token: &str) {
    let text = json!({ "api_key": "boxkey", "access_token": token }).to_string();
    let new = path.with_extension("new");
    std::fs::write(&new, text).expect("written");
    std::fs::rename(&new, path).expect("in place");
}

/// A node that runs.
pub struct Node {
    pub ready: Ready,
    pub job: Job,
    pub folder: Folder,
    stop: mpsc::Sender<()>,
    ended: Option<JoinHandle<Result<(), NodeError>>>,
}

impl Node {
    /// Starts it.
    pub fn start(ready: Ready, setup: Setup) -> Self {
        let (stop, asked) = mpsc::channel(4);
        let ended = tokio::spawn(run(setup.job.clone(), asked));
        let Setup { job, folder } = setup;
        Self { ready, job, folder, stop, ended: Some(ended) }
    }

    /// Asks it to stop and waits for the end.
    pub async fn stop(&mut self) -> Result<(), NodeError> {
        let _ = self.stop.send(()).await;
        let ended = self.ended.take().expect("it runs");
        let ended = tokio::time::timeout(PATIENCE, ended).await;
        ended.expect("it stops in time").expect("it does not panic")
    }

    /// Starts it again on the same files.
    pub fn again(&mut self) {
        assert!(self.ended.is_none(), "stopped before");
        let (stop, asked) = mpsc::channel(4);
        self.ended = Some(tokio::spawn(run(self.job.clone(), asked)));
        self.stop = stop;
    }

    /// It ended by itself.
    pub async fn ended(&mut self) -> Result<(), NodeError> {
        let ended = self.ended.take().expect("it runs");
        let ended = tokio::time::timeout(PATIENCE, ended).await;
        ended.expect("it ends in time").expect("it does not panic")
    }

    /// Declares targets, now.
    pub fn want(&self, targets: &[(&str, i64)]) {
        let path = &self.job.targets[0].path;
        let fresh = !path.exists();
        let open = std::fs::OpenOptions::new().create(true).append(true).open(path);
        let mut text = String::new();
        if fresh {
            text.push_str("time,strategy,symbol,target,price\n");
        }
        let now = wall();
        for (symbol, qty) in targets {
            text.push_str(&format!("{},mine,{symbol},{qty},\n", now.0));
        }
        open.expect("a file").write_all(text.as_bytes()).expect("written");
    }

    /// A node that has read its account and has prices.
    pub async fn ready(name: &str, symbols: &[&str], change: impl FnOnce(&mut Job)) -> Self {
        let ready = open_box(Switches::default()).await;
        let mut setup = setup(name, &ready, symbols);
        change(&mut setup.job);
        let node = Self::start(ready, setup);
        node.until("a read account and links", is_up).await;
        node
    }

    /// Asks the operator's socket.
    pub async fn ask(&self, word: &str) -> Value {
        self.say(json!({ "do": word })).await
    }

    /// Says something to the operator's socket.
    pub async fn say(&self, request: Value) -> Value {
        let dir = self.job.settings.dir.clone();
        let asked =
            tokio::task::spawn_blocking(move || truefill_node::operator::ask(&dir, &request));
        asked.await.expect("no panic").unwrap_or_else(|why| json!({ "error": why }))
    }

    /// Waits until the status is as wanted.
    pub async fn until(&self, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        let mut last = Value::Null;
        let looks = async {
            loop {
                last = self.ask("status").await;
                if wanted(&last) {
                    return last.clone();
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, looks).await;
        found.unwrap_or_else(|_| panic!("waited in vain for {what}; last status:\n{last:#}"))
    }

    /// Waits until engine and broker hold this, nothing works, and nothing is unknown.
    pub async fn settles_at(&self, targets: &[(&str, i64)]) -> Value {
        let mut last = (Value::Null, Value::Null);
        let looks = async {
            loop {
                let (status, truth) = (self.ask("status").await, self.truth().await);
                last = (status, truth);
                if targets.iter().all(|(symbol, qty)| is_settled(&last, symbol, *qty)) {
                    return last.1.clone();
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, looks).await;
        found.unwrap_or_else(|_| {
            panic!("waited in vain for {targets:?}; status:\n{:#}\ntruth:\n{:#}", last.0, last.1)
        })
    }

    /// What is really true.
    pub async fn truth(&self) -> Value {
        control(&self.ready, "/truth", "").await
    }

    /// A command of the box's control API that must be taken.
    pub async fn control(&self, path: &str, body: Value) -> Value {
        let done = control(&self.ready, path, &body.to_string()).await;
        assert!(done.get("error").is_none(), "{path} {body}: {done}");
        done
    }

    /// Codes of all alerts so far.
    pub fn alerts(&self) -> Vec<String> {
        let text = std::fs::read_to_string(self.job.settings.dir.join("alerts.jsonl"));
        let text = text.unwrap_or_default();
        let lines = text.lines().filter_map(|line| serde_json::from_str::<Value>(line).ok());
        lines.filter_map(|line| Some(line["code"].as_str()?.to_owned())).collect()
    }

    /// Waits for an alert.
    pub async fn alerted(&self, code: &str) {
        let looks = async {
            while !self.alerts().iter().any(|seen| seen == code) {
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        };
        let found = tokio::time::timeout(PATIENCE, looks).await;
        found.unwrap_or_else(|_| panic!("no alert {code}; there were {:?}", self.alerts()));
    }
}

/// It has read its account and all links are up.
pub fn is_up(status: &Value) -> bool {
    let links = &status["links"];
    status["read"] == true && ["rest", "stream", "market"].iter().all(|l| links[*l] == true)
}

fn is_settled((status, truth): &(Value, Value), symbol: &str, qty: i64) -> bool {
    let rows = status["holdings"].as_array();
    let engine = rows.and_then(|rows| rows.iter().find(|row| row["symbol"] == symbol));
    let Some(engine) = engine else { return false };
    engine["position"].as_str() == Some(qty.to_string().as_str())
        && held(truth, symbol) == qty
        && status["unknown_orders"] == 0
        && status["orders"].as_array().is_some_and(Vec::is_empty)
        && working(truth) == 0
        && engine["frozen"].is_null()
}

/// Orders that can still fill, in the box.
pub fn working(truth: &Value) -> usize {
    let done = ["COMPLETE", "CANCELLED", "REJECTED"];
    let orders = truth["orders"].as_array().expect("orders");
    let open = |row: &&Value| !done.contains(&row["status"].as_str().unwrap_or_default());
    orders.iter().filter(open).count()
}

/// Net quantity of a symbol, in the box.
pub fn held(truth: &Value, symbol: &str) -> i64 {
    let (exchange, name) = symbol.split_once(':').expect("EXCHANGE:SYMBOL");
    let rows = truth["positions"].as_array().expect("positions");
    let rows =
        rows.iter().filter(|row| row["exchange"] == exchange && row["tradingsymbol"] == name);
    rows.filter_map(|row| row["quantity"].as_i64()).sum()
}

/// What was bought and sold of a symbol in all.
pub fn traded(truth: &Value, symbol: &str) -> (i64, i64) {
    let (exchange, name) = symbol.split_once(':').expect("EXCHANGE:SYMBOL");
    let fills = truth["fills"].as_array().expect("fills");
    let of = |side: &str| {
        let own = fills.iter().filter(|row| {
            row["exchange"] == exchange
                && row["tradingsymbol"] == name
                && row["transaction_type"] == side
        });
        own.filter_map(|row| row["quantity"].as_i64()).sum()
    };
    (of("BUY"), of("SELL"))
}

/// Nothing was sent that the limits of the box do not allow.
pub fn no_violation(truth: &Value) {
    let found = truth["violations"].as_array().map_or(0, Vec::len);
    assert_eq!(found, 0, "{:#}", truth["violations"]);
}

/// A command of the control API.
pub async fn control(ready: &Ready, path: &str, body: &str) -> Value {
    let method = if body.is_empty() { "GET" } else { "POST" };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: box\r\nConnection: close\r\nContent-Length: {}\r\n\r\n\
         {body}",
        body.len()
    );
    let mut stream = TcpStream::connect(ready.control).await.expect("it listens");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut got = Vec::new();
    let read = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut got)).await;
    read.expect("in time").expect("read");
    let text = String::from_utf8_lossy(&got);
    let (_, body) = text.split_once("\r\n\r\n").expect("an answer");
    serde_json::from_str(body).unwrap_or(Value::Null)
}

/// So long ago.
pub fn before(now: Nanos, ms: i64) -> Nanos {
    now.plus(-ms * MILLI_NS)
}

/// A box with money for everything, and the names of fifty shares.
pub async fn fifty() -> (Ready, Vec<String>) {
    let ready = open_box_with(Options { cash: 900_000_000, ..Default::default() }).await;
    let listing = Listing::standard();
    let shares = listing.iter().filter(|(_, item)| item.is_equity());
    let names = shares
        .filter(|(_, item)| item.listed.named.exchange == "NSE")
        .map(|(_, item)| format!("NSE:{}", item.listed.named.symbol));
    let names = names.take(50).collect();
    (ready, names)
}

/// How long the orders of a basket took to reach the broker, beside the least that a window of
/// `most` a second allows.
pub fn paces(truth: &Value, most: usize) -> String {
    let fills = truth["fills"].as_array().expect("fills");
    let times: Vec<i64> = fills.iter().filter_map(|fill| fill["time_ns"].as_i64()).collect();
    let (first, last) = (times.iter().min().copied(), times.iter().max().copied());
    let took_ns = last.unwrap_or_default() - first.unwrap_or_default();
    let least = times.len().div_ceil(most).saturating_sub(1);
    format!("{} orders in {took_ns} ns; the least is {least} s", times.len())
}

/// Prices are there, and windows are free.
pub fn is_free(status: &Value) -> bool {
    let quoted = |row: &Value| row["quote_age_ms"].is_number();
    let rows = status["holdings"].as_array().filter(|rows| rows.iter().all(quoted));
    is_up(status) && status["next_order_ms"] == 0 && rows.is_some()
}

/// Entries rest at the near touch for ever, so that there is something to cancel.
pub fn resting(job: &mut Job) {
    let entry = &mut job.config.strategies[0].entry;
    entry.style = truefill_core::config::Style::Limit;
    // Far below the market: a limit at a price nobody sells at.
    entry.px = Some(truefill_core::num::Px::whole(1490));
}

/// Another program of the account places an order.
pub async fn place(ready: &Ready, form: &str) -> Value {
    let request = format!(
        "POST /orders/regular HTTP/1.1\r\nHost: box\r\nConnection: close\r\nX-Kite-Version: 3\r\n\
         Authorization: token boxkey:{}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        ready.access_token,
        form.len()
    );
    let mut stream = TcpStream::connect(ready.rest).await.expect("it listens");
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut got = Vec::new();
    stream.read_to_end(&mut got).await.expect("read");
    let text = String::from_utf8_lossy(&got);
    let (_, body) = text.split_once("\r\n\r\n").expect("an answer");
    serde_json::from_str(body).unwrap_or(Value::Null)
}
