//! What a node is told besides the engine's configuration: where the broker is, where its files
//! are, what it may do and what it leaves behind.
//!
//! Entry points: [`Settings`], [`Endpoint`].
//!
//! Invariant: secrets go over plain sockets to this machine only; an [`Endpoint`] that would send
//! them unencrypted to another one cannot be made.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

/// Whether orders leave.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Mode {
    /// Live prices, a simulated broker, no money.
    Paper,
    /// Orders go to the broker.
    Live,
}

/// What becomes of the account when the node is asked to stop.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum OnStop {
    /// Working orders and positions stay.
    Leave,
    /// Our working orders are cancelled; positions stay.
    Cancel,
    /// Positions are closed.
    Flatten,
}

impl OnStop {
    /// The words of a configuration.
    pub const WORDS: [(&'static str, Self); 3] =
        [("leave", Self::Leave), ("cancel", Self::Cancel), ("flatten", Self::Flatten)];
}

/// Where a server is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Endpoint {
    /// Encrypted.
    pub tls: bool,
    /// Name or address.
    pub host: String,
    /// Port.
    pub port: u16,
    /// Path before every target, without a slash at its end; empty for none.
    pub prefix: String,
}

impl Endpoint {
    /// Reads `https://api.kite.trade`, `ws://127.0.0.1:8710/`.
    ///
    /// ```
    /// use truefill_node::settings::Endpoint;
    /// let api = Endpoint::parse("https://api.kite.trade").expect("fine");
    /// assert_eq!((api.tls, api.port), (true, 443));
    /// let refused = Endpoint::parse("http://api.kite.trade").expect_err("secrets would be readable");
    /// assert!(refused.contains("https"));
    /// assert!(Endpoint::parse("http://127.0.0.1:8710").is_ok());
    /// ```
    ///
    /// # Errors
    /// A sentence that says what is wrong with it.
    pub fn parse(url: &str) -> Result<Self, String> {
        let wrong = || format!("`{}` is no address; write it as https://host:port", shown(url));
        let (scheme, rest) = url.split_once("://").ok_or_else(wrong)?;
        let tls = match scheme {
            "https" | "wss" => true,
            "http" | "ws" => false,
            _ => return Err(wrong()),
        };
        let (authority, path) = rest.split_once('/').unwrap_or((rest, ""));
        let default = if tls { 443 } else { 80 };
        let (host, port) = match authority.rsplit_once(':') {
            Some((host, port)) if !host.ends_with(':') && !host.is_empty() => {
                (host, port.parse::<u16>().map_err(|_| wrong())?)
            }
            _ => (authority, default),
        };
        let fits = |b: u8| b.is_ascii_alphanumeric() || b".-[]:".contains(&b);
        if host.is_empty() || host.len() > 253 || !host.bytes().all(fits) {
            return Err(wrong());
        }
        let plain = |b: u8| b.is_ascii_graphic() && !b"?#%\"".contains(&b);
        if !path.bytes().all(plain) {
            return Err(wrong());
        }
        let here = matches!(host, "localhost" | "[::1]") || host.starts_with("127.");
        if !tls && !here {
            return Err(format!(
                "`{}` is not encrypted, so anybody on the way could read the token and trade; use \
                 https:// or wss://",
                shown(url)
            ));
        }
        let path = path.trim_matches('/');
        let prefix = if path.is_empty() { String::new() } else { format!("/{path}") };
        Ok(Self { tls, host: host.to_owned(), port, prefix })
    }

    /// Host and port, as a `Host` header has them.
    #[must_use]
    pub fn authority(&self) -> String {
        let default = if self.tls { 443 } else { 80 };
        if self.port == default {
            self.host.clone()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

fn shown(text: &str) -> String {
    text.chars().take(80).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

/// Everything that a node is told besides the engine's configuration.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Whether orders leave.
    pub mode: Mode,
    /// The account that the user typed a second time; it must be that of the configuration before
    /// any order may leave in [`Mode::Live`].
    pub confirmed: Option<String>,
    /// The broker's requests.
    pub rest: Endpoint,
    /// The broker's stream.
    pub ticker: Endpoint,
    /// Where the token is, as `truefill login` or the box writes it.
    pub token_file: PathBuf,
    /// Where journal, alerts and the operator's socket are.
    pub dir: PathBuf,
    /// Where accounts are locked: the same folder for all nodes of this user.
    pub locks: PathBuf,
    /// What is left behind.
    pub on_stop: OnStop,
    /// Longest time for leaving it like that.
    pub stop_within: Duration,
    /// When people are told that nobody has logged in: seconds after midnight in India.
    pub remind: Vec<u32>,
    /// Where the broker's postbacks arrive: plain HTTP, for something in front that speaks TLS.
    pub postback: Option<SocketAddr>,
    /// Which program decides, for the journal.
    pub build: String,
}

impl Settings {
    /// What the account is locked under: one broker's account is one, wherever the files are.
    #[must_use]
    pub fn account_key(&self, account: &str) -> String {
        let plain = |c: char| if c.is_ascii_alphanumeric() { c } else { '-' };
        let host: String = self.rest.authority().chars().map(plain).collect();
        let account: String = account.chars().map(plain).collect();
        match self.mode {
            Mode::Live => format!("{host}-{account}"),
            // Paper trades nothing at the broker, so it is in nobody's way.
            Mode::Paper => format!("paper-{host}-{account}-{:016x}", fnv(&self.dir)),
        }
    }
}

/// A number for a folder.
fn fnv(dir: &std::path::Path) -> u64 {
    let mix = |hash: u64, byte: &u8| (hash ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
    dir.as_os_str().as_encoded_bytes().iter().fold(0xcbf2_9ce4_8422_2325, mix)
}
