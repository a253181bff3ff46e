//! A box in this process, and a client that speaks bytes.

#![allow(dead_code, reason = "each test file uses a part of it")]

use serde_json::Value;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use truefill_box::desk::{Desk, Options, Switches};
use truefill_box::listing::Listing;
use truefill_box::net::clock::Clock;
use truefill_box::net::{Ready, Settings, start};
use truefill_core::num::{Px, Qty};
use truefill_venue::kite_server::parse_stamp;

/// Longest wait for anything that must come.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// Starts a box.
pub async fn serve(speed: u32) -> Ready {
    serve_with(speed, None).await
}

/// Starts a box that sends postbacks.
pub async fn serve_with(speed: u32, postback: Option<(String, String)>) -> Ready {
    let now = parse_stamp("2026-11-25 10:00:00").expect("a time");
    let redirect = Some("http://127.0.0.1:9/callback".to_owned());
    let switches = Switches { no_limits: true, ..Switches::default() };
    let postbacks = postback.is_some();
    let options = Options { redirect, switches, postback: postbacks, ..Options::default() };
    let listing = Listing::standard();
    let sbin = listing.named("NSE:SBIN").expect("listed");
    let mut desk = Desk::new(options, listing, now);
    desk.hold(sbin, Qty::whole(100), Px::whole(900));
    let here = "127.0.0.1:0".parse().expect("an address");
    let settings = Settings { listen: here, control: here, log: None, postback, tell: false };
    start(desk, Clock::new(now, speed), settings).await.expect("a free port")
}

/// Its ready line.
pub fn line(ready: &Ready) -> String {
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

pub fn runtime() -> tokio::runtime::Runtime {
    tokio::runtime::Builder::new_multi_thread().enable_all().build().expect("tokio")
}

/// Sends bytes and reads what comes until the other side closes.
pub async fn raw(to: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(to).await.expect("it listens");
    // The other side may have closed before it read everything.
    let _ = stream.write_all(bytes).await;
    let mut got = Vec::new();
    let read = stream.read_to_end(&mut got);
    // A reset is an end as well.
    let _ = tokio::time::timeout(PATIENCE, read).await.expect("it ends");
    got
}

/// Status and JSON body of an answer; `None` if there was none.
pub fn understood(answer: &[u8]) -> Option<(u16, Value)> {
    let text = String::from_utf8_lossy(answer);
    let (head, body) = text.split_once("\r\n\r\n")?;
    let status = head.split(' ').nth(1)?.parse().ok()?;
    Some((status, serde_json::from_str(body).unwrap_or(Value::Null)))
}

/// A request of the logged-in client.
pub fn request(ready: &Ready, method: &str, path: &str, form: &str) -> Vec<u8> {
    format!(
        "{method} {path} HTTP/1.1\r\nHost: box\r\nConnection: close\r\nX-Kite-Version: 3\r\n\
         Authorization: token boxkey:{}\r\nContent-Type: application/x-www-form-urlencoded\r\n\
         Content-Length: {}\r\n\r\n{form}",
        ready.access_token,
        form.len()
    )
    .into_bytes()
}

/// Asks and must be answered.
pub async fn call(ready: &Ready, method: &str, path: &str, form: &str) -> (u16, Value) {
    let answer = raw(ready.rest, &request(ready, method, path, form)).await;
    understood(&answer).expect("an answer")
}

/// A command of the control API.
pub async fn control(ready: &Ready, path: &str, body: &str) -> (u16, Value) {
    let method = if body.is_empty() { "GET" } else { "POST" };
    let request = format!(
        "{method} {path} HTTP/1.1\r\nHost: box\r\nConnection: close\r\nContent-Length: {}\r\n\r\n\
         {body}",
        body.len()
    );
    understood(&raw(ready.control, request.as_bytes()).await).expect("an answer")
}

/// An upgrade to the ticker; the answer's head.
pub async fn upgrade(ready: &Ready, token: &str) -> (TcpStream, String) {
    let mut stream = TcpStream::connect(ready.rest).await.expect("it listens");
    let request = format!(
        "GET /?api_key=boxkey&access_token={token} HTTP/1.1\r\nHost: box\r\nConnection: Upgrade\r\n\
         Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\n\
         Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).await.expect("sent");
    let mut head = Vec::new();
    while !head.ends_with(b"\r\n\r\n") {
        let byte = tokio::time::timeout(PATIENCE, stream.read_u8()).await.expect("in time");
        head.push(byte.expect("a head"));
    }
    (stream, String::from_utf8_lossy(&head).into_owned())
}

/// A text message as a client masks it, with a mask of zeros.
pub fn masked(text: &str) -> Vec<u8> {
    let mut frame = vec![0x81];
    match text.len() {
        short @ 0..126 => frame.push(0x80 | u8::try_from(short).expect("short")),
        middle @ 126..65_536 => {
            frame.push(0x80 | 126);
            frame.extend(u16::try_from(middle).expect("middle").to_be_bytes());
        }
        long => {
            frame.push(0x80 | 127);
            frame.extend((long as u64).to_be_bytes());
        }
    }
    frame.extend([0; 4]);
    frame.extend(text.as_bytes());
    frame
}

/// Asks the truth until it is as wanted.
pub async fn until(ready: &Ready, what: &str, wanted: impl Fn(&Value) -> bool) -> Value {
    let looks = async {
        loop {
            let (_, truth) = control(ready, "/truth", "").await;
            if wanted(&truth) {
                return truth;
            }
            tokio::time::sleep(Duration::from_millis(10)).await;
        }
    };
    let found = tokio::time::timeout(PATIENCE, looks).await;
    found.unwrap_or_else(|_| panic!("waited in vain for {what}"))
}
