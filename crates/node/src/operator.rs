//! The operator's socket: who may read it is the owner of the node, and nobody else.
//!
//! Entry points: [`serve`] in the node, [`ask`] for those who command it.
//!
//! A request is one line of JSON, `{"do":"halt"}`; so is its answer. What is commanded is in the
//! journal with the user who said it, as the system tells it.
//!
//! Invariants:
//! 1. The socket has mode 0600 in a folder of mode 0700.
//! 2. Connections, lines and waits are bounded; a slow client delays nobody.
//! 3. A kill is not said to be done before a read of the broker's book has shown it.

use crate::gateway::Gateway;
use crate::news::{Asked, Demand, Inbox, News};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{Semaphore, oneshot};
use truefill_core::input::Command;
use truefill_core::num::Qty;

/// Name of the socket in the folder of a node.
pub const SOCKET: &str = "control.sock";
/// Connections at once.
const CONNECTIONS_MAX: usize = 8;
/// Longest request.
const LINE_BYTES_MAX: u64 = 4096;
/// Longest answer that a client reads.
const ANSWER_BYTES_MAX: u64 = 16 << 20;
/// Longest wait for a request, and for the desk.
const PATIENCE: Duration = Duration::from_secs(10);
/// Longest wait until a kill is proven.
const PROOF: Duration = Duration::from_secs(60);
/// Between two looks at it.
const LOOK: Duration = Duration::from_millis(200);

/// What can be commanded, and what becomes of positions.
const COMMANDS: [(&str, Command); 5] = [
    ("halt", Command::Halt),
    ("reduce_only", Command::ReduceOnly),
    ("resume", Command::Resume),
    ("kill", Command::Kill),
    ("flatten", Command::Flatten),
];

/// Listens in this folder.
///
/// # Errors
/// When the socket cannot be made.
pub(crate) fn serve(
    dir: &Path,
    inbox: Inbox,
    gateway: Arc<Gateway>,
    paper: bool,
) -> std::io::Result<PathBuf> {
    let path = dir.join(SOCKET);
    // The locks are ours, so what is there was left by a node that died.
    match std::fs::remove_file(&path) {
        Err(error) if error.kind() != std::io::ErrorKind::NotFound => return Err(error),
        _ => {}
    }
    let listener = UnixListener::bind(&path)?;
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600))?;
    tokio::spawn(accept(listener, inbox, gateway, paper));
    Ok(path)
}

async fn accept(listener: UnixListener, inbox: Inbox, gateway: Arc<Gateway>, paper: bool) {
    let places = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    loop {
        let Ok(place) = Arc::clone(&places).acquire_owned().await else { return };
        let Ok((stream, _)) = listener.accept().await else {
            tokio::time::sleep(LOOK).await;
            continue;
        };
        let desk = Desk { inbox: inbox.clone(), gateway: Arc::clone(&gateway), paper };
        tokio::spawn(async move {
            // Who asked may be gone; what was commanded stands.
            drop(desk.answer(stream).await);
            drop(place);
        });
    }
}

/// The way to the desk.
struct Desk {
    inbox: Inbox,
    gateway: Arc<Gateway>,
    /// There is no book but the engine's.
    paper: bool,
}

impl Desk {
    async fn answer(&self, mut stream: UnixStream) -> std::io::Result<()> {
        let by = stream.peer_cred().map_or_else(|_| "somebody".to_owned(), |c| whose(c.uid()));
        let (read, mut write) = stream.split();
        let mut line = String::new();
        let mut reader = BufReader::new(read.take(LINE_BYTES_MAX));
        let got = tokio::time::timeout(PATIENCE, reader.read_line(&mut line)).await;
        got.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))?;
        let answer = match word(&line) {
            Ok(Word::Status) => self.ask(Asked::Status, &by).await,
            Ok(Word::Command(Command::Kill)) => self.kill(&by).await,
            Ok(Word::Other(what)) => self.ask(what, &by).await,
            Ok(Word::Command(command)) => self.ask(Asked::Command(command), &by).await,
            Err(why) => json!({ "error": why }),
        };
        let bytes = format!("{answer}\n");
        let sent = tokio::time::timeout(PATIENCE, write.write_all(bytes.as_bytes())).await;
        sent.unwrap_or_else(|_| Err(std::io::ErrorKind::TimedOut.into()))
    }

    async fn ask(&self, what: Asked, by: &str) -> Value {
        let (answer, answered) = oneshot::channel();
        let demand = Demand { what, by: by.to_owned(), answer };
        let asked = async {
            self.inbox.send(News::Demand(demand)).await.ok()?;
            answered.await.ok()
        };
        let late = || json!({ "error": "the node does not answer; is its disk stuck?" });
        tokio::time::timeout(PATIENCE, asked).await.ok().flatten().unwrap_or_else(late)
    }

    /// Kills, and looks until nothing of ours rests, in the engine and in the broker's own book.
    async fn kill(&self, by: &str) -> Value {
        let taken = self.ask(Asked::Command(Command::Kill), by).await;
        if taken.get("error").is_some() {
            return taken;
        }
        let began = Instant::now();
        let mut open = usize::MAX;
        while began.elapsed() < PROOF {
            let status = self.ask(Asked::Status, by).await;
            open = status["orders"].as_array().map_or(usize::MAX, Vec::len);
            if open == 0 && self.paper {
                return json!({ "taken": "kill", "by": by, "proven": true, "resting": 0 });
            }
            if open == 0
                && let Some(rows) = self.gateway.open_orders().await
            {
                open = rows.len();
                if open == 0 {
                    return json!({ "taken": "kill", "by": by, "proven": true, "resting": 0 });
                }
            }
            tokio::time::sleep(LOOK).await;
        }
        json!({
            "taken": "kill", "by": by, "proven": false,
            "resting": if open == usize::MAX { Value::Null } else { open.into() },
            "error": "it is killed, but no read has shown yet that nothing rests; look at the \
                      broker's book, and at `truefill status`",
        })
    }
}

