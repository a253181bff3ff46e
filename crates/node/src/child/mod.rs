//! Strategies as child processes: JSON Lines in, JSON Lines out (`docs/strategies.md`).
//!
//! Entry points: [`Program`], [`Child::run`].
//!
//! | module | idea |
//! |---|---|
//! | `mail` | what a child is told: the newest of everything |
//! | `said` | what a child says, line by line |
//!
//! Invariants:
//! 1. A child that dies, hangs, floods or writes garbage concerns its own targets only: they are held
//!    or go to zero, as configured, and everybody else goes on.
//! 2. What waits for a child is bounded by the symbols it trades, what it says by lines a second.
//! 3. No secret is in its environment.

mod mail;
mod said;

pub(crate) use mail::{Mail, Standing};
pub use said::{Said, read as read_said};

use crate::backoff::Pace;
use crate::bars::BarsOf;
use crate::clock::Clock;
use crate::news::{Inbox, News, Wanted};
use crate::notices::Notices;
use std::collections::BTreeMap;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::process::{ChildStdin, ChildStdout, Command};
use truefill_core::ids::{HoldingId, SleeveId};
use truefill_core::num::Qty;

/// Longest line that a child may write.
const LINE_BYTES_MAX: u64 = 64 << 10;
/// Lines a second that are read; a child that writes more waits.
const LINES_PER_SECOND: u32 = 2_000;
/// Lines that cannot be read before a child is taken for broken.
const GARBAGE_MAX: u32 = 100;
/// A child that does not read for so long hangs.
const HANGS: Duration = Duration::from_secs(10);
/// Between two heartbeats to a child.
const HEARTBEAT: Duration = Duration::from_secs(5);
/// Lives of one child within [`LIVES_IN`] before it is left dead.
const LIVES_MAX: usize = 10;
const LIVES_IN: Duration = Duration::from_secs(600);
/// How long a child may take to end once its input is closed.
const FAREWELL: Duration = Duration::from_secs(2);
/// Variables that are not a child's business: a secret, and the node's own service manager.
const WITHHELD: [&str; 2] = ["TRUEFILL_KITE_SECRET", "NOTIFY_SOCKET"];

/// A strategy that is a program.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Program {
    /// Its name in the configuration.
    pub strategy: String,
    /// Its sleeve.
    pub sleeve: SleeveId,
    /// The command and its arguments.
    pub command: Vec<String>,
    /// Where it runs.
    pub folder: PathBuf,
    /// Its targets go to zero when it dies; otherwise they stay.
    pub flat_on_death: bool,
    /// The bars that it is given, if it wants any.
    pub bars: Option<BarsOf>,
}

/// A child and what it needs.
pub(crate) struct Child {
    pub program: Program,
    pub mail: Arc<Mail>,
    /// What it is told first.
    pub hello: String,
    /// Its holdings by symbol.
    pub holdings: BTreeMap<String, HoldingId>,
    pub inbox: Inbox,
    pub notices: Notices,
    pub clock: Clock,
}

impl Child {
    /// Keeps it alive, for ever.
    pub async fn run(self) {
        let mut pace = Pace::new();
        let mut lives: Vec<Instant> = Vec::new();
        loop {
            lives.retain(|began| began.elapsed() < LIVES_IN);
            lives.push(Instant::now());
            let began = Instant::now();
            let why = self.live().await;
            if self.inbox.is_closed() {
                return;
            }
            if self.program.flat_on_death {
                let zero = |holding: &HoldingId| self.wanted(*holding, Qty::ZERO);
                let zeros = self.holdings.values().map(zero).collect();
                if self.inbox.send(News::Wanted(zeros)).await.is_err() {
                    return;
                }
            }
            let then = match (self.program.flat_on_death, lives.len() < LIVES_MAX) {
                (true, true) => "its targets are zero now; it is started again",
                (false, true) => "its targets stand; it is started again",
                (true, false) => "its targets are zero now; it died too often and stays dead",
                (false, false) => "its targets stand; it died too often and stays dead",
            };
            let text = format!("strategy {}: {why}", self.program.strategy);
            self.notices.say(self.clock.now(), "STRATEGY_DIED", text, then);
            if lives.len() >= LIVES_MAX {
                return;
            }
            if began.elapsed() > LIVES_IN {
                pace.reset();
            }
            tokio::time::sleep(pace.wait()).await;
        }
    }

