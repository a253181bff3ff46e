//! A connection of the ticker over WebSocket.

use super::rest::response;
use super::{FRAMES_MAX, Shared, locked};
use crate::desk::{Connection, Frame, LinkKind};
use futures_util::{SinkExt, StreamExt};
use http_body_util::Full;
use hyper::body::{Bytes, Incoming};
use hyper::header::{
    CONNECTION, SEC_WEBSOCKET_ACCEPT, SEC_WEBSOCKET_KEY, SEC_WEBSOCKET_VERSION, UPGRADE,
};
use hyper::{Request, Response, StatusCode};
use hyper_util::rt::TokioIo;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::mpsc;
use tokio_tungstenite::WebSocketStream;
use tokio_tungstenite::tungstenite::Message;
use tokio_tungstenite::tungstenite::handshake::derive_accept_key;
use tokio_tungstenite::tungstenite::protocol::{Role, WebSocketConfig};
use truefill_venue::kite_server::Refusal;

/// Bytes of a client's message: 3,000 tokens and some.
const MESSAGE_BYTES_MAX: usize = 128 * 1024;
/// How long a message may take to leave.
const SEND_TIME: Duration = Duration::from_secs(10);

/// The request wants to become a WebSocket.
pub(super) fn is_upgrade(request: &Request<Incoming>) -> bool {
    let wants = request.headers().get(UPGRADE).and_then(|value| value.to_str().ok());
    wants.is_some_and(|wants| wants.eq_ignore_ascii_case("websocket"))
}

/// Lets it, or refuses with 403.
pub(super) fn upgrade(
    shared: &Arc<Shared>,
    mut request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let version = request.headers().get(SEC_WEBSOCKET_VERSION);
    let known = version.is_some_and(|version| version.as_bytes() == b"13");
    let key = request.headers().get(SEC_WEBSOCKET_KEY).map(|key| derive_accept_key(key.as_bytes()));
    let Some(accept) = key.filter(|_| known) else {
        let refusal = Refusal::input("Bad WebSocket handshake.");
        return response(refusal.into(), shared.clock.now(), false);
    };
    let query = request.uri().query().unwrap_or_default().to_owned();
    let (sender, receiver) = mpsc::channel(FRAMES_MAX);
    let opened = shared.with(|desk, now| {
        let connection = desk.ticker_open(now, &query)?;
        locked(&shared.senders).insert(connection, sender);
        Ok::<_, Refusal>(connection)
    });
    let connection = match opened {
        Ok(connection) => connection,
        Err(refusal) => return response(refusal.into(), shared.clock.now(), false),
    };
    let upgrading = hyper::upgrade::on(&mut request);
    let of_task = Arc::clone(shared);
    tokio::spawn(async move {
        if let Ok(Ok(upgraded)) = tokio::time::timeout(SEND_TIME, upgrading).await {
            let mut config = WebSocketConfig::default();
            config.max_message_size = Some(MESSAGE_BYTES_MAX);
            config.max_frame_size = Some(MESSAGE_BYTES_MAX);
            let io = TokioIo::new(upgraded);
            let socket = WebSocketStream::from_raw_socket(io, Role::Server, Some(config)).await;
            talk(&of_task, connection, socket, receiver).await;
        }
        locked(&of_task.senders).remove(&connection);
        of_task.with(|desk, now| desk.ticker_closed(now, connection));
    });
    let mut response = Response::new(Full::new(Bytes::new()));
    *response.status_mut() = StatusCode::SWITCHING_PROTOCOLS;
    let headers = response.headers_mut();
    for (name, value) in
        [(UPGRADE, "websocket"), (CONNECTION, "Upgrade"), (SEC_WEBSOCKET_ACCEPT, accept.as_str())]
    {
        if let Ok(value) = value.parse() {
            headers.insert(name, value);
        }
    }
    response
}

/// Passes messages both ways until one side ends.
async fn talk<S>(
    shared: &Arc<Shared>,
    connection: Connection,
    mut socket: WebSocketStream<S>,
    mut frames: mpsc::Receiver<Frame>,
) where
    S: tokio::io::AsyncRead + tokio::io::AsyncWrite + Unpin,
{
    loop {
        let message = tokio::select! {
            frame = frames.recv() => match frame {
                Some(Frame::Text(text)) => Message::text(text),
                Some(Frame::Binary(bytes)) => Message::binary(bytes),
                Some(Frame::Close(_)) | None => break,
            },
            said = socket.next() => {
                match said {
                    Some(Ok(Message::Text(text))) => {
                        if matches!(shared.link(), LinkKind::Up | LinkKind::HalfOpen) {
                            shared.with(|desk, now| desk.ticker_text(now, connection, &text));
                        }
                    }
                    Some(Ok(Message::Close(_)) | Err(_)) | None => break,
                    Some(Ok(_)) => {}
                }
                continue;
            }
        };
        let sent = tokio::time::timeout(SEND_TIME, socket.send(message)).await;
        if !matches!(sent, Ok(Ok(()))) {
            return;
        }
    }
    // The other side may be gone already.
    let _ = tokio::time::timeout(SEND_TIME, socket.close(None)).await;
}
