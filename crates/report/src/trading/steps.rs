//! Steps, rules and gates in words.
//!
//! Entry points: [`text`], [`rule_says`], [`gate_says`].

use super::gate_name;
use truefill_core::event::Block;
use truefill_core::order::Rule;
use truefill_core::request::Side;
use truefill_gap::story::PricedBy;
use truefill_gap::trail::Did;

/// A step in a few words.
pub(super) fn text(did: &Did) -> String {
    match did {
        Did::Decided { qty, px: Some(px) } => format!("decided: hold {qty}, assuming {px}"),
        Did::Decided { qty, px: None } => format!("decided: hold {qty}"),
        Did::Gated { why: Block::Open } => "nothing holds it back any more".to_owned(),
        Did::Gated { why } => format!("held back: {}", plain(gate_name(*why))),
        Did::Released { order, side, qty, px, by } => {
            let side = if *side == Side::Buy { "buy" } else { "sell" };
            format!("order {}: {side} {qty} at {px} ({})", order.0, named(*by))
        }
        Did::Amended { order, qty, px, by } => {
            format!("order {} amended: {qty} at {px} ({})", order.0, named(*by))
        }
        Did::AmendRefused { order } => format!("amend of order {} refused", order.0),
        Did::Cancelled { order, rule, why } => {
            let (rule, why) = (plain(rule.as_str()), plain(why.as_str()));
            let both = if rule == why { rule } else { format!("{rule}: {why}") };
            format!("cancel of order {} ({both})", order.0)
        }
        Did::Filled { order, qty, low, high, parts } => {
            let prices = if low == high { low.to_string() } else { format!("{low} to {high}") };
            let parts = if *parts == 1 { String::new() } else { format!(" in {parts} parts") };
            format!("order {} filled {qty}{parts} at {prices}", order.0)
        }
        Did::Unsent { order } => format!("order {} never left us", order.0),
        Did::Absent { order } => format!("order {} is not at the broker, by a read", order.0),
        Did::Refused { order, code } => {
            format!("order {} refused: {}", order.0, plain(code.as_str()))
        }
        Did::Doubted { order } => format!("order {}: outcome unknown", order.0),
        Did::GivenUp { order, qty } => {
            format!("order {} ended, {} given up", order.0, qty.abs())
        }
        Did::Unwound => "too little was filled: unwound".to_owned(),
    }
}

fn plain(word: &str) -> String {
    word.replace('_', " ")
}

fn named(by: PricedBy) -> String {
    let rule = plain(by.rule.as_str());
    if by.rule == Rule::ChaseStep { format!("{rule} {}", by.step) } else { rule }
}

/// One line on a rule; empty for one that is not known.
pub(crate) fn rule_says(rule: &str) -> &'static str {
    match Rule::from_text(rule) {
        Some(Rule::Marketable) => "far touch plus the collar",
        Some(Rule::Near) => "rests at the near touch",
        Some(Rule::Mid) => "rests half way",
        Some(Rule::Given) => "rests at the price given",
        Some(Rule::Crossed) => "patience ended: far touch plus the collar",
        Some(Rule::ChaseStep) => "a step nearer, no further than allowed",
        Some(Rule::Band) => "last rung of an exit: the edge of the price band",
        Some(Rule::AtClose) => "the close began",
        Some(Rule::Requote) => "the market had moved away; same rule, new place",
        Some(Rule::Excess) => "the plan had less room",
        Some(Rule::Patience) => "patience ended: the remainder was not wanted",
        Some(Rule::ChaseEnd) => "the chase ended: the remainder was not wanted",
        Some(Rule::MinFill) => "too little was filled: unwound",
        Some(Rule::Stop) => "the protective stop of the target",
        Some(Rule::GiveWay) => "the stop gave way to an exit",
        Some(Rule::Kill) => "kill or flatten",
        Some(Rule::Found) => "found at the broker, not of this start",
        None => "",
    }
}

/// One line on a gate; empty for one that needs none.
pub(crate) fn gate_says(reason: &str) -> &'static str {
    match Block::from_text(reason) {
        Some(Block::Frozen) => "broker and engine did not agree: nothing was risked",
        Some(Block::Risk) => "beyond the largest position allowed",
        Some(Block::Hours) => "outside the hours for entries",
        Some(Block::Expired) => "the target had become too old",
        Some(Block::FlatBy) => "the time at which nothing may be held",
        Some(Block::Margin) => "not enough funds or margin",
        Some(Block::Leg) => "legs of the basket would have run too far apart",
        Some(Block::Funding) => "waiting for the sells that pay for it",
        Some(Block::Session) => "the market was not open",
        Some(Block::Redeclare) => "the target had to be declared again in this session",
        Some(Block::Expiry) => "the contract was about to end",
        Some(Block::Short) => "the product cannot be sold short",
        Some(Block::Mode) => "halted, reducing only, or going flat",
        _ if reason == "limit" => "a limit that nobody named",
        _ => "",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_rule_has_a_line() {
        for rule in Rule::ALL {
            assert!(!rule_says(rule.as_str()).is_empty(), "{rule}");
        }
    }
}
