//! What can be checked before a node goes live, and what to mend.
//!
//! Entry points: [`examine`], [`Finding`].
//!
//! Everything is read; nothing is sent that changes an account.

use crate::http::{Deadlines, Pool};
use crate::session;
use crate::settings::{Mode, Settings};
use crate::wire::Connector;
use crate::{clock, operator};
use serde_json::{Value, json};
use std::io::Write as _;
use std::time::{Duration, Instant, UNIX_EPOCH};
use truefill_core::config::{Config, Phase};
use truefill_core::num::Qty;
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_venue::KiteCodec;
use truefill_venue::http::{Credentials as _, HttpReply, HttpRequest, Secret};
use truefill_venue::kite::{Calls, Session, funds_call, read_funds};

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(15);
const ANSWER_BYTES_MAX: usize = 32 << 20;
/// A commit that takes longer delays every order.
const SLOW_DISK: Duration = Duration::from_millis(20);
/// Clocks further apart make times of orders doubtful.
const SKEW_NS: i64 = 2 * SECOND_NS;
/// Free space that a day's journal may need, as it is tried by a file of this size.
const SPACE_BYTES: usize = 4 << 20;

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Grade {
    /// As it should be.
    Fine,
    /// Good to know.
    Note,
    /// It will not work, or not as meant.
    Wrong,
}

/// One thing that was looked at.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// How bad.
    pub grade: Grade,
    /// What was looked at.
    pub what: &'static str,
    /// What was found.
    pub text: String,
    /// What to do; empty for nothing.
    pub then: String,
}

impl Finding {
    /// As JSON.
    #[must_use]
    pub fn json(&self) -> Value {
        let grade = match self.grade {
            Grade::Fine => "fine",
            Grade::Note => "note",
            Grade::Wrong => "wrong",
        };
        json!({ "grade": grade, "what": self.what, "text": self.text, "then": self.then })
    }
}

/// Looks at everything that can be looked at.
pub async fn examine(config: &Config, settings: &Settings) -> Vec<Finding> {
    let mut list = List(Vec::new());
    confirmed(&mut list, config, settings);
    disk(&mut list, settings);
    sessions(&mut list, config);
    node(&mut list, settings);
    list.note(
        "address",
        "orders are only taken from the static address that is registered with \
        the broker; whether this machine has it is only known when the first order is sent",
        "look at the broker's developer page if the first order says so",
    );
    let (pool, session) = match broker(config, settings) {
        Ok(found) => found,
        Err(why) => {
            list.wrong("token", &why, "run `truefill login kite CONFIG`");
            return list.0;
        }
    };
    let patient = Patient { config, pool, signed: session.authorization() };
    if patient.who(&mut list, &session).await {
        patient.funds(&mut list).await;
        patient.account(&mut list).await;
    }
    list.0
}

struct List(Vec<Finding>);

impl List {
    fn push(&mut self, grade: Grade, what: &'static str, text: &str, then: &str) {
        let (text, then) = (text.to_owned(), then.to_owned());
        self.0.push(Finding { grade, what, text, then });
    }

    fn fine(&mut self, what: &'static str, text: &str) {
        self.push(Grade::Fine, what, text, "");
    }

    fn note(&mut self, what: &'static str, text: &str, then: &str) {
        self.push(Grade::Note, what, text, then);
    }

    fn wrong(&mut self, what: &'static str, text: &str, then: &str) {
        self.push(Grade::Wrong, what, text, then);
    }
}

fn confirmed(list: &mut List, config: &Config, settings: &Settings) {
    let account = &config.account;
    match (settings.mode, &settings.confirmed) {
        (Mode::Paper, _) => {
            list.note("mode", "mode is paper: no order will leave", "mode = \"live\" trades");
        }
        (Mode::Live, Some(confirmed)) if confirmed == account => {
            list.fine("mode", &format!("live, confirmed for account {account}"));
        }
        (Mode::Live, _) => list.wrong(
            "mode",
            "live, and the account is not confirmed: the node will not start",
            &format!("add confirm_account = \"{account}\" at the top of the file"),
        ),
    }
}

