//! Who we are to the broker: the token of the day, watched.
//!
//! Entry points: [`watch`], [`Door`].
//!
//! A token is used when the broker says that it is of the configured account. When it is dead, the
//! file is looked at until another one is there; meanwhile nothing is asked of the broker, and the
//! node goes on with everything else.
//!
//! Invariants:
//! 1. A token of another account is never used.
//! 2. A token file that others may read is not used: whoever reads it can trade.
//! 3. No text of ours holds a token.

use crate::backoff::Pace;
use crate::clock::Clock;
use crate::http::{Deadlines, Lost, Pool};
use crate::news::{Inbox, News};
use crate::notices::Notices;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::{Notify, watch};
use truefill_core::input::Channel;
use truefill_venue::http::{Credentials as _, HttpReply, Secret};
use truefill_venue::kite::{Calls, Session};
use truefill_venue::reason::{Consequence, Reason};

/// How often the file is looked at.
const LOOK: Duration = Duration::from_millis(500);
/// A dead token is tried again so often: brokers are known to forget and to remember.
const AGAIN: Duration = Duration::from_secs(60);
/// People are reminded so often that there is no session.
const REMIND: Duration = Duration::from_secs(1800);
/// Longest token file.
const FILE_BYTES_MAX: u64 = 64 << 10;
/// Largest answer about who we are.
const PROFILE_BYTES_MAX: usize = 1 << 20;
/// Longest wait for it.
const PATIENCE: Duration = Duration::from_secs(10);

/// The session as everybody sees it: absent while nobody may ask anything.
#[derive(Clone)]
pub struct Door {
    session: watch::Receiver<Option<Arc<Session>>>,
    doubt: Arc<Notify>,
}

impl Door {
    /// The session, where there is one.
    #[must_use]
    pub fn session(&self) -> Option<Arc<Session>> {
        self.session.borrow().clone()
    }

    /// Waits until there is one.
    pub async fn open(&mut self) -> Option<Arc<Session>> {
        self.session.wait_for(Option::is_some).await.ok()?.clone()
    }

    /// Waits until it is another one or none.
    pub async fn changed(&mut self) {
        self.session.mark_unchanged();
        // The watcher is gone only when everything ends.
        if self.session.changed().await.is_err() {
            std::future::pending::<()>().await;
        }
    }

    /// Somebody was told that the token is dead: it is checked.
    pub fn doubt(&self) {
        self.doubt.notify_one();
    }
}

/// What the watcher needs.
pub struct Watch {
    /// The account that the token must be of.
    pub account: String,
    /// Where the token is.
    pub file: PathBuf,
    /// The broker.
    pub pool: Arc<Pool>,
    /// Where news goes.
    pub inbox: Inbox,
    /// Where people are told.
    pub notices: Notices,
    /// The time.
    pub clock: Clock,
}

/// Watches the token from now on.
#[must_use]
pub fn watch(keeper: Watch) -> Door {
    let (open, session) = watch::channel(None);
    let doubt = Arc::new(Notify::new());
    let door = Door { session, doubt: Arc::clone(&doubt) };
    tokio::spawn(keeper.run(open, doubt));
    door
}

/// What a token file holds.
pub(crate) struct Found {
    pub api_key: String,
    pub token: Secret,
    pub opened: truefill_core::time::Nanos,
}

/// What the broker says about a token.
enum Verdict {
    Ours,
    /// Of another account.
    Other(String),
    Dead(String),
    /// Nothing may be asked until a person mends it.
    Stop(Reason, String),
    /// Nobody knows.
    Unclear,
}

