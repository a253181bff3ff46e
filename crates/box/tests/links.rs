//! The way to the box can be down, half open or dark; the control API is always there.

mod kit;

use kit::{PATIENCE, call, control, masked, raw, request, runtime, serve, until, upgrade};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

const ORDER: &str = "exchange=NSE&tradingsymbol=INFY&transaction_type=BUY&quantity=1&product=MIS\
                     &order_type=MARKET&market_protection=-1";

fn orders(truth: &serde_json::Value) -> usize {
    truth["orders"].as_array().map_or(0, Vec::len)
}

#[test]
fn down_means_that_nothing_gets_in() {
    runtime().block_on(async {
        let ready = serve(1).await;
        control(&ready, "/link", r#"{"state":"down"}"#).await;
        let answer = raw(ready.rest, &request(&ready, "POST", "/orders/regular", ORDER)).await;
        assert!(answer.is_empty());
        let truth = until(&ready, "the truth", |_| true).await;
        assert_eq!(orders(&truth), 0);
        control(&ready, "/link", r#"{"state":"up"}"#).await;
        assert_eq!(call(&ready, "POST", "/orders/regular", ORDER).await.0, 200);
    });
}

#[test]
fn half_open_means_that_orders_get_in_and_nothing_comes_back() {
    runtime().block_on(async {
        let ready = serve(100).await;
        let (mut ticker, _) = upgrade(&ready, &ready.access_token).await;
        control(&ready, "/link", r#"{"state":"half_open"}"#).await;
        let mut stream = TcpStream::connect(ready.rest).await.expect("it listens");
        stream.write_all(&request(&ready, "POST", "/orders/regular", ORDER)).await.expect("sent");
        let filled = |truth: &serde_json::Value| {
            orders(truth) == 1 && truth["orders"][0]["status"] == "COMPLETE"
        };
        let truth = until(&ready, "the order", filled).await;
        // Messages about it are on their way for some moments of the box's time.
        let over = truth["now_ns"].as_i64().expect("a time") + 5_000_000_000;
        until(&ready, "the messages", |t| t["now_ns"].as_i64() >= Some(over)).await;
        // It is up again, and the answer never comes: what was lost is lost.
        control(&ready, "/link", r#"{"state":"up"}"#).await;
        assert_eq!(call(&ready, "GET", "/orders", "").await.0, 200);
        let mut byte = [0; 1];
        assert!(stream.try_read(&mut byte).is_err());
        // The ticker goes on, without what was to be told meanwhile.
        ticker.write_all(&masked(r#"{"a":"subscribe","v":[408065]}"#)).await.expect("sent");
        let mut head = [0; 2];
        let read = ticker.read_exact(&mut head);
        tokio::time::timeout(PATIENCE, read).await.expect("in time").expect("alive");
        assert_eq!(head[0], 0x82, "a message about an order came");
    });
}

#[test]
fn dark_means_that_nothing_gets_in_and_nothing_comes_back() {
    runtime().block_on(async {
        let ready = serve(100).await;
        control(&ready, "/link", r#"{"state":"dark","for_s":40}"#).await;
        let mut stream = TcpStream::connect(ready.rest).await.expect("it listens");
        stream.write_all(&request(&ready, "POST", "/orders/regular", ORDER)).await.expect("sent");
        // Forty seconds of the box are over soon at this speed.
        let now = until(&ready, "the truth", |_| true).await["now_ns"].as_i64().expect("a time");
        let over = now + 41_000_000_000;
        let truth = until(&ready, "the end", |t| t["now_ns"].as_i64() >= Some(over)).await;
        assert_eq!(orders(&truth), 0);
        assert_eq!(call(&ready, "GET", "/orders", "").await.0, 200);
    });
}

#[test]
fn the_clock_leaps_and_the_day_goes_on() {
    runtime().block_on(async {
        let ready = serve(1).await;
        let (status, now) = control(&ready, "/time", r#"{"set":"2026-11-26 05:59:00"}"#).await;
        assert_eq!(
            (status, now["now"].as_str().map(|now| &now[..16])),
            (200, Some("2026-11-26 05:59"))
        );
        assert_eq!(call(&ready, "GET", "/orders", "").await.0, 200);
        control(&ready, "/time", r#"{"advance_ms":61000}"#).await;
        let (status, body) = call(&ready, "GET", "/orders", "").await;
        assert_eq!((status, body["error_type"].as_str()), (403, Some("TokenException")));
        let (status, _) = control(&ready, "/time", r#"{"set":"2026-11-25 05:59:00"}"#).await;
        assert_eq!(status, 400);
    });
}

#[test]
fn the_log_can_be_read_from_any_number_on() {
    runtime().block_on(async {
        let ready = serve(1).await;
        call(&ready, "POST", "/orders/regular", ORDER).await;
        let get = |from: &str| {
            format!("GET /log?from={from} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n")
        };
        let answer = raw(ready.control, get("0").as_bytes()).await;
        let text = String::from_utf8_lossy(&answer).into_owned();
        let lines: Vec<&str> = text.lines().filter(|line| line.starts_with('{')).collect();
        assert!(lines.iter().any(|line| line.contains("\"what\":\"placed\"")), "{text}");
        assert!(lines.iter().all(|line| !line.contains(&ready.access_token)));
        let answer = raw(ready.control, get("999999").as_bytes()).await;
        assert!(!String::from_utf8_lossy(&answer).contains("\"what\""));
    });
}

#[test]
fn postbacks_reach_the_apps_own_server() {
    runtime().block_on(async {
        let server = tokio::net::TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = server.local_addr().expect("an address").to_string();
        let ready = kit::serve_with(1, Some((address, "/hook".to_owned()))).await;
        call(&ready, "POST", "/orders/regular", ORDER).await;
        let (mut stream, _) =
            tokio::time::timeout(PATIENCE, server.accept()).await.expect("in time").expect("one");
        let mut text = String::new();
        while !text.ends_with('}') {
            let mut part = [0; 4_096];
            let read = tokio::time::timeout(PATIENCE, stream.read(&mut part)).await;
            let bytes = read.expect("in time").expect("more");
            assert!(bytes > 0, "{text}");
            text.push_str(&String::from_utf8_lossy(&part[..bytes]));
        }
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").await.expect("sent");
        assert!(text.starts_with("POST /hook HTTP/1.1\r\n"), "{text}");
        let body = text.split_once("\r\n\r\n").expect("a body").1;
        let order: serde_json::Value = serde_json::from_str(body).expect("JSON");
        assert_eq!(
            (order["status"].as_str(), order["user_id"].as_str()),
            (Some("COMPLETE"), Some("AB1234"))
        );
        let field = |name: &str| order[name].as_str().expect("a text").to_owned();
        let signed = format!("{}{}boxsecret", field("order_id"), field("order_timestamp"));
        let digest = <sha2::Sha256 as sha2::Digest>::digest(signed);
        let hex: String = digest.iter().map(|byte| format!("{byte:02x}")).collect();
        assert_eq!(field("checksum"), hex);
    });
}
