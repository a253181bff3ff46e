//! The broker: token, clock, rights, funds, what is there already.
//!
//! Entry points: [`reach`], [`Patient`].

use super::List;
use crate::clock;
use crate::http::{Deadlines, Lost, Pool};
use crate::session;
use crate::settings::Settings;
use crate::wire::Connector;
use std::time::{Duration, UNIX_EPOCH};
use truefill_core::config::Config;
use truefill_core::num::Qty;
use truefill_core::report::PositionRow;
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_venue::KiteCodec;
use truefill_venue::http::{Credentials as _, HttpReply, HttpRequest, Secret};
use truefill_venue::kite::{
    Calls, Funds, HoldingLine, HoldingsCount, PositionLine, Profile, Session, account_positions,
    funds_call, read_funds,
};

/// Longest wait for one answer.
const PATIENCE: Duration = Duration::from_secs(15);
const ANSWER_BYTES_MAX: usize = 32 << 20;
/// Clocks further apart make times of orders doubtful.
const SKEW_NS: i64 = 2 * SECOND_NS;

/// Why the broker is not asked.
pub(super) struct Barred {
    what: &'static str,
    why: String,
    then: &'static str,
}

impl Barred {
    /// Says it.
    pub(super) fn tell(&self, list: &mut List) {
        list.wrong(self.what, &self.why, self.then);
    }
}

/// There is no token to ask with.
const fn no_token(why: String) -> Barred {
    Barred { what: "token", why, then: "run `truefill login kite CONFIG`" }
}

/// The way to the broker, if there is a token for it.
pub(super) fn reach<'a>(
    config: &'a Config,
    settings: &Settings,
) -> Result<(Patient<'a>, Session), Barred> {
    let found = session::read(&settings.token_file).map_err(no_token)?;
    let connector = Connector::new(settings.rest.clone()).map_err(|why| Barred {
        what: "broker",
        why,
        then: "nobody can be asked before that",
    })?;
    let session =
        Session::restored(&found.api_key, found.token, config.account.clone(), found.opened);
    if session.is_dead(clock::wall()) {
        return Err(no_token("the token died at 06:00 in India, as each day".to_owned()));
    }
    let (codec, signed) = (KiteCodec::of(config), session.authorization());
    let pool = Pool::new(connector.clone());
    Ok((Patient { config, codec, connector, pool, signed }, session))
}

/// Who is asked, and as whom.
pub(super) struct Patient<'a> {
    config: &'a Config,
    codec: KiteCodec,
    connector: Connector,
    pool: Pool,
    signed: Vec<(&'static str, Secret)>,
}

impl Patient<'_> {
    /// How requests and answers are written.
    pub(super) const fn codec(&self) -> &KiteCodec {
        &self.codec
    }

    /// Asks it.
    pub(super) async fn ask(&self, call: &HttpRequest) -> Result<crate::http::Answer, String> {
        let by = Deadlines::within(PATIENCE);
        let answer = self.pool.call(call, &self.signed, by, ANSWER_BYTES_MAX).await;
        match answer {
            Ok(answer) => Ok(answer),
            Err(Lost::Unreached) => Err(self.why_unreached().await),
            Err(lost) => Err(format!("the broker does not answer ({lost:?})")),
        }
    }

    /// A call does not say why no connection stands; another try does.
    async fn why_unreached(&self) -> String {
        let here = self.connector.endpoint().authority();
        match self.connector.open().await {
            Ok(_) => format!("{here} could not be reached a moment ago"),
            Err(error) => format!("there is no connection to {here} ({error})"),
        }
    }

    /// Token, account, clock; true when the rest can be asked.
    pub(super) async fn who(&self, list: &mut List, session: &Session) -> bool {
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
        self.rights(list, &profile);
        true
    }

    fn rights(&self, list: &mut List, profile: &Profile) {
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

    /// What is free, where the broker says so.
    pub(super) async fn funds(&self, list: &mut List) -> Option<Funds> {
        let answer = match self.ask(&funds_call(&Calls::default())).await {
            Ok(answer) => answer,
            Err(why) => {
                list.note("funds", &why, "");
                return None;
            }
        };
        match read_funds(&HttpReply::new(answer.status, &answer.body)) {
            Ok(funds) => {
                let net = funds.equity.map(|segment| segment.net);
                let text = net.map_or_else(
                    || "the segment of shares is switched off".to_owned(),
                    |net| format!("{net} free for new orders in shares and their derivatives"),
                );
                list.note("funds", &text, "");
                Some(funds)
            }
            Err(failure) => {
                list.note("funds", &failure.words, "");
                None
            }
        }
    }

    /// What is there already: positions of nobody freeze what a strategy trades. What is held, where
    /// both parts of it could be read.
    pub(super) async fn account(&self, list: &mut List) -> Option<Vec<PositionRow>> {
        let positions = self.positions(list).await;
        let holdings = self.holdings(list).await;
        self.orders(list).await;
        let count = HoldingsCount::Told;
        positions.zip(holdings).map(|(net, lines)| account_positions(&net, &lines, count))
    }

    async fn positions(&self, list: &mut List) -> Option<Vec<PositionLine>> {
        let codec = &self.codec;
        let answer = self.ask(&codec.positions_call()).await.ok()?;
        let positions = codec.read_positions(&HttpReply::new(answer.status, &answer.body)).ok()?;
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
        Some(positions.net.rows)
    }

    async fn holdings(&self, list: &mut List) -> Option<Vec<HoldingLine>> {
        let codec = &self.codec;
        let answer = self.ask(&codec.holdings_call()).await.ok()?;
        let rows = codec.read_holdings(&HttpReply::new(answer.status, &answer.body)).ok()?;
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
        Some(rows.rows)
    }

    async fn orders(&self, list: &mut List) {
        let codec = &self.codec;
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