impl Watch {
    async fn run(self, open: watch::Sender<Option<Arc<Session>>>, doubt: Arc<Notify>) {
        let mut before: Option<Arc<Session>> = None;
        let mut said = String::new();
        loop {
            let session = self.next(&mut said, before.as_ref()).await;
            let fresh = before.as_ref().is_some_and(|old| old.access_token != session.access_token);
            let session = Arc::new(session);
            said.clear();
            open.send_replace(Some(Arc::clone(&session)));
            let up = News::Link(Channel::Rest, true);
            if self.inbox.send(News::Session { fresh }).await.is_err()
                || self.inbox.send(up).await.is_err()
            {
                return;
            }
            let why = self.until_dead(&session, &doubt).await;
            open.send_replace(None);
            before = Some(session);
            if self.inbox.send(News::Link(Channel::Rest, false)).await.is_err() {
                return;
            }
            self.say("NOT_AUTHENTICATED", &why, LOGIN);
        }
    }

    /// Waits for a session that the broker takes.
    async fn next(&self, said: &mut String, before: Option<&Arc<Session>>) -> Session {
        let mut tried: Option<(Secret, std::time::Instant)> = None;
        let (mut pace, mut reminded) = (Pace::new(), std::time::Instant::now());
        if before.is_some() {
            // It has just been found dead.
            tried = before.map(|old| (old.access_token.clone(), std::time::Instant::now()));
        }
        loop {
            if reminded.elapsed() > REMIND {
                reminded = std::time::Instant::now();
                said.clear();
            }
            match read(&self.file) {
                Err(why) => self.say_once(said, "NOT_AUTHENTICATED", &why),
                Ok(found) => {
                    let again = tried
                        .as_ref()
                        .is_none_or(|(token, at)| *token != found.token || at.elapsed() > AGAIN);
                    let session = self.session_of(&found);
                    if session.is_dead(self.clock.now()) {
                        let why = "the token died at 06:00 in India, as each day";
                        self.say_once(said, "NOT_AUTHENTICATED", why);
                    } else if again {
                        match self.ask(&session).await {
                            Verdict::Ours => return session,
                            Verdict::Unclear => {
                                tokio::time::sleep(pace.wait()).await;
                                continue;
                            }
                            verdict => self.refused(said, verdict),
                        }
                        tried = Some((found.token, std::time::Instant::now()));
                    }
                }
            }
            tokio::time::sleep(LOOK).await;
        }
    }

    /// Waits until the token is dead, or the file holds another one.
    async fn until_dead(&self, session: &Arc<Session>, doubt: &Notify) -> String {
        loop {
            let doubted = tokio::time::timeout(LOOK, doubt.notified()).await.is_ok();
            if session.is_dead(self.clock.now()) {
                return "the token died at 06:00 in India, as each day".to_owned();
            }
            if read(&self.file).is_ok_and(|found| found.token != session.access_token) {
                return "another token was put into its place".to_owned();
            }
            if doubted {
                match self.ask(session).await {
                    Verdict::Dead(words) => return format!("the broker says: {words}"),
                    Verdict::Stop(reason, words) => {
                        self.say("BROKER_REFUSES", &words, reason.advice());
                        return words;
                    }
                    Verdict::Ours | Verdict::Other(_) | Verdict::Unclear => {}
                }
            }
        }
    }

    fn session_of(&self, found: &Found) -> Session {
        let (token, account) = (found.token.clone(), self.account.clone());
        Session::restored(&found.api_key, token, account, found.opened)
    }

    async fn ask(&self, session: &Session) -> Verdict {
        let call = Session::profile(&Calls::default());
        let signed = session.authorization();
        let by = Deadlines::within(PATIENCE);
        let answer = match self.pool.call(&call, &signed, by, PROFILE_BYTES_MAX).await {
            Ok(answer) => answer,
            Err(Lost::NotSent | Lost::Unreached | Lost::Reset | Lost::Timeout) => {
                return Verdict::Unclear;
            }
        };
        match Session::read_profile(&HttpReply::new(answer.status, &answer.body)) {
            Ok(profile) if profile.user_id == self.account => Verdict::Ours,
            Ok(profile) => Verdict::Other(profile.user_id),
            Err(failure) => match failure.reason().consequence() {
                Consequence::Login => Verdict::Dead(failure.words.clone()),
                Consequence::Stop => Verdict::Stop(failure.reason(), failure.words.clone()),
                Consequence::Request => Verdict::Unclear,
            },
        }
    }

