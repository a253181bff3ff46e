//! What the control API may say about faults.
//!
//! Entry point: [`Order::read`].

use super::kinds::{Fault, Hook};
use super::presets::PRESETS;
use std::fmt;
use truefill_venue::kite_server::ErrorType;

/// Longest time that a fault may be told to last or to wait: a day, in milliseconds.
const MILLIS_MAX: u64 = 86_400_000;

/// Longest message of a refusal, in characters.
const WORDS_MAX: usize = 500;

/// What the client sees instead of the reply.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// 400 with the text that the request timed out.
    TimedOut400,
    /// A gateway's error, as JSON.
    Status(u16),
    /// The page of the delivery network.
    Page,
    /// The socket is closed.
    Drop,
    /// Nothing.
    Silence,
}

/// What becomes of the request whose reply is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Fate {
    /// It is carried out at once.
    Now,
    /// It is carried out later.
    Later,
    /// It is not carried out.
    Never,
}

/// How a fault strikes, where it was said; otherwise its dice decide.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Details {
    /// What the client sees.
    pub form: Option<Form>,
    /// What becomes of the request.
    pub fate: Option<Fate>,
    /// How long until it takes effect, in nanoseconds.
    pub after_ns: Option<i64>,
    /// How long it lasts, in nanoseconds.
    pub lasts_ns: Option<i64>,
    /// The error that is answered.
    pub error: Option<ErrorType>,
    /// Its words.
    pub message: Option<String>,
}

/// Why an order of the control API is refused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadOrder(String);

impl BadOrder {
    /// For this reason.
    #[must_use]
    pub fn new(why: impl Into<String>) -> Self {
        Self(why.into())
    }
}

impl fmt::Display for BadOrder {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl std::error::Error for BadOrder {}

/// What was told.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Order {
    Preset(String),
    Clear,
    Shares(Vec<(Fault, u32)>),
    Arm { fault: Fault, hook: Hook, nth: u64, times: u64, details: Details },
}

type Members = serde_json::Map<String, serde_json::Value>;

const KEYS: [&str; 13] = [
    "preset",
    "clear",
    "shares",
    "fault",
    "on",
    "nth",
    "times",
    "form",
    "fate",
    "after_ms",
    "lasts_ms",
    "error_type",
    "message",
];

impl Order {
    pub(super) fn read(order: &Members) -> Result<Self, BadOrder> {
        if let Some(key) = order.keys().find(|key| !KEYS.contains(&key.as_str())) {
            return Err(BadOrder(format!("unknown key `{key}`; allowed are {}", KEYS.join(", "))));
        }
        if let Some(name) = text(order, "preset")? {
            let known = PRESETS.contains(&name);
            return known
                .then(|| Self::Preset(name.to_owned()))
                .ok_or_else(|| BadOrder(format!("no preset `{name}`: {}", PRESETS.join(", "))));
        }
        if order.get("clear").and_then(serde_json::Value::as_bool) == Some(true) {
            return Ok(Self::Clear);
        }
        if let Some(shares) = order.get("shares") {
            return shares_of(shares).map(Self::Shares);
        }
        let name = text(order, "fault")?
            .ok_or_else(|| BadOrder::new("say `fault`, `shares`, `preset` or `clear`"))?;
        let fault = fault_of(name)?;
        let hook = match text(order, "on")? {
            None => fault.hook(),
            Some(on) => Hook::parse(on).ok_or_else(|| {
                BadOrder::new("`on` is one of any, write, place, modify, cancel, read, push")
            })?,
        };
        Ok(Self::Arm {
            fault,
            hook,
            nth: number(order, "nth", 1_000_000)?.unwrap_or(1).max(1),
            times: number(order, "times", 1_000_000)?.unwrap_or(1).max(1),
            details: Details {
                form: text(order, "form")?.map(form).transpose()?,
                fate: text(order, "fate")?.map(fate).transpose()?,
                after_ns: millis(order, "after_ms")?,
                lasts_ns: millis(order, "lasts_ms")?,
                error: text(order, "error_type")?.map(error_type).transpose()?,
                message: text(order, "message")?
                    .map(|words| words.chars().take(WORDS_MAX).collect()),
            },
        })
    }
}

fn fault_of(name: &str) -> Result<Fault, BadOrder> {
    Fault::parse(name).ok_or_else(|| {
        let names: Vec<&str> = Fault::ALL.iter().map(|fault| fault.name()).collect();
        BadOrder(format!("no fault `{name}`; there are {}", names.join(", ")))
    })
}