enum Word {
    Status,
    Command(Command),
    Other(Asked),
}

fn word(line: &str) -> Result<Word, String> {
    let request: Value = serde_json::from_str(line.trim())
        .map_err(|_| "a request is one line of JSON such as {\"do\":\"status\"}".to_owned())?;
    let word = request.get("do").and_then(Value::as_str).unwrap_or_default();
    if word == "status" {
        return Ok(Word::Status);
    }
    let text = |key: &str| request.get(key).and_then(Value::as_str);
    let symbol = text("symbol").filter(|symbol| symbol.len() <= 64).map(str::to_owned);
    if word == "adopt" || (word == "resume" && symbol.is_some()) {
        let symbol = symbol.ok_or("which symbol?")?;
        let qty = text("quantity").unwrap_or("0").parse::<Qty>();
        let qty = qty.map_err(|_| "the quantity is a number as text, such as \"10\"")?;
        let strategy = text("strategy").map(str::to_owned);
        return Ok(Word::Other(Asked::Adopt { symbol, qty, strategy }));
    }
    if word == "split" {
        let symbol = symbol.ok_or("which symbol?")?;
        let ratio = text("ratio").and_then(|ratio| ratio.split_once(':'));
        let ratio = ratio.and_then(|(new, old)| Some((new.parse().ok()?, old.parse().ok()?)));
        let (new, old) = ratio.ok_or("the ratio is NEW:OLD, such as \"2:1\"")?;
        return Ok(Word::Other(Asked::Split { symbol, new, old }));
    }
    let found = COMMANDS.iter().find(|(name, _)| *name == word);
    found.map(|(_, command)| Word::Command(*command)).ok_or_else(|| {
        let words: Vec<&str> = COMMANDS.iter().map(|(name, _)| *name).collect();
        format!("there is no such command; there are status, adopt, split, {}", words.join(", "))
    })
}

/// A user as people know it.
fn whose(uid: u32) -> String {
    let users = std::fs::read_to_string("/etc/passwd").unwrap_or_default();
    let name = users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let (name, _, id) = (fields.next()?, fields.next()?, fields.next()?);
        (id.parse() == Ok(uid)).then(|| name.to_owned())
    });
    let plain = |name: &String| name.bytes().all(|b| b.is_ascii_graphic()) && name.len() <= 32;
    name.filter(plain).unwrap_or_else(|| format!("user {uid}"))
}

/// Asks the node of this folder.
///
/// # Errors
/// A sentence when there is none, or when it does not answer.
pub fn ask(dir: &Path, request: &Value) -> Result<Value, String> {
    use std::io::{BufRead as _, Read as _, Write as _};
    let path = dir.join(SOCKET);
    let none = |error: &std::io::Error| {
        format!(
            "no node answers at {} ({error}); nothing was done; start one with `truefill run \
             CONFIG`, or look at its last words",
            path.display()
        )
    };
    let mut stream =
        std::os::unix::net::UnixStream::connect(&path).map_err(|error| none(&error))?;
    let wait = Some(PROOF + PATIENCE);
    stream.set_read_timeout(wait).map_err(|error| none(&error))?;
    stream.write_all(format!("{request}\n").as_bytes()).map_err(|error| none(&error))?;
    let mut line = String::new();
    let mut reader = std::io::BufReader::new(stream.take(ANSWER_BYTES_MAX));
    reader.read_line(&mut line).map_err(|error| none(&error))?;
    serde_json::from_str(&line)
        .map_err(|_| "the node's answer cannot be read; it may be stopping; ask again".to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_a_command_is_one() {
        assert!(matches!(word("{\"do\":\"kill\"}\n"), Ok(Word::Command(Command::Kill))));
        assert!(matches!(word("{\"do\":\"status\"}"), Ok(Word::Status)));
        for wrong in ["", "kill", "{}", "{\"do\":\"login\"}", "{\"do\":7}"] {
            assert!(word(wrong).is_err(), "{wrong}");
        }
    }
}
