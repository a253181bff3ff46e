//! A session: login page, token exchange, who we are, log-out. A token dies at 06:00 IST.
//!
//! Entry points: [`App`], [`Session`].
//!
//! Secrets are [`Secret`]s and calls that carry one are private: neither prints.
//!
//! ```
//! use truefill_core::time::{Nanos, SECOND_NS};
//! use truefill_venue::http::{Credentials, HttpReply, Secret};
//! use truefill_venue::kite::{App, Calls, request_token_of};
//!
//! let app = App::new("key", Secret::new("hush"));
//! assert_eq!(app.login_url(), "https://kite.zerodha.com/connect/login?v=3&api_key=key");
//!
//! // What the browser was sent back to, caught on loopback or pasted.
//! let pasted = "http://127.0.0.1:5001/?action=login&status=success&request_token=once";
//! let token = request_token_of(pasted).expect("a token");
//! let call = app.exchange(&Calls::default(), &token);
//! assert_eq!(format!("{call:?}"), "POST /session/token with 104 bytes");
//!
//! let body = br#"{"status":"success","data":{"user_id":"AB1234","access_token":"CANARY",
//!     "login_time":"2026-11-25 08:55:00","products":["CNC","MIS"]}}"#;
//! let now = Nanos(1_795_577_200 * SECOND_NS);
//! let session = app.read_session(&HttpReply::new(200, body), now).expect("a session");
//! assert_eq!(session.dies.to_string(), "2026-11-26T00:30:00.000000000Z");
//! assert_eq!(session.authorization()[0].1.expose(), "token key:CANARY");
//! assert!(!format!("{session:?}").contains("CANARY"));
//! ```

use super::call::Calls;
use super::checksum::sha256_hex;
use super::failure::{Failure, success};
use super::form::Form;
use super::row::{Row, list, text_of};
use super::time::next_token_death;
use crate::codec::Garbage;
use crate::http::{Budget, Credentials, HttpReply, HttpRequest, Method, Secret};
use truefill_core::time::Nanos;

/// The broker's login page.
const LOGIN_PAGE: &str = "https://kite.zerodha.com/connect/login";
const TOKEN: &str = "/session/token";
/// Longest token that is taken.
const TOKEN_CHARS_MAX: usize = 256;
/// Most words of one list that are kept.
const WORDS_MAX: usize = 64;

/// The application that is registered with the broker.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct App {
    /// Its public key.
    pub api_key: String,
    /// Its secret.
    pub api_secret: Secret,
}

/// A session.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Session {
    /// The application's public key.
    pub api_key: String,
    /// The token that signs every call.
    pub access_token: Secret,
    /// The account.
    pub user_id: String,
    /// When it was opened.
    pub opened: Nanos,
    /// When the token dies at the latest.
    pub dies: Nanos,
    /// Exchanges the account may trade on; empty when not told.
    pub exchanges: Vec<String>,
    /// Products the account may trade; empty when not told.
    pub products: Vec<String>,
}

/// Who a session belongs to.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Profile {
    /// The account.
    pub user_id: String,
    /// Exchanges the account may trade on.
    pub exchanges: Vec<String>,
    /// Products the account may trade.
    pub products: Vec<String>,
}

impl App {
    /// An application.
    #[must_use]
    pub fn new(api_key: impl Into<String>, api_secret: Secret) -> Self {
        Self { api_key: api_key.into(), api_secret }
    }

    /// The page where a person logs in; it is not secret.
    #[must_use]
    pub fn login_url(&self) -> String {
        self.login_url_at(LOGIN_PAGE)
    }

    /// The same on another page: the broker's sandbox has its own.
    #[must_use]
    pub fn login_url_at(&self, page: &str) -> String {
        let mut query = Form::default();
        query.add("v", "3");
        query.add("api_key", &self.api_key);
        format!("{page}?{}", query.into_text())
    }

    /// The call that makes a session of what the login brought. It works once.
    #[must_use]
    pub fn exchange(&self, calls: &Calls, request_token: &Secret) -> HttpRequest {
        let (key, secret) = (self.api_key.as_str(), self.api_secret.expose());
        let checksum = sha256_hex(&[key, request_token.expose(), secret]);
        let mut form = Form::default();
        form.add("api_key", key);
        form.add("request_token", request_token.expose());
        form.add("checksum", &checksum);
        let mut call = calls.form(Method::Post, TOKEN, form, Budget::Reads);
        call.private = true;
        call
    }