    /// One life; why it ended.
    async fn live(&self) -> String {
        let Some((name, arguments)) = self.program.command.split_first() else {
            return "there is no command".to_owned();
        };
        let mut command = Command::new(name);
        command
            .args(arguments)
            .current_dir(&self.program.folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .kill_on_drop(true);
        // A keyboard's interrupt is for the node, which ends its children in order.
        #[cfg(unix)]
        command.process_group(0);
        for name in WITHHELD {
            command.env_remove(name);
        }
        let mut child = match command.spawn() {
            Ok(child) => child,
            Err(error) => return format!("{name} cannot be started: {error}"),
        };
        let (Some(input), Some(output)) = (child.stdin.take(), child.stdout.take()) else {
            return "it has no input or output".to_owned();
        };
        self.mail.all_new();
        let why = tokio::select! {
            why = self.talk(input) => why,
            why = self.listen(output) => why,
            () = self.inbox.closed() => "the node ends".to_owned(),
        };
        // Its input is closed: one that ends by itself may still put its things in order.
        match tokio::time::timeout(FAREWELL, child.wait()).await {
            Ok(Ok(status)) => format!("{why} ({status})"),
            _ => {
                let _ = child.kill().await;
                format!("{why}; it was killed")
            }
        }
    }

    /// Tells it what is new, for ever.
    async fn talk(&self, mut input: ChildStdin) -> String {
        let mut lines = format!("{}\n", self.hello);
        loop {
            let sent = tokio::time::timeout(HANGS, input.write_all(lines.as_bytes())).await;
            match sent {
                Err(_) => return "it does not read, so it hangs".to_owned(),
                // Its end is told by its output.
                Ok(Err(_)) => std::future::pending::<()>().await,
                Ok(Ok(())) => {}
            }
            lines = match tokio::time::timeout(HEARTBEAT, self.mail.next()).await {
                Ok(lines) => lines,
                Err(_) => format!("{{\"type\":\"ping\",\"time\":\"{}\"}}\n", self.clock.now()),
            };
        }
    }

    /// Hears what it says, for ever.
    async fn listen(&self, output: ChildStdout) -> String {
        let mut reader = BufReader::new(output);
        let mut line = Vec::new();
        let (mut garbage, mut second, mut count) = (0, Instant::now(), 0u32);
        loop {
            line.clear();
            let read = (&mut reader).take(LINE_BYTES_MAX).read_until(b'\n', &mut line).await;
            match read {
                Ok(0) | Err(_) => return "it ended".to_owned(),
                Ok(_) if line.len() as u64 == LINE_BYTES_MAX => {
                    return format!("it wrote a line of more than {LINE_BYTES_MAX} bytes");
                }
                Ok(_) => {}
            }
            if second.elapsed() > Duration::from_secs(1) {
                (second, count) = (Instant::now(), 0);
            }
            count += 1;
            if count > LINES_PER_SECOND {
                tokio::time::sleep(Duration::from_secs(1).saturating_sub(second.elapsed())).await;
            }
            match read_line(&line) {
                Ok(None) => {}
                Ok(Some(said)) => match self.targets(said) {
                    Ok(targets) => {
                        if self.inbox.send(News::Wanted(targets)).await.is_err() {
                            return "the node ends".to_owned();
                        }
                    }
                    Err(why) => garbage += self.garbage(&why, garbage),
                },
                Err(why) => garbage += self.garbage(&why, garbage),
            }
            if garbage > GARBAGE_MAX {
                return format!("it wrote more than {GARBAGE_MAX} lines that cannot be used");
            }
        }
    }

    fn targets(&self, said: Vec<Said>) -> Result<Vec<Wanted>, String> {
        let one = |said: Said| {
            let holding = self
                .holdings
                .get(&said.symbol)
                .ok_or_else(|| format!("{} is not among its symbols", said.symbol))?;
            let wanted = self.wanted(*holding, said.qty);
            Ok(Wanted { px: said.px, stop: said.stop, ..wanted })
        };
        said.into_iter().map(one).collect()
    }

    fn wanted(&self, holding: HoldingId, qty: Qty) -> Wanted {
        Wanted { sleeve: self.program.sleeve, holding, qty, decided: None, px: None, stop: None }
    }

    /// People are told of the first line that is garbage, not of each.
    fn garbage(&self, why: &str, before: u32) -> u32 {
        if before == 0 {
            let text = format!("strategy {} wrote a line: {why}", self.program.strategy);
            let then = "the line counts for nothing; see docs/strategies.md for what it may write";
            self.notices.say(self.clock.now(), "STRATEGY_GARBAGE", text, then);
        }
        1
    }
}

fn read_line(line: &[u8]) -> Result<Option<Vec<Said>>, String> {
    let text = std::str::from_utf8(line).map_err(|_| "it is not UTF-8".to_owned())?;
    if text.trim().is_empty() { Ok(None) } else { read_said(text.trim()) }
}
