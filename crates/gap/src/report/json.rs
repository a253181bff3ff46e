//! The report as JSON: a public format with stable keys in a stable order.
//!
//! Entry point: [`Report::to_json`]; [`Report`] is also [`serde::Serialize`].
//!
//! Invariant: every amount is decimal text, plain and normalised.

use super::{DayReport, Displayed, Report};
use crate::error::{GapError, Problem};
use serde::ser::{Serialize, SerializeStruct, Serializer};

impl Report {
    /// The report as one indented JSON document, without a line break at its end.
    ///
    /// # Errors
    ///
    /// None in practice: nothing in a report is impossible in JSON.
    pub fn to_json(&self) -> Result<String, GapError> {
        serde_json::to_string_pretty(self).map_err(|error| Problem::Json(error).into())
    }
}

impl Serialize for Report {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut json = serializer.serialize_struct("Report", 7)?;
        json.serialize_field("theory_pnl", self.theory_pnl())?;
        json.serialize_field("live_pnl", self.live_pnl())?;
        json.serialize_field("gap", &self.gap())?;
        json.serialize_field("residual", &self.residual())?;
        json.serialize_field("causes", self.causes())?;
        json.serialize_field("days", self.days())?;
        json.serialize_field("displayed", &self.displayed())?;
        json.end()
    }
}

impl Serialize for DayReport {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut json = serializer.serialize_struct("DayReport", 5)?;
        json.serialize_field("day", &self.day)?;
        json.serialize_field("theory_pnl", &self.figures.theory_pnl)?;
        json.serialize_field("live_pnl", &self.figures.live_pnl)?;
        json.serialize_field("gap", &self.figures.gap())?;
        json.serialize_field("causes", &self.figures.causes)?;
        json.end()
    }
}

impl Serialize for Displayed {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut json = serializer.serialize_struct("Displayed", 2)?;
        json.serialize_field("causes", &self.causes)?;
        json.serialize_field("gap", &self.gap)?;
        json.end()
    }
}
