//! Log-in, tokens, log-out.

use super::Desk;
use sha2::{Digest, Sha256};
use std::collections::BTreeMap;
use std::fmt::Write as _;
use truefill_core::time::{Nanos, SECOND_NS};
use truefill_sim::rng::Rng;
use truefill_venue::kite_server::{BodyType, ErrorType, Fields, Json, Refusal, Reply, stamp};

/// A request token is good for so long.
const REQUEST_TOKEN_NS: i64 = 300 * SECOND_NS;
/// Request tokens that are good at once.
const REQUEST_TOKENS_MAX: usize = 100;

/// The session of the one user.
#[derive(Debug)]
pub(super) struct Session {
    rng: Rng,
    token: String,
    alive: bool,
    since: Nanos,
    waiting: BTreeMap<String, Nanos>,
}

impl Session {
    pub(super) fn new(seed: u64, now: Nanos) -> Self {
        let mut rng = Rng::new(seed).fork(6);
        let token = letters(&mut rng);
        Self { rng, token, alive: true, since: now, waiting: BTreeMap::new() }
    }

    pub(super) fn token(&self) -> &str {
        &self.token
    }

    pub(super) fn is_alive(&self) -> bool {
        self.alive
    }

    pub(super) fn accepts(&self, token: &str) -> bool {
        self.alive && token == self.token
    }

    pub(super) fn kill(&mut self) {
        self.alive = false;
    }

    /// A new token, unless the present one is alive.
    pub(super) fn renew(&mut self, now: Nanos) {
        if !self.alive {
            self.token = letters(&mut self.rng);
            self.alive = true;
            self.since = now;
        }
    }

    fn request_token(&mut self, now: Nanos) -> String {
        self.waiting.retain(|_, until| *until > now);
        while self.waiting.len() >= REQUEST_TOKENS_MAX {
            self.waiting.pop_first();
        }
        let token = letters(&mut self.rng);
        self.waiting.insert(token.clone(), now.plus(REQUEST_TOKEN_NS));
        token
    }
}

/// 32 letters and digits.
fn letters(rng: &mut Rng) -> String {
    const ALPHABET: &[u8] = b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";
    let mut letter = || rng.pick(ALPHABET.len()).and_then(|at| ALPHABET.get(at)).copied();
    (0..32).filter_map(|_| letter()).map(char::from).collect()
}

/// SHA-256 of three texts, one behind the other.
pub(super) fn hex_of(parts: [&str; 3]) -> String {
    let mut hash = Sha256::new();
    parts.iter().for_each(|part| hash.update(part.as_bytes()));
    hash.finalize().iter().fold(String::new(), |mut hex, byte| {
        // Writing to a string does not fail.
        let _ = write!(hex, "{byte:02x}");
        hex
    })
}

impl Desk {
    /// The page on which a person would log in. Here the user is logged in at once.
    pub(super) fn login_page(&mut self, now: Nanos, fields: &Fields) -> Reply {
        if fields.get("api_key") != Some(self.options.api_key.as_str()) {
            let page = "<html><body>Invalid `api_key`.</body></html>".to_owned();
            return Reply::text(400, BodyType::Html, page);
        }
        let token = self.session.request_token(now);
        if let Some(to) = &self.options.redirect {
            let join = if to.contains('?') { '&' } else { '?' };
            let query = "action=login&type=login&status=success&request_token=";
            return Reply::redirect(format!("{to}{join}{query}{token}"));
        }
        let page = format!(
            "<html><body><h1>truefill box</h1><p>{} is logged in.</p>\
             <p>request_token=<code>{token}</code></p></body></html>",
            self.options.user
        );
        Reply::text(200, BodyType::Html, page)
    }

    /// A request token, or a refresh token, for an access token.
    pub(super) fn exchange_token(
        &mut self,
        now: Nanos,
        fields: &Fields,
        field: &str,
    ) -> Result<Json, Refusal> {
        let given = fields.get(field).unwrap_or_default().to_owned();
        let key = fields.get("api_key").unwrap_or_default();
        if key != self.options.api_key {
            return Err(Refusal::input("Invalid `api_key`."));
        }
        let wanted = hex_of([key, &given, &self.options.api_secret]);
        if fields.get("checksum") != Some(wanted.as_str()) {
            return Err(Refusal::new(ErrorType::Token, "Invalid `checksum`."));
        }
        let good = self.session.waiting.remove(&given).is_some_and(|until| until > now);
        if !good {
            return Err(Refusal::new(ErrorType::Token, "Token is invalid or has expired."));
        }
        self.session.renew(now);
        self.chronicle.note(now, "login", Json::Object(Vec::new()));
        let mut data = self.user();
        for (key, value) in [
            ("api_key", self.options.api_key.as_str()),
            ("access_token", self.session.token()),
            ("public_token", "publictoken"),
            ("enctoken", ""),
            ("refresh_token", ""),
            ("silo", ""),
        ] {
            data.set(key, value);
        }
        data.set("login_time", stamp(self.session.since));
        Ok(data)
    }

    /// The end of the session, if it is this one.
    pub(super) fn logout(&mut self, now: Nanos, fields: &Fields) -> Result<Json, Refusal> {
        if fields.get("access_token").is_none_or(|token| self.session.accepts(token)) {
            self.end_session(now, "logged out");
        }
        Ok(true.into())
    }

    /// The token is dead from now on, and so is every connection that used it.
    pub(super) fn end_session(&mut self, now: Nanos, why: &str) {
        self.session.kill();
        self.stream.close_all("the session is over");
        self.chronicle.say(now, "token", why);
    }

    fn user(&self) -> Json {
        let list = |words: &[&str]| Json::List(words.iter().map(|word| (*word).into()).collect());
        Json::object([
            ("user_id", self.options.user.as_str().into()),
            ("user_type", "individual".into()),
            ("email", "box@example.com".into()),
            ("user_name", "Box User".into()),
            ("user_shortname", "Box".into()),
            ("broker", "ZERODHA".into()),
            ("exchanges", list(&["NSE", "BSE", "NFO", "BFO", "CDS", "BCD", "MCX", "MF"])),
            ("products", list(&["CNC", "NRML", "MIS", "CO", "MTF"])),
            ("order_types", list(&["MARKET", "LIMIT", "SL", "SL-M"])),
            ("avatar_url", Json::Null),
            ("meta", Json::object([("demat_consent", "consent".into())])),
        ])
    }

    pub(super) fn profile(&self, full: bool) -> Json {
        let mut user = self.user();
        if full {
            user.set("phone", "*0000");
            user.set("twofa_type", "totp");
            let bank =
                [("name", "Box Bank".into()), ("branch", "".into()), ("account", "*0000".into())];
            user.set("bank_accounts", vec![Json::object(bank)]);
            user.set("dp_ids", vec![Json::from("1200000000000000")]);
            user.set("pan", "*000A");
            user.set("tags", Json::List(Vec::new()));
            user.set("password_timestamp", "1970-01-01 00:00:00");
            user.set("twofa_timestamp", "1970-01-01 00:00:00");
            let meta = [
                ("poa", "ddpi".into()),
                ("silo", "".into()),
                ("account_blocks", Json::List(Vec::new())),
            ];
            user.set("meta", Json::object(meta));
        }
        user
    }
}
