//! A log-in: a person at the broker's page, a token of the day in a file that only its owner reads.
//!
//! Entry points: [`Login::page`], [`Login::caught`], [`Login::pasted`], [`Login::finish`].
//!
//! The broker sends the browser back with a token that works once. Where the browser runs on this
//! machine, a socket on loopback catches it; where it runs on a phone, the address it was sent to
//! is pasted.
//!
//! Invariants:
//! 1. No secret is in an argument, an error, or on a screen.
//! 2. A session of another account is thrown away.
//! 3. The token file has mode 0600 from its first byte on, and is whole or not there.

use crate::clock::wall;
use crate::http::{Deadlines, Pool};
use crate::settings::Endpoint;
use crate::wire::Connector;
use serde_json::json;
use std::path::Path;
use std::time::Duration;
use tokio::io::{AsyncBufRead, AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpListener;
use truefill_venue::http::{HttpReply, Secret};
use truefill_venue::kite::{App, Calls, Session, request_token_of};

/// Longest request of a browser that is read, and longest line that is pasted.
const REQUEST_BYTES_MAX: u64 = 8 << 10;
/// Longest wait for a browser that has connected.
const BROWSER: Duration = Duration::from_secs(10);
/// Longest wait for the broker.
const PATIENCE: Duration = Duration::from_secs(20);
/// Largest answer of it.
const ANSWER_BYTES_MAX: usize = 1 << 20;
/// The broker itself.
const OFFICIAL: &str = "api.kite.trade";

/// What the browser is told.
const DONE: &str = "HTTP/1.1 200 OK\r\nContent-Type: text/plain; charset=utf-8\r\n\
                    Connection: close\r\nReferrer-Policy: no-referrer\r\n\r\n\
                    truefill has what it needs. This page can be closed.\n";
const NOT_IT: &str = "HTTP/1.1 400 Bad Request\r\nContent-Type: text/plain; charset=utf-8\r\n\
                      Connection: close\r\n\r\nThere is no request token in this address.\n";

/// A log-in on its way.
pub struct Login {
    app: App,
    account: String,
    rest: Endpoint,
    pool: Pool,
}

impl Login {
    /// Of this account, with this app.
    ///
    /// # Errors
    /// A sentence when the broker cannot be talked to safely.
    pub fn new(
        account: &str,
        api_key: &str,
        secret: Secret,
        rest: &Endpoint,
    ) -> Result<Self, String> {
        let pool = Pool::new(Connector::new(rest.clone())?);
        let app = App::new(api_key, secret);
        Ok(Self { app, account: account.to_owned(), rest: rest.clone(), pool })
    }

    /// The page to open; it holds no secret.
    #[must_use]
    pub fn page(&self) -> String {
        if self.rest.host == OFFICIAL {
            return self.app.login_url();
        }
        // A box, or the broker's sandbox: its page is beside its requests.
        let scheme = if self.rest.tls { "https" } else { "http" };
        let (authority, prefix) = (self.rest.authority(), &self.rest.prefix);
        self.app.login_url_at(&format!("{scheme}://{authority}{prefix}/connect/login"))
    }

    /// Waits until the browser is sent back to this socket.
    pub async fn caught(&self, listener: &TcpListener) -> Secret {
        loop {
            let Ok((mut stream, _)) = listener.accept().await else {
                tokio::time::sleep(Duration::from_millis(100)).await;
                continue;
            };
            let mut line = String::new();
            let head = async {
                let (read, _) = stream.split();
                let mut reader = tokio::io::BufReader::new(read.take(REQUEST_BYTES_MAX));
                reader.read_line(&mut line).await
            };
            let read = tokio::time::timeout(BROWSER, head).await;
            // `GET /?status=success&request_token=.. HTTP/1.1`
            let target = line.split(' ').nth(1).filter(|_| matches!(read, Ok(Ok(_))));
            let found = target.filter(|t| t.contains("request_token="));
            let found = found.and_then(|target| request_token_of(target).ok());
            let answer = if found.is_some() { DONE } else { NOT_IT };
            // The browser may be gone; what it brought is here.
            let written = tokio::time::timeout(BROWSER, stream.write_all(answer.as_bytes())).await;
            drop(written);
            if let Some(token) = found {
                return token;
            }
        }
    }

    /// Waits until the address that the browser was sent to is pasted, or the token alone. `wrong`
    /// is told why a line is neither.
    pub async fn pasted(
        &self,
        from: &mut (impl AsyncBufRead + Unpin),
        mut wrong: impl FnMut(&str),
    ) -> Secret {
        let mut line = String::new();
        loop {
            line.clear();
            let read = (&mut *from).take(REQUEST_BYTES_MAX).read_line(&mut line).await;
            if !matches!(read, Ok(1..)) {
                // Nobody can paste anything: only the browser can bring it.
                std::future::pending::<()>().await;
            }
            if line.trim().is_empty() {
                continue;
            }
            match request_token_of(&line) {
                Ok(token) => return token,
                Err(why) => wrong(&why.to_string()),
            }
        }
    }

    /// Makes a session of it and puts it where the node looks for it.
    ///
    /// # Errors
    /// A sentence: cause, consequence, what to do.
    pub async fn finish(&self, request_token: &Secret, file: &Path) -> Result<Session, String> {
        let call = self.app.exchange(&Calls::default(), request_token);
        let by = Deadlines::within(PATIENCE);
        let answer = self.pool.call(&call, &[], by, ANSWER_BYTES_MAX).await;
        let answer = answer.map_err(|_| {
            "the broker does not answer; nothing was stored; check the network and log in again"
        })?;
        let reply = HttpReply::new(answer.status, &answer.body);
        let session = self.app.read_session(&reply, wall()).map_err(|failure| {
            format!(
                "the broker refuses the log-in ({}); nothing was stored; check api_key and the \
                 secret, and log in again: what the page brings works once and for minutes",
                failure.words
            )
        })?;
        if session.user_id != self.account {
            let user = session.user_id.chars().filter(char::is_ascii_alphanumeric);
            return Err(format!(
                "the log-in was of account {}, and the configuration is of {}; nothing was \
                 stored; log in as {}",
                user.collect::<String>(),
                self.account,
                self.account
            ));
        }
        store(&session, file).map_err(|error| {
            format!("{}: {error}; nothing was stored; check the path", file.display())
        })?;
        Ok(session)
    }
}

/// Writes a token file.
fn store(session: &Session, file: &Path) -> std::io::Result<()> {
    let text = json!({
        "api_key": session.api_key,
        "user_id": session.user_id,
        "access_token": session.access_token.expose(),
        "opened_ns": session.opened.0,
        "dies": session.dies.to_string(),
    });
    if let Some(dir) = file.parent().filter(|dir| !dir.as_os_str().is_empty()) {
        std::fs::create_dir_all(dir)?;
    }
    let new = file.with_extension("new");
    match std::fs::remove_file(&new) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let mut options = std::fs::OpenOptions::new();
    options.write(true).create_new(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    let mut out = options.open(&new)?;
    std::io::Write::write_all(&mut out, format!("{text}\n").as_bytes())?;
    out.sync_all()?;
    std::fs::rename(&new, file)
}
