//! What must be true at the end.

use super::walk::{Fault, Fields};
use super::words::ALERTS;
use truefill_core::alert::AlertCode;
use truefill_core::num::{Amount, NANO, Qty};

/// What the engine may do at the end.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum FinalState {
    /// Trade.
    Running,
    /// Nothing; a killed engine is halted as well.
    Halted,
    /// Nothing ever again.
    Killed,
}

/// An order that must be open at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OpenOrder {
    /// Its name in the script.
    pub order: String,
    /// LeavesQty.
    pub leaves: Qty,
}

/// What must be true at the end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expect {
    /// Positions of venue and engine; what is not named is flat.
    pub positions: Vec<(String, Qty)>,
    /// Exactly the orders that are open.
    pub open_orders: Vec<OpenOrder>,
    /// Most new orders.
    pub max_submits: u32,
    /// Most cancels.
    pub max_cancels: Option<u32>,
    /// Most amends.
    pub max_amends: Option<u32>,
    /// How far sends may pass the target.
    pub max_overshoot: Qty,
    /// Raised at least once.
    pub alerts_include: Vec<AlertCode>,
    /// Never raised.
    pub alerts_exclude: Vec<AlertCode>,
    /// What the engine may do.
    pub final_state: FinalState,
    /// Exactly the symbols that are frozen.
    pub frozen: Vec<String>,
    /// Signed money of the fills booked, by symbol.
    pub traded_notional: Vec<(String, Amount)>,
    /// What is booked for whom: strategy, symbol, quantity.
    pub sleeves: Vec<(String, String, Qty)>,
}

const FIELDS: &[&str] = &[
    "positions",
    "open_orders",
    "max_submits",
    "max_cancels",
    "max_amends",
    "max_overshoot",
    "alerts_include",
    "alerts_exclude",
    "final_state",
    "frozen",
    "traded_notional",
    "sleeves",
    "note",
];

impl Expect {
    /// Reads what must be true.
    pub(super) fn read(of: &Fields<'_>) -> Result<Self, Fault> {
        of.only(FIELDS)?;
        for name in ["positions", "open_orders", "alerts_include"] {
            of.value(name)?;
        }
        of.maybe_name("note")?;
        let mut open_orders = Vec::new();
        for (item, path) in of.list("open_orders")? {
            let order = Fields::of(item, &path, &["ref", "leaves"])?;
            open_orders.push(OpenOrder { order: order.name("ref")?, leaves: order.qty("leaves")? });
        }
        let mut sleeves = Vec::new();
        for (strategy, map) in of.map("sleeves")? {
            for (symbol, qty) in map.signed_map(&strategy)? {
                sleeves.push((strategy.clone(), symbol, qty));
            }
        }
        let money = |(symbol, qty): (String, Qty)| (symbol, Amount(qty.0.saturating_mul(NANO)));
        let states = [
            ("running", FinalState::Running),
            ("halted", FinalState::Halted),
            ("killed", FinalState::Killed),
        ];
        let most = of.maybe_count("max_submits", 0)?;
        Ok(Self {
            positions: of.signed_map("positions")?,
            open_orders,
            max_submits: most.ok_or_else(|| of.fault("max_submits", "is missing"))?,
            max_cancels: of.maybe_count("max_cancels", 0)?,
            max_amends: of.maybe_count("max_amends", 0)?,
            max_overshoot: of.maybe_qty("max_overshoot")?.unwrap_or(Qty::ZERO),
            alerts_include: alerts(of, "alerts_include")?,
            alerts_exclude: alerts(of, "alerts_exclude")?,
            final_state: of.word("final_state", &states)?,
            frozen: of.names("frozen")?,
            traded_notional: of.signed_map("traded_notional")?.into_iter().map(money).collect(),
            sleeves,
        })
    }
}

fn alerts(of: &Fields<'_>, name: &str) -> Result<Vec<AlertCode>, Fault> {
    let mut found: Vec<AlertCode> = Vec::new();
    for (item, path) in of.list(name)? {
        let word = item.as_str().unwrap_or_default();
        let Some((_, code)) = ALERTS.iter().find(|(text, _)| *text == word) else {
            let words: Vec<&str> = ALERTS.iter().map(|(text, _)| *text).collect();
            return Err(Fault::new(
                path,
                format!("is {item}, no alert code; allowed are {}", words.join(", ")),
            ));
        };
        if found.contains(code) {
            return Err(Fault::new(path, format!("{word} is there twice")));
        }
        found.push(*code);
    }
    Ok(found)
}