/// A commit waits for the disk, and an order for the commit.
fn disk(list: &mut List, settings: &Settings) {
    match commit_time(settings) {
        Ok(took) => {
            let text =
                format!("a commit takes {} us in {}", took.as_micros(), settings.dir.display());
            if took > SLOW_DISK {
                list.note("disk", &text, "every order waits for one; use a local solid-state disk");
            } else {
                list.fine("disk", &text);
            }
        }
        Err(error) => list.wrong(
            "disk",
            &format!("{} cannot be written: {error}", settings.dir.display()),
            "check its owner, its mode and the space that is left",
        ),
    }
}

/// The median of some commits, and whether there is space for a journal.
fn commit_time(settings: &Settings) -> std::io::Result<Duration> {
    std::fs::create_dir_all(&settings.dir)?;
    let path = settings.dir.join("doctor.tmp");
    let measured = (|| {
        let mut file = std::fs::File::create(&path)?;
        file.write_all(&vec![1; SPACE_BYTES])?;
        file.sync_all()?;
        let mut times = Vec::new();
        for _ in 0..15 {
            let began = Instant::now();
            file.write_all(&[0; 512])?;
            file.sync_data()?;
            times.push(began.elapsed());
        }
        times.sort_unstable();
        Ok(times[times.len() / 2])
    })();
    drop(std::fs::remove_file(&path));
    measured
}

fn sessions(list: &mut List, config: &Config) {
    let now = clock::wall();
    let Some(calendar) = config.calendars.first() else {
        return list.note(
            "calendar",
            "no calendar: the market counts as always open",
            "name one as calendar in [market]; `truefill calendar` lists them",
        );
    };
    let open = |span: &&truefill_core::config::PhaseSpan| span.phase == Phase::Continuous;
    let next = calendar.phases.iter().filter(open).find(|span| span.until > now);
    match next {
        Some(span) if span.from <= now => {
            list.fine("calendar", &format!("{}: open until {}", calendar.name, span.until));
        }
        Some(span) => {
            list.note("calendar", &format!("{}: opens at {}", calendar.name, span.from), "");
        }
        None => list.wrong(
            "calendar",
            &format!("{} knows no session to come", calendar.name),
            "take a newer truefill, or calendar_days = \"weekdays\"",
        ),
    }
}

#[cfg(unix)]
fn node(list: &mut List, settings: &Settings) {
    match operator::ask(&settings.dir, &json!({ "do": "status" })) {
        Ok(status) => {
            let state = status["state"].as_str().unwrap_or("-");
            list.note("node", &format!("a node runs in this folder, and is {state}"), "");
        }
        Err(_) => list.fine("node", "no node runs in this folder"),
    }
}

/// The way to the broker, if there is a token for it.
fn broker(config: &Config, settings: &Settings) -> Result<(Pool, Session), String> {
    let found = session::read(&settings.token_file)?;
    let pool = Pool::new(Connector::new(settings.rest.clone())?);
    let session =
        Session::restored(&found.api_key, found.token, config.account.clone(), found.opened);
    if session.is_dead(clock::wall()) {
        return Err("the token died at 06:00 in India, as each day".to_owned());
    }
    Ok((pool, session))
}

struct Patient<'a> {
    config: &'a Config,
    pool: Pool,
    signed: Vec<(&'static str, Secret)>,
}

