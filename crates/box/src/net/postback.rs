//! Postbacks over HTTP: one request each, nothing is sent twice.

use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::mpsc;

/// Postbacks that wait to be sent.
const WAITING_MAX: usize = 256;
/// How long the app's server may take.
const PATIENCE: Duration = Duration::from_secs(3);

/// Sends what comes to this address and path from now on.
pub(super) fn start((address, path): (String, String)) -> mpsc::Sender<String> {
    let (sender, mut waiting) = mpsc::channel::<String>(WAITING_MAX);
    tokio::spawn(async move {
        while let Some(body) = waiting.recv().await {
            // Whether it arrived is nobody's business here: it is not sent again.
            let _ = tokio::time::timeout(PATIENCE, send(&address, &path, &body)).await;
        }
    });
    sender
}

async fn send(address: &str, path: &str, body: &str) -> std::io::Result<()> {
    let mut stream = TcpStream::connect(address).await?;
    let head = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nContent-Type: application/json\r\n\
         Connection: close\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    stream.write_all(head.as_bytes()).await?;
    stream.write_all(body.as_bytes()).await?;
    let mut answer = [0; 512];
    stream.read(&mut answer).await.map(|_| ())
}
