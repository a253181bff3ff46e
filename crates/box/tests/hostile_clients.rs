//! Clients that are slow, huge, malformed or many: the box stays up for the others.
//!
//! Nothing here depends on how long anything takes, but for the patience after which a test fails.

mod kit;

use kit::{
    PATIENCE, call, control, masked, raw, request, runtime, serve, understood, until, upgrade,
};
use std::collections::VecDeque;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use truefill_box::net::Ready;

/// Somebody else is served as ever.
async fn serves(ready: &Ready) {
    let (status, profile) = call(ready, "GET", "/user/profile", "").await;
    assert_eq!((status, profile["data"]["user_id"].as_str()), (200, Some("AB1234")));
}

#[test]
fn malformed_requests_are_refused_and_do_no_harm() {
    runtime().block_on(async {
        let ready = serve(1).await;
        let big = "x".repeat(100_000);
        let many = "A: b\r\n".repeat(5_000);
        for bytes in [
            "\r\n\r\n\r\n".to_owned(),
            "GET\r\n\r\n".to_owned(),
            "GET / HTTP/9.9\r\n\r\n".to_owned(),
            "\u{0}\u{1}\u{2}\u{3}\r\n\r\n".to_owned(),
            "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n".to_owned(),
            format!("GET /{big} HTTP/1.1\r\nHost: x\r\n\r\n"),
            format!("GET / HTTP/1.1\r\nHost: x\r\nX: {big}\r\n\r\n"),
            format!("GET / HTTP/1.1\r\nHost: x\r\n{many}\r\n"),
            "POST /orders/regular HTTP/1.1\r\nHost: x\r\nContent-Length: -5\r\n\r\n".to_owned(),
            "POST / HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n"
                .to_owned(),
            "POST / HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n".to_owned(),
        ] {
            for address in [ready.rest, ready.control] {
                let mut sent = bytes.clone().into_bytes();
                // Whoever waits for more is told that there is none.
                sent.extend_from_slice(b"\r\n\r\n");
                let mut stream = TcpStream::connect(address).await.expect("it listens");
                let _ = stream.write_all(&sent).await;
                let _ = stream.shutdown().await;
                let mut answer = Vec::new();
                let end = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut answer)).await;
                let _ = end.expect("it ends");
                let status = understood(&answer).map(|(status, _)| status);
                assert!(status.is_none_or(|status| status >= 400), "{bytes:.40}: {status:?}");
            }
        }
        serves(&ready).await;
    });
}

#[test]
fn bodies_have_a_limit() {
    runtime().block_on(async {
        let ready = serve(1).await;
        let form = "quantity=1&".repeat(60_000);
        let huge = raw(ready.rest, &request(&ready, "POST", "/orders/regular", &form)).await;
        if let Some((status, body)) = understood(&huge) {
            assert_eq!((status, body["error_type"].as_str()), (413, Some("InputException")));
        }
        // A promise alone costs nothing.
        let promise =
            "POST /orders/regular HTTP/1.1\r\nHost: x\r\nContent-Length: 99999999999\r\n\r\n";
        let mut stream = TcpStream::connect(ready.rest).await.expect("it listens");
        stream.write_all(promise.as_bytes()).await.expect("sent");
        let long = format!("/orders/regular?{}", "a=b&".repeat(5_000));
        let (status, _) = call(&ready, "DELETE", &long, "").await;
        assert!(status >= 400);
        let (status, _) = control(&ready, "/fault", &"[".repeat(200_000)).await;
        assert_eq!(status, 400);
        serves(&ready).await;
        drop(stream);
    });
}

#[test]
fn thousands_of_connections_do_not_push_out_a_client_that_asks() {
    runtime().block_on(async {
        let ready = serve(1).await;
        let mut client = TcpStream::connect(ready.rest).await.expect("it listens");
        let ask = String::from_utf8(request(&ready, "GET", "/user/profile", "")).expect("text");
        let ask = ask.replace("Connection: close", "Connection: keep-alive");
        let mut held = VecDeque::new();
        for number in 0..3_000 {
            let mut stream = TcpStream::connect(ready.rest).await.expect("it listens");
            // The beginning of a head that never ends.
            let _ = stream.write_all(b"GET /orders HTTP/1.1\r\nHo").await;
            held.push_back(stream);
            // This process has descriptors for both ends.
            if held.len() > 380 {
                held.pop_front();
            }
            if number % 500 == 0 {
                client.write_all(ask.as_bytes()).await.expect("still connected");
                let mut answer = vec![0; 4_096];
                let read = tokio::time::timeout(PATIENCE, client.read(&mut answer)).await;
                let bytes = read.expect("in time").expect("still connected");
                answer.truncate(bytes);
                assert_eq!(understood(&answer).map(|(status, _)| status), Some(200), "{number}");
            }
        }
        serves(&ready).await;
    });
}

#[test]
fn the_ticker_refuses_strangers_and_nonsense() {
    runtime().block_on(async {
        let ready = serve(1).await;
        let (_, head) = upgrade(&ready, "wrong").await;
        assert!(head.starts_with("HTTP/1.1 403"), "{head}");
        let (mut stream, head) = upgrade(&ready, &ready.access_token).await;
        assert!(head.contains("s3pPLMBiTxaQ9kYGzzhZRbK+xOo="), "{head}");
        // A message that is too long ends its connection and nothing else.
        let _ = stream.write_all(&masked(&"x".repeat(300_000))).await;
        let mut rest = Vec::new();
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("ends");
        until(&ready, "the connection to go", |truth| truth["ticker_connections"] == 0).await;
        // So does a frame that is none.
        let (mut stream, _) = upgrade(&ready, &ready.access_token).await;
        let _ = stream.write_all(&[0xff; 64]).await;
        let _ = tokio::time::timeout(PATIENCE, stream.read_to_end(&mut rest)).await.expect("ends");
        until(&ready, "the connection to go", |truth| truth["ticker_connections"] == 0).await;
        serves(&ready).await;
    });
}

#[test]
fn who_does_not_read_the_ticker_loses_it() {
    runtime().block_on(async {
        let ready = serve(2_000).await;
        let (mut stream, _) = upgrade(&ready, &ready.access_token).await;
        let subscribe = r#"{"a":"subscribe","v":[408065,779521,256265]}"#;
        stream.write_all(&masked(subscribe)).await.expect("sent");
        stream
            .write_all(&masked(r#"{"a":"mode","v":["full",[408065,779521]]}"#))
            .await
            .expect("sent");
        until(&ready, "the connection", |truth| truth["ticker_connections"] == 1).await;
        until(&ready, "its end", |truth| truth["ticker_connections"] == 0).await;
        serves(&ready).await;
    });
}

#[test]
fn pages_in_a_browser_do_not_reach_the_control_api() {
    runtime().block_on(async {
        let ready = serve(1).await;
        let request = "POST /token HTTP/1.1\r\nHost: x\r\nOrigin: http://evil.example\r\n\
                       Connection: close\r\nContent-Length: 17\r\n\r\n{\"action\":\"kill\"}";
        let answer = raw(ready.control, request.as_bytes()).await;
        assert_eq!(understood(&answer).map(|(status, _)| status), Some(403));
        serves(&ready).await;
    });
}
