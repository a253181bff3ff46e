//! Encrypted connections: an authority that is named in `SSL_CERT_FILE` is trusted and no other, a
//! certificate must be of the name that was asked for and of today, and a token leaves for nobody else.
//!
//! The variable is read by the process, so each client is a process of its own: this file, started
//! again for one test ([`the_client`]).

#![cfg(unix)]

mod certificates;
mod kit;

use certificates::{Authority, THEN, TODAY};
use kit::{Folder, PATIENCE, live, setup};
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;
use truefill_box::net::Ready;
use truefill_node::doctor::{Finding, examine};
use truefill_node::settings::Endpoint;

/// Tells a client which server to ask.
const SERVER: &str = "TRUEFILL_TEST_SERVER";
const TOKEN: &str = "canarytoken";
const SAID: &str = "client says: ";

/// A broker that knows one account; what it was asked, once it could be read.
struct Broker {
    port: u16,
    heard: Arc<Mutex<Vec<String>>>,
    /// Connections that were taken and have not ended.
    open: Arc<AtomicUsize>,
}

impl Broker {
    async fn with(acceptor: TlsAcceptor) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let port = listener.local_addr().expect("bound").port();
        let heard = Arc::new(Mutex::new(Vec::new()));
        let open = Arc::new(AtomicUsize::new(0));
        let (all, count) = (Arc::clone(&heard), Arc::clone(&open));
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let (acceptor, all) = (acceptor.clone(), Arc::clone(&all));
                let count = Arc::clone(&count);
                count.fetch_add(1, Ordering::SeqCst);
                tokio::spawn(async move {
                    // A client that does not like the certificate says so and goes.
                    if let Ok(stream) = acceptor.accept(stream).await {
                        answer(stream, &all).await;
                    }
                    count.fetch_sub(1, Ordering::SeqCst);
                });
            }
        });
        Self { port, heard, open }
    }

    /// Everything that was asked, when all who asked have gone.
    async fn heard(&self) -> Vec<String> {
        let gone = async {
            while self.open.load(Ordering::SeqCst) > 0 {
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
        };
        tokio::time::timeout(PATIENCE, gone).await.expect("they go");
        self.heard.lock().expect("no panic").clone()
    }
}

/// Answers one request.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, heard: &Mutex<Vec<String>>) {
    let mut got = Vec::new();
    while !got.windows(4).any(|four| four == b"\r\n\r\n") {
        if !matches!(stream.read_buf(&mut got).await, Ok(1..)) {
            return;
        }
    }
    let head = String::from_utf8_lossy(&got).into_owned();
    let known = head.starts_with("GET /user/profile ");
    heard.lock().expect("no panic").push(head);
    let (status, body) = if known {
        ("200 OK", "{\"status\":\"success\",\"data\":{\"user_id\":\"AB1234\"}}")
    } else {
        (
            "404 Not Found",
            "{\"status\":\"error\",\"message\":\"no\",\"error_type\":\"DataException\"}",
        )
    };
    let text = format!(
        "HTTP/1.1 {status}\r\nContent-Type: application/json\r\nConnection: close\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    );
    drop(stream.write_all(text.as_bytes()).await);
    drop(stream.shutdown().await);
}

/// What a client that trusts this file finds about the broker at `localhost`.
async fn found(trusted: &Path, broker: &Broker) -> String {
    let port = broker.port.to_string();
    let trusted = trusted.to_owned();
    let client = tokio::task::spawn_blocking(move || {
        Command::new(std::env::current_exe().expect("this file"))
            .args(["--exact", "the_client", "--nocapture"])
            .env("SSL_CERT_FILE", trusted)
            .env_remove("SSL_CERT_DIR")
            .env(SERVER, port)
            .output()
            .expect("it runs")
    });
    let done = client.await.expect("no panic");
    let text = String::from_utf8_lossy(&done.stdout).into_owned();
    assert!(done.status.success(), "{text}{}", String::from_utf8_lossy(&done.stderr));
    assert!(!text.contains(TOKEN), "the token was printed");
    let said = text.lines().filter_map(|line| line.split_once(SAID)).map(|(_, said)| said);
    let said: Vec<&str> = said.collect();
    assert!(!said.is_empty(), "{text}");
    said.join("\n")
}

/// The client: asks the broker what the doctor asks, and says what was found. Nothing without a
/// server to ask.
#[test]
fn the_client() {
    let Ok(port) = std::env::var(SERVER) else { return };
    live(async {
        let port: u16 = port.parse().expect("a port");
        let address = ([127, 0, 0, 1], port).into();
        let ready = Ready { rest: address, control: address, access_token: TOKEN.to_owned() };
        let mut setup = setup("client", &ready, &["NSE:INFY"]);
        let rest = Endpoint::parse(&format!("https://localhost:{port}")).expect("an address");
        setup.job.settings.rest = rest;
        let found = examine(&setup.job).await;
        let about = |finding: &&Finding| ["token", "broker"].contains(&finding.what);
        for finding in found.iter().filter(about) {
            println!("\n{SAID}{:?} {} {}", finding.grade, finding.what, finding.text);
        }
    });
}

#[test]
fn only_the_named_authority_is_trusted_and_only_for_the_right_name_and_time() {
    live(async {
        let folder = Folder::new("tls");
        let (ours, other) = (Authority::new("ours", 1), Authority::new("other", 2));
        let (ours_file, other_file) = (folder.0.join("ours.pem"), folder.0.join("other.pem"));
        let none_file = folder.0.join("none.pem");
        std::fs::write(&ours_file, ours.pem()).expect("written");
        std::fs::write(&other_file, other.pem()).expect("written");
        std::fs::write(&none_file, "").expect("written");

        let good = Broker::with(ours.acceptor("localhost", TODAY)).await;
        let said = found(&ours_file, &good).await;
        assert!(said.starts_with("Fine token good until "), "{said}");
        let heard = good.heard().await;
        assert!(heard.iter().any(|head| head.contains(TOKEN)), "it was asked with the token");
        let count = heard.len();

        // The same server, for those who trust somebody else, or nobody.
        let said = found(&other_file, &good).await;
        assert!(said.starts_with("Wrong broker there is no connection to localhost:"), "{said}");
        assert!(said.contains("UnknownIssuer"), "{said}");
        let said = found(&none_file, &good).await;
        assert!(said.starts_with("Wrong broker no certificate authority is known"), "{said}");
        assert_eq!(good.heard().await.len(), count, "nothing was asked of a stranger");

        let wrong_name = Broker::with(ours.acceptor("api.kite.trade", TODAY)).await;
        let said = found(&ours_file, &wrong_name).await;
        assert!(said.contains("not valid for name") && said.contains("localhost"), "{said}");
        let expired = Broker::with(ours.acceptor("localhost", THEN)).await;
        let said = found(&ours_file, &expired).await;
        assert!(said.starts_with("Wrong broker") && said.contains("xpired"), "{said}");
        // One that signs itself, with the name of the authority but not its key.
        let impostor = Authority::new("ours", 3);
        let forged = Broker::with(impostor.acceptor("localhost", TODAY)).await;
        let said = found(&ours_file, &forged).await;
        assert!(said.starts_with("Wrong broker there is no connection"), "{said}");
        // Whoever they are, they were told nothing.
        for stranger in [&wrong_name, &expired, &forged] {
            assert_eq!(stranger.heard().await, Vec::<String>::new());
        }
    });
}
