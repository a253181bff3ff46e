//! The broker posts what happened to an order while nothing else reaches the node, and a stranger
//! posts what did not happen.

mod kit;

use kit::{Node, PATIENCE, is_up, live, no_violation, open_box_that_posts, setup, traded};
use serde_json::{Value, json};
use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use truefill_box::desk::Options;
use truefill_node::NodeError;
use truefill_venue::http::Secret;

const INFY: &str = "NSE:INFY";

/// A way between a node and a box that can be cut.
struct Way {
    address: SocketAddr,
    open: watch::Sender<bool>,
    /// Connections that something passes through.
    passing: Arc<AtomicUsize>,
}

impl Way {
    async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("bound");
        let (open, state) = watch::channel(true);
        let passing = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&passing);
        tokio::spawn(async move {
            while let Ok((mut near, _)) = listener.accept().await {
                let (mut state, count) = (state.clone(), Arc::clone(&counted));
                tokio::spawn(async move {
                    count.fetch_add(1, Ordering::SeqCst);
                    tokio::select! {
                        biased;
                        _ = state.wait_for(|open| !open) => {}
                        () = pass(&mut near, target) => {}
                    }
                    count.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { address, open, passing }
    }

    /// Cuts it; nothing passes any more when this is over.
    async fn cut(&self) {
        self.open.send_replace(false);
        let none = async {
            while self.passing.load(Ordering::SeqCst) > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, none).await.expect("everything is cut");
    }
}

/// Passes everything in both directions.
async fn pass(near: &mut TcpStream, target: SocketAddr) {
    if let Ok(mut far) = TcpStream::connect(target).await {
        drop(tokio::io::copy_bidirectional(near, &mut far).await);
    }
}

/// A port that was free a moment ago.
fn free() -> SocketAddr {
    let socket = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
    socket.local_addr().expect("bound")
}

/// What the listener answers to these bytes.
async fn post_raw(to: SocketAddr, request: &[u8]) -> String {
    let mut stream = TcpStream::connect(to).await.expect("it listens");
    stream.write_all(request).await.expect("sent");
    let mut got = Vec::new();
    // A refusal may come before all of a body was read; what was answered counts.
    drop(tokio::time::timeout(PATIENCE, stream.read_to_end(&mut got)).await.expect("in time"));
    String::from_utf8_lossy(&got).lines().next().unwrap_or_default().to_owned()
}

async fn post(to: SocketAddr, body: &str) -> String {
    let head = format!(
        "POST /zerodha HTTP/1.1\r\nHost: node\r\nContent-Type: application/json\r\n\
         Content-Length: {}\r\n\r\n",
        body.len()
    );
    post_raw(to, format!("{head}{body}").as_bytes()).await
}

/// A node whose order rests, and the ways to its broker.
async fn resting_node(name: &str) -> (Node, Way, SocketAddr) {
    let address = free();
    let to = Some((address.to_string(), "/postback".to_owned()));
    let ready = open_box_that_posts(Options::default(), to).await;
    let way = Way::to(ready.rest).await;
    let mut setup = setup(name, &ready, &[INFY]);
    kit::resting(&mut setup.job);
    setup.job.settings.rest.port = way.address.port();
    setup.job.settings.ticker.port = way.address.port();
    setup.job.settings.postback = Some(address);
    setup.job.secret = Some(Secret::new("boxsecret"));
    let node = Node::start(ready, setup);
    node.until("a read account and links", is_up).await;
    node.want(&[(INFY, 10)]);
    node.until("a resting order", |s| s["orders"][0]["order_id"].is_string()).await;
    (node, way, address)
}

#[test]
fn a_fill_is_known_from_the_postback_while_nothing_else_arrives() {
    live(async {
        let (mut node, way, _) = resting_node("known").await;
        way.cut().await;
        node.until("no stream", |s| s["links"]["stream"] == false).await;
        // Somebody sells at the price of the order.
        node.control("/price", json!({ "symbol": INFY, "price": 1480, "depth": 1000 })).await;
        let known = |s: &Value| s["holdings"][0]["position"] == "10";
        let status = node.until("the fill", known).await;
        assert_eq!(status["links"]["stream"], false, "{status:#}");
        // With the ways open again the books say the same, and nothing is bought twice.
        way.open.send_replace(true);
        let truth = node.settles_at(&[(INFY, 10)]).await;
        assert_eq!(traded(&truth, INFY), (10, 0));
        no_violation(&truth);
        assert!(!node.alerts().iter().any(|code| code == "POSTBACK_REFUSED"));
        node.stop().await.expect("stopped");
    });
}

#[test]
fn forged_and_broken_posts_change_nothing_and_are_told_once() {
    live(async {
        let (mut node, _way, address) = resting_node("forged").await;
        let before = node.ask("status").await;
        let order_id = before["orders"][0]["order_id"].as_str().expect("an id").to_owned();
        let forged = json!({
            "order_id": order_id, "order_timestamp": "2026-11-25 09:30:00", "user_id": "AB1234",
            "checksum": "0".repeat(64), "status": "COMPLETE", "exchange": "NSE",
            "tradingsymbol": "INFY", "transaction_type": "BUY", "product": "MIS",
            "quantity": 10, "filled_quantity": 10, "price": 1490, "average_price": 1490,
        });
        assert_eq!(post(address, &forged.to_string()).await, "HTTP/1.1 403 Forbidden");
        assert_eq!(post(address, "{\"order_id\":").await, "HTTP/1.1 400 Bad Request");
        assert_eq!(post(address, "[]").await, "HTTP/1.1 400 Bad Request");
        let get = b"GET / HTTP/1.1\r\nHost: node\r\n\r\n";
        assert_eq!(post_raw(address, get).await, "HTTP/1.1 405 Method Not Allowed");
        let large = b"POST / HTTP/1.1\r\nHost: node\r\nContent-Length: 70000\r\n\r\n";
        assert_eq!(post_raw(address, large).await, "HTTP/1.1 400 Bad Request");
        node.alerted("POSTBACK_REFUSED").await;
        let told = node.alerts().into_iter().filter(|code| code == "POSTBACK_REFUSED").count();
        assert_eq!(told, 1, "{:?}", node.alerts());
        let after = node.ask("status").await;
        assert_eq!(after["holdings"][0]["position"], "0", "{after:#}");
        assert_eq!(after["orders"][0]["order_id"], before["orders"][0]["order_id"]);
        // What is true is still heard.
        node.control("/price", json!({ "symbol": INFY, "price": 1480, "depth": 1000 })).await;
        let truth = node.settles_at(&[(INFY, 10)]).await;
        assert_eq!(traded(&truth, INFY), (10, 0));
        node.stop().await.expect("stopped");
    });
}

#[test]
fn many_silent_connections_do_not_keep_the_broker_out_for_long() {
    live(async {
        let (mut node, _way, address) = resting_node("silent").await;
        let mut silent = Vec::new();
        for _ in 0..40 {
            silent.push(TcpStream::connect(address).await.expect("it listens"));
        }
        // Each of them is closed, in time, without a word having been said.
        for mut stream in silent {
            let mut got = Vec::new();
            let closed = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut got)).await;
            drop(closed.expect("closed in time"));
        }
        assert_eq!(post(address, "[]").await, "HTTP/1.1 400 Bad Request");
        node.stop().await.expect("stopped");
    });
}

#[test]
fn without_the_secret_or_the_port_nothing_starts() {
    live(async {
        let ready = kit::open_box(Default::default()).await;
        let mut without = setup("nosecret", &ready, &[INFY]);
        without.job.settings.postback = Some(free());
        let why = Node::start(ready.clone(), without).ended().await.expect_err("no secret");
        assert!(matches!(&why, NodeError::Config(text) if text.contains("secret_file")), "{why}");
        let taken = std::net::TcpListener::bind("127.0.0.1:0").expect("a port");
        let mut with = setup("taken", &ready, &[INFY]);
        with.job.settings.postback = Some(taken.local_addr().expect("bound"));
        with.job.secret = Some(Secret::new("boxsecret"));
        let why = Node::start(ready, with).ended().await.expect_err("a taken port").to_string();
        assert!(why.contains("the address of postbacks, 127.0.0.1:"), "{why}");
        assert!(!why.contains("boxsecret"));
    });
}