    /// Reads the answer to [`Self::exchange`].
    ///
    /// # Errors
    /// The failure, in the broker's words.
    pub fn read_session(&self, reply: &HttpReply<'_>, now: Nanos) -> Result<Session, Box<Failure>> {
        let garbled = |why: Garbage| Box::new(Failure::garbled(reply, &why));
        let row = Row::parse(success(reply)?).map_err(garbled)?;
        let token = row.need("access_token").map_err(garbled)?;
        let token = token_in(&token).map_err(garbled)?;
        let user_id = row.need("user_id").map_err(garbled)?.into_owned();
        let opened = row.time_of(&["login_time"]).filter(|at| *at <= now).unwrap_or(now);
        let mut session = Session::restored(&self.api_key, token, user_id, opened);
        session.exchanges = words_in(&row, "exchanges");
        session.products = words_in(&row, "products");
        Ok(session)
    }
}

impl Session {
    /// A session whose token was kept from earlier.
    #[must_use]
    pub fn restored(api_key: &str, access_token: Secret, user_id: String, opened: Nanos) -> Self {
        Self {
            api_key: api_key.to_owned(),
            access_token,
            user_id,
            opened,
            dies: next_token_death(opened),
            exchanges: Vec::new(),
            products: Vec::new(),
        }
    }

    /// True when the token is dead for sure. It may die earlier: a log-out elsewhere is enough.
    #[must_use]
    pub fn is_dead(&self, now: Nanos) -> bool {
        now >= self.dies
    }

    /// The call that ends the session.
    #[must_use]
    pub fn log_out(&self, calls: &Calls) -> HttpRequest {
        let mut query = Form::default();
        query.add("api_key", &self.api_key);
        query.add("access_token", self.access_token.expose());
        let mut call = calls.plain(Method::Delete, TOKEN, query, Budget::Reads);
        call.private = true;
        call
    }

    /// The call that tells whose session it is; good for a check of the token.
    #[must_use]
    pub fn profile(calls: &Calls) -> HttpRequest {
        calls.get("/user/profile")
    }

    /// Reads the answer to [`Self::profile`].
    ///
    /// # Errors
    /// The failure, in the broker's words.
    pub fn read_profile(reply: &HttpReply<'_>) -> Result<Profile, Box<Failure>> {
        let garbled = |why: Garbage| Box::new(Failure::garbled(reply, &why));
        let row = Row::parse(success(reply)?).map_err(garbled)?;
        Ok(Profile {
            user_id: row.need("user_id").map_err(garbled)?.into_owned(),
            exchanges: words_in(&row, "exchanges"),
            products: words_in(&row, "products"),
        })
    }

    /// Address of the ticker, which carries the token: never to be shown. `extra` are further
    /// query keys, such as `user_id` for the sandbox.
    #[must_use]
    pub fn ticker_url(&self, base: &str, extra: &[(&str, &str)]) -> Secret {
        let mut query = Form::default();
        query.add("api_key", &self.api_key);
        query.add("access_token", self.access_token.expose());
        for (name, value) in extra {
            query.add(name, value);
        }
        Secret::new(format!("{base}?{}", query.into_text()))
    }
}

impl Credentials for Session {
    fn authorization(&self) -> Vec<(&'static str, Secret)> {
        let signed = format!("token {}:{}", self.api_key, self.access_token.expose());
        vec![("Authorization", Secret::new(signed))]
    }
}

/// The one-time token in what the browser was sent back to, or the token alone.
///
/// # Errors
/// A sentence when there is none, or when the login did not succeed. It never holds the text.
pub fn request_token_of(pasted: &str) -> Result<Secret, Garbage> {
    let pasted = pasted.trim();
    let Some((_, query)) = pasted.split_once('?') else { return token_in(pasted) };
    let query = query.split('#').next().unwrap_or_default();
    let field = |name: &str| {
        let pairs = query.split('&').filter_map(|pair| pair.split_once('='));
        pairs.filter(|(key, _)| *key == name).map(|(_, value)| value).next()
    };
    if field("status").is_some_and(|status| status != "success") {
        return Err(Garbage::new("the login did not succeed; log in again"));
    }
    token_in(field("request_token").unwrap_or_default())
}

/// A token of characters that need no escape anywhere.
fn token_in(text: &str) -> Result<Secret, Garbage> {
    let plain = |b: u8| b.is_ascii_alphanumeric() || b"-._~".contains(&b);
    if text.is_empty() || text.len() > TOKEN_CHARS_MAX || !text.bytes().all(plain) {
        return Err(Garbage::new("there is no token in it"));
    }
    Ok(Secret::new(text))
}

fn words_in(row: &Row<'_>, field: &str) -> Vec<String> {
    let members = row.raw(field).and_then(|raw| list(raw).ok()).unwrap_or_default();
    let texts = members.into_iter().take(WORDS_MAX).filter_map(text_of);
    texts.map(|text| text.chars().take(40).collect()).collect()
}
