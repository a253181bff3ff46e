//! The JSON Schema of fault files, made from the list of kinds itself.

use super::{FaultKind, Faults};
use serde_json::{Map, Value, json};

impl Faults {
    /// The schema (2020-12) of a fault file, as pretty JSON with a line end.
    ///
    /// ```
    /// let schema = truefill_sim::faults::Faults::schema();
    /// assert!(schema.contains("\"lost_ack\""));
    /// ```
    #[must_use]
    pub fn schema() -> String {
        let kinds = FaultKind::ALL.iter().map(|kind| (kind.name().to_owned(), of_kind(*kind)));
        let properties: Map<String, Value> = kinds.collect();
        let schema = json!({
            "$schema": "https://json-schema.org/draft/2020-12/schema",
            "title": "A truefill fault file",
            "description": "Names faults and how each strikes; what it does not name does not happen.",
            "type": "object",
            "additionalProperties": false,
            "properties": properties,
            "$defs": { "setting": setting() },
        });
        format!("{schema:#}\n")
    }
}

fn of_kind(kind: FaultKind) -> Value {
    let about = kind.about().split_whitespace().collect::<Vec<_>>().join(" ");
    let mut fields = Map::new();
    fields.insert("$ref".to_owned(), json!("#/$defs/setting"));
    fields.insert("description".to_owned(), json!(about));
    if kind.usual_max_ms() > 0 {
        fields.insert("default".to_owned(), json!({ "max_ms": kind.usual_max_ms() }));
    }
    Value::Object(fields)
}

fn setting() -> Value {
    json!({
        "type": "object",
        "additionalProperties": false,
        "properties": {
            "probability": {
                "description": "Chance at each opportunity, with at most six decimals.",
                "oneOf": [
                    { "type": "number", "minimum": 0, "maximum": 1 },
                    { "type": "string", "pattern": "^(0(\\.[0-9]{1,6})?|1(\\.0{1,6})?)$" },
                ],
            },
            "on": {
                "description": "Opportunities, counted from 1, at which it strikes for certain.",
                "type": "array",
                "items": { "type": "integer", "minimum": 1 },
            },
            "at_most": {
                "description": "Most strikes in all.",
                "type": "integer",
                "minimum": 0,
            },
            "max_ms": {
                "description": "Longest duration in milliseconds, where the fault has one.",
                "type": "integer",
                "minimum": 0,
                "maximum": 86_400_000,
            },
        },
    })
}