impl Patient<'_> {
    async fn ask(&self, call: &HttpRequest) -> Result<crate::http::Answer, String> {
        let by = Deadlines::within(PATIENCE);
        let answer = self.pool.call(call, &self.signed, by, ANSWER_BYTES_MAX).await;
        answer.map_err(|lost| format!("the broker does not answer ({lost:?})"))
    }

    /// Token, account, clock; true when the rest can be asked.
    async fn who(&self, list: &mut List, session: &Session) -> bool {
        let before = clock::wall();
        let answer = match self.ask(&Session::profile(&Calls::default())).await {
            Ok(answer) => answer,
            Err(why) => {
                list.wrong("broker", &why, "check the network and the address");
                return false;
            }
        };
        let profile = match Session::read_profile(&HttpReply::new(answer.status, &answer.body)) {
            Ok(profile) => profile,
            Err(failure) => {
                list.wrong("token", &failure.words, failure.reason().advice());
                return false;
            }
        };
        if profile.user_id != self.config.account {
            let text = "the token is of another account than the configuration";
            list.wrong("token", text, "log in as the account of the configuration");
            return false;
        }
        list.fine("token", &format!("good until {}", session.dies));
        self.clocks(list, before, answer.date);
        for key in &self.config.holdings {
            let symbol = &self.config.instruments[key.instrument.ix()].symbol;
            let exchange = symbol.split(':').next().unwrap_or_default();
            let has = |words: &[String], word: &str| {
                words.is_empty() || words.iter().any(|known| known == word)
            };
            let (exchanges, products) = (&profile.exchanges, &profile.products);
            if !has(exchanges, exchange) || !has(products, key.product.as_str()) {
                let text = format!("the account may not trade {symbol} as {}", key.product);
                list.wrong("rights", &text, "activate the segment with the broker, or take it out");
            }
        }
        true
    }

    fn clocks(&self, list: &mut List, before: Nanos, date: Option<std::time::SystemTime>) {
        let after = clock::wall();
        let since = date.and_then(|date| date.duration_since(UNIX_EPOCH).ok());
        let theirs = since.and_then(|since| i64::try_from(since.as_nanos()).ok()).map(Nanos);
        let Some(theirs) = theirs else {
            return list.note("clock", "the broker does not show its clock", "");
        };
        // It shows whole seconds.
        let ahead = theirs.since(after).max(0);
        let behind = before.since(theirs.plus(SECOND_NS)).max(0);
        let off = ahead.max(behind);
        if off > SKEW_NS {
            let text = format!("this machine is {} ms off the broker's clock", off / MILLI_NS);
            list.wrong("clock", &text, "set it by NTP; times of orders would be doubted");
        } else {
            list.fine("clock", "agrees with the broker's");
        }
    }

    async fn funds(&self, list: &mut List) {
        let answer = match self.ask(&funds_call(&Calls::default())).await {
            Ok(answer) => answer,
            Err(why) => return list.note("funds", &why, ""),
        };
        match read_funds(&HttpReply::new(answer.status, &answer.body)) {
            Ok(funds) => {
                let net = funds.equity.map(|segment| segment.net);
                let text = net.map_or_else(
                    || "the segment of shares is switched off".to_owned(),
                    |net| format!("{net} free for new orders in shares and their derivatives"),
                );
                list.note("funds", &text, "");
            }
            Err(failure) => list.note("funds", &failure.words, ""),
        }
    }

    /// What is there already: positions of nobody freeze what a strategy trades.
    async fn account(&self, list: &mut List) {
        let codec = KiteCodec::of(self.config);
        if let Ok(answer) = self.ask(&codec.positions_call()).await
            && let Ok(positions) =
                codec.read_positions(&HttpReply::new(answer.status, &answer.body))
        {
            for line in positions.net.rows.iter().filter(|line| !line.qty.is_zero()) {
                let symbol = codec.symbols().name(line.instrument);
                let text = format!("{} of {symbol} {} are there", line.qty, line.product);
                list.note(
                    "positions",
                    &text,
                    "what the journal does not know is nobody's, and its \
                    symbol is frozen until `truefill adopt` or `truefill resume` says whose it is",
                );
            }
        }
        if let Ok(answer) = self.ask(&codec.holdings_call()).await
            && let Ok(rows) = codec.read_holdings(&HttpReply::new(answer.status, &answer.body))
        {
            for line in &rows.rows {
                let symbol = codec.symbols().name(line.instrument);
                let blocked = line.qty - line.authorised;
                if line.t1 != Qty::ZERO {
                    let text = format!("{} of {symbol} are not delivered yet (T1)", line.t1);
                    list.note("holdings", &text, "they cannot be sold as CNC before they are");
                }
                if blocked.0 > 0 {
                    let text = format!("{blocked} of {symbol} are not authorised for sale today");
                    list.note("holdings", &text, "authorise them at the depository before selling");
                }
            }
        }
        if let Ok(answer) = self.ask(&codec.orders_call()).await
            && let Ok(rows) = codec.read_orders(&HttpReply::new(answer.status, &answer.body))
        {
            let open = rows.rows.iter().filter(|row| !row.status.is_terminal()).count();
            let text = format!("{} orders today, {open} of them working", rows.rows.len());
            list.note("orders", &text, "");
            if rows.bad > 0 {
                let text = format!("{} rows of the order book cannot be read", rows.bad);
                list.wrong("orders", &text, "report them; nothing there is taken for gone");
            }
        }
    }
}