    fn refused(&self, said: &mut String, verdict: Verdict) {
        match verdict {
            Verdict::Other(user) => {
                let user: String = user.chars().filter(char::is_ascii_alphanumeric).collect();
                let why = format!("the token is of account {user}, not of {}", self.account);
                self.say_once(said, "WRONG_ACCOUNT", &why);
            }
            Verdict::Dead(words) => {
                self.say_once(said, "NOT_AUTHENTICATED", &format!("the broker says: {words}"));
            }
            Verdict::Stop(reason, words) => {
                if *said != words {
                    self.say("BROKER_REFUSES", &words, reason.advice());
                    said.clone_from(&words);
                }
            }
            Verdict::Ours | Verdict::Unclear => {}
        }
    }

    fn say_once(&self, said: &mut String, code: &str, why: &str) {
        if *said != why {
            self.say(code, why, LOGIN);
            why.clone_into(said);
        }
    }

    fn say(&self, code: &str, why: &str, then: &str) {
        self.notices.say(self.clock.now(), code, why, then);
    }
}

/// What follows from having no session, and what to do.
pub(crate) const LOGIN: &str = "nothing is sent until there is a session; everything else goes on; run \
                     `truefill login kite`, which puts a new token where it is looked for";

/// Reads a token file. No error holds any of its text.
pub(crate) fn read(path: &Path) -> Result<Found, String> {
    let shown = path.display();
    let meta = std::fs::metadata(path).map_err(|error| format!("{shown}: {error}"))?;
    if meta.len() > FILE_BYTES_MAX {
        return Err(format!("{shown} is too large to hold a token"));
    }
    only_owner(path, &meta)?;
    let text = std::fs::read_to_string(path).map_err(|error| format!("{shown}: {error}"))?;
    let wrong = || format!("{shown} is not a token file");
    let value: serde_json::Value = serde_json::from_str(text.trim()).map_err(|_| wrong())?;
    let get = |key: &str| value.get(key).and_then(serde_json::Value::as_str);
    let (api_key, token) = get("api_key").zip(get("access_token")).ok_or_else(wrong)?;
    let plain = |text: &str| {
        (1..=256).contains(&text.len()) && text.bytes().all(|b| b.is_ascii_graphic() && b != b'"')
    };
    if !plain(api_key) || !plain(token) {
        return Err(wrong());
    }
    // A file without a time was written by hand or by the box: as old as it is.
    let opened = value.get("opened_ns").and_then(serde_json::Value::as_i64);
    let modified = meta.modified().ok().and_then(|at| at.elapsed().ok());
    let age_ns = modified.and_then(|age| i64::try_from(age.as_nanos()).ok()).unwrap_or(0);
    let opened =
        opened.map_or_else(|| crate::clock::wall().plus(-age_ns), truefill_core::time::Nanos);
    Ok(Found { api_key: api_key.to_owned(), token: Secret::new(token), opened })
}

/// The file is ours and nobody else's. What the box writes through a shell is an exception: a key
/// of the box opens nothing.
#[cfg(unix)]
fn only_owner(path: &Path, meta: &std::fs::Metadata) -> Result<(), String> {
    use std::os::unix::fs::PermissionsExt as _;
    let for_box =
        || std::fs::read_to_string(path).is_ok_and(|text| text.contains("\"api_key\":\"boxkey\""));
    if meta.permissions().mode() & 0o077 != 0 && !for_box() {
        return Err(format!(
            "{} may be read by others, who could trade with it; run `chmod 600` on it",
            path.display()
        ));
    }
    Ok(())
}

#[cfg(not(unix))]
fn only_owner(_: &Path, _: &std::fs::Metadata) -> Result<(), String> {
    Ok(())
}