fn shares_of(value: &serde_json::Value) -> Result<Vec<(Fault, u32)>, BadOrder> {
    let members = value.as_object().ok_or_else(|| BadOrder::new("`shares` is an object"))?;
    let shares = members.iter().map(|(name, ppm)| {
        let ppm = ppm.as_u64().and_then(|ppm| u32::try_from(ppm).ok());
        let ppm = ppm.filter(|ppm| *ppm <= 1_000_000);
        let wrong = || BadOrder(format!("the share of `{name}` is 0 to 1000000, in a million"));
        Ok((fault_of(name)?, ppm.ok_or_else(wrong)?))
    });
    shares.collect()
}

fn text<'a>(order: &'a Members, key: &str) -> Result<Option<&'a str>, BadOrder> {
    match order.get(key) {
        None | Some(serde_json::Value::Null) => Ok(None),
        Some(serde_json::Value::String(text)) => Ok(Some(text)),
        Some(_) => Err(BadOrder(format!("`{key}` is a text"))),
    }
}

fn number(order: &Members, key: &str, most: u64) -> Result<Option<u64>, BadOrder> {
    let Some(value) = order.get(key) else { return Ok(None) };
    let number = value.as_u64().filter(|number| *number <= most);
    number.map(Some).ok_or_else(|| BadOrder(format!("`{key}` is a number from 0 to {most}")))
}

fn millis(order: &Members, key: &str) -> Result<Option<i64>, BadOrder> {
    let ms = number(order, key, MILLIS_MAX)?;
    Ok(ms.and_then(|ms| i64::try_from(ms).ok()).map(|ms| ms * 1_000_000))
}

fn form(name: &str) -> Result<Form, BadOrder> {
    Ok(match name {
        "400" => Form::TimedOut400,
        "500" => Form::Status(500),
        "502" => Form::Status(502),
        "503" => Form::Status(503),
        "504" => Form::Status(504),
        "html" => Form::Page,
        "drop" => Form::Drop,
        "silence" => Form::Silence,
        _ => {
            return Err(BadOrder::new(
                "`form` is one of 400, 500, 502, 503, 504, html, drop, silence",
            ));
        }
    })
}

fn error_type(name: &str) -> Result<ErrorType, BadOrder> {
    ErrorType::parse(name).ok_or_else(|| {
        let names: Vec<&str> = ErrorType::ALL.iter().map(|kind| kind.as_str()).collect();
        BadOrder(format!("no error type `{name}`; there are {}", names.join(", ")))
    })
}

fn fate(name: &str) -> Result<Fate, BadOrder> {
    Ok(match name {
        "now" => Fate::Now,
        "later" => Fate::Later,
        "never" => Fate::Never,
        _ => return Err(BadOrder::new("`fate` is one of now, later, never")),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> Result<Order, BadOrder> {
        let value: serde_json::Value = serde_json::from_str(text).unwrap();
        Order::read(value.as_object().unwrap())
    }

    #[test]
    fn a_lost_reply_can_be_told_in_full() {
        let told = read(
            r#"{"fault":"lost_reply","on":"place","form":"400","fate":"later","after_ms":8000}"#,
        );
        let details = Details {
            form: Some(Form::TimedOut400),
            fate: Some(Fate::Later),
            after_ns: Some(8_000_000_000),
            ..Details::default()
        };
        let (fault, hook) = (Fault::LostReply, Hook::Place);
        assert_eq!(told, Ok(Order::Arm { fault, hook, nth: 1, times: 1, details }));
    }

    #[test]
    fn what_is_wrong_is_said() {
        for (order, part) in [
            (r#"{"fault":"rain"}"#, "lost_reply"),
            (r#"{"preset":"sunny"}"#, "storm"),
            (r#"{"fault":"lost_reply","form":"418"}"#, "silence"),
            (r#"{"fault":"lost_reply","fait":"now"}"#, "fait"),
            (r#"{"fault":"lost_reply","nth":-1}"#, "nth"),
            (r#"{"fault":7}"#, "text"),
            (r#"{"fault":"refused","error_type":"Oops"}"#, "TwoFAException"),
            (r#"{"shares":{"lost_reply":2000000}}"#, "million"),
            (r"{}", "preset"),
        ] {
            let why = read(order).unwrap_err().to_string();
            assert!(why.contains(part), "{order}: {why}");
        }
    }
}
