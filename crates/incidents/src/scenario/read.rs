//! A file of scenarios: one JSON object per line.

use super::Scenario;
use super::broker::Broker;
use super::expect::Expect;
use super::given::Given;
use super::refs;
use super::steps::Step;
use super::walk::{Fault, Fields};
use super::words::CLASSES;
use serde_json::Value;
use std::fmt;

/// Longest line, in bytes.
const LINE_MAX: usize = 4 << 20;
/// Most lines.
const LINES_MAX: usize = 100_000;
/// Most steps of a script.
const STEPS_MAX: usize = 5_000;

/// What is wrong with a file of scenarios, and where.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ReadError {
    /// Line, from 1.
    pub line: usize,
    /// The scenario, where its name could be read.
    pub id: Option<String>,
    /// Path of the field, such as `script[3].qty`; empty for the whole line.
    pub field: String,
    /// What is wrong, and what is allowed.
    pub why: String,
}

impl fmt::Display for ReadError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "line {}", self.line)?;
        if let Some(id) = &self.id {
            write!(f, " ({id})")?;
        }
        match self.field.as_str() {
            "" => write!(f, ": {}", self.why),
            field => write!(f, ": {field}: {}", self.why),
        }
    }
}

impl std::error::Error for ReadError {}

/// Reads a file of scenarios. Empty lines are skipped.
///
/// # Errors
/// The first thing that is wrong, with its line and field.
///
/// ```
/// use truefill_incidents::scenario::read;
/// let error = read("{\"id\":\"INC-1\"}").unwrap_err();
/// assert_eq!((error.line, error.field.as_str()), (1, "id"));
/// ```
pub fn read(text: &str) -> Result<Vec<Scenario>, ReadError> {
    let mut found: Vec<Scenario> = Vec::new();
    for (at, line) in text.lines().enumerate() {
        let error = |id: Option<String>, fault: Fault| ReadError {
            line: at + 1,
            id,
            field: fault.field,
            why: fault.why,
        };
        if line.trim().is_empty() {
            continue;
        }
        if line.len() > LINE_MAX || at >= LINES_MAX {
            let why = format!("is beyond {LINE_MAX} bytes a line or {LINES_MAX} lines a file");
            return Err(error(None, Fault::new("", why)));
        }
        let value: Value = serde_json::from_str(line)
            .map_err(|why| error(None, Fault::new("", format!("is no JSON: {why}"))))?;
        let id = value.get("id").and_then(Value::as_str).map(str::to_owned);
        let scenario = one(&value, at + 1).map_err(|fault| error(id.clone(), fault))?;
        if found.iter().any(|other| other.id == scenario.id) {
            return Err(error(id, Fault::new("id", "is there twice in this file")));
        }
        found.push(scenario);
    }
    Ok(found)
}

const FIELDS: &[&str] =
    &["id", "class", "title", "source", "severity", "broker", "given", "script", "expect"];

fn one(value: &Value, line: usize) -> Result<Scenario, Fault> {
    let of = Fields::of(value, "", FIELDS)?;
    let id = of.name("id")?;
    let digits = |text: &str, many: usize| {
        text.len() == many && text.bytes().all(|byte| byte.is_ascii_digit())
    };
    let named = id.strip_prefix("INC-").is_some_and(|rest| digits(rest, 3))
        || id.strip_prefix("VOC-").is_some_and(|rest| digits(rest, 2));
    if !named {
        return Err(of.fault("id", format!("\"{id}\" is neither INC-000 nor VOC-00")));
    }
    of.word("class", CLASSES)?;
    let severity = of.int("severity", 1)?;
    if severity > 5 {
        return Err(of.fault("severity", format!("is {severity}; allowed is 1 to 5")));
    }
    if of.names("source")?.is_empty() {
        return Err(of.fault("source", "is missing or empty"));
    }
    let broker = match of.has("broker") {
        true => Broker::read(&Fields::any(of.value("broker")?, "broker")?)?,
        false => Broker::default(),
    };
    let given = Given::read(&Fields::any(of.value("given")?, "given")?)?;
    let items = of.list("script")?;
    if items.is_empty() || items.len() > STEPS_MAX {
        return Err(
            of.fault("script", format!("has {} steps; 1 to {STEPS_MAX} are allowed", items.len()))
        );
    }
    let mut script = Vec::new();
    for (item, path) in items {
        script.push(Step::read(&Fields::any(item, &path)?)?);
    }
    let expect = Expect::read(&Fields::any(of.value("expect")?, "expect")?)?;
    let scenario = Scenario {
        line,
        id,
        class: of.name("class")?,
        title: of.name("title")?,
        broker,
        given,
        script,
        expect,
    };
    refs::check(&scenario)?;
    Ok(scenario)
}
