//! Sub-cases that only the broker's words tell apart.
//!
//! Entry points: [`reason_of`], [`times_out`].
//!
//! The words are not documented and change. What is not recognised stays [`Reason::Other`]: a
//! text may make a refusal clearer, but only [`times_out`] may change whether it is one, and it
//! only ever makes it less certain.

use crate::reason::Reason;
use truefill_core::num::Qty;

/// Words that all must be there, and what they mean. The first that fits counts.
const TABLE: &[(&[&str], Reason)] = &[
    (&["ip", "not registered"], Reason::IpNotRegistered),
    (&["ip", "not allowed"], Reason::IpNotRegistered),
    (&["ip", "not whitelisted"], Reason::IpNotRegistered),
    (&["static ip"], Reason::IpNotRegistered),
    (&["unregistered ip"], Reason::IpNotRegistered),
    (&["too many requests"], Reason::Rate),
    (&["maximum", "modification"], Reason::AmendLimit),
    (&["modification", "exceed"], Reason::AmendLimit),
    (&["modification", "limit"], Reason::AmendLimit),
    (&["market protection"], Reason::MarketProtection),
    (&["market_protection"], Reason::MarketProtection),
    (&["autoslice"], Reason::Slicing),
    (&["freeze"], Reason::Freeze(None)),
    (&["insufficient fund"], Reason::Margin),
    (&["margin exceeds"], Reason::Margin),
    (&["insufficient margin"], Reason::Margin),
    (&["required margin"], Reason::Margin),
    (&["authori", "holding"], Reason::Authorisation),
    (&["authori", "demat"], Reason::Authorisation),
    (&["authori", "cdsl"], Reason::Authorisation),
    (&["authori", "depository"], Reason::Authorisation),
    (&["tpin"], Reason::Authorisation),
    (&["insufficient", "holding"], Reason::Holdings),
    (&["insufficient stock"], Reason::Holdings),
    (&["auction"], Reason::Auction),
    (&["trade to trade"], Reason::TradeToTrade),
    (&["trade-to-trade"], Reason::TradeToTrade),
    (&["t2t"], Reason::TradeToTrade),
    (&["intraday", "not allowed"], Reason::TradeToTrade),
    (&["mis", "blocked"], Reason::TradeToTrade),
    (&["circuit"], Reason::Circuit),
    (&["price band"], Reason::Circuit),
    (&["price range"], Reason::Circuit),
    (&["execution range"], Reason::Circuit),
    (&["tick size"], Reason::Tick),
    (&["lot size"], Reason::Lot),
    (&["multiple", "lot"], Reason::Lot),
    (&["ioc", "not allowed"], Reason::Validity),
    (&["validity"], Reason::Validity),
    (&["tag"], Reason::Tag),
    (&["market", "closed"], Reason::Closed),
    (&["after market"], Reason::Closed),
    (&["trading hours"], Reason::Closed),
    (&["does not exist"], Reason::UnknownOrder),
    (&["order", "not found"], Reason::UnknownOrder),
    (&["invalid", "order_id"], Reason::UnknownOrder),
    (&["couldn't find", "order"], Reason::UnknownOrder),
    (&["cannot be cancelled"], Reason::OrderDone),
    (&["cannot be modified"], Reason::OrderDone),
    (&["already", "cancelled"], Reason::OrderDone),
    (&["already", "complete"], Reason::OrderDone),
    (&["already", "executed"], Reason::OrderDone),
    (&["already", "rejected"], Reason::OrderDone),
    (&["not open"], Reason::OrderDone),
];

/// Words that are short enough to stand inside others: they must stand alone.
const ALONE: [&str; 5] = ["ip", "ioc", "mis", "tag", "lot"];

/// The reason that a text names, if it does.
pub fn reason_of(words: &str) -> Option<Reason> {
    let lower = words.to_ascii_lowercase();
    if times_out(words) {
        return Some(Reason::TimedOut);
    }
    let fits = |all: &&(&[&str], Reason)| all.0.iter().all(|word| has(&lower, word));
    let (_, reason) = TABLE.iter().find(fits)?;
    Some(match reason {
        Reason::Freeze(_) => Reason::Freeze(freeze_qty(&lower)),
        other => *other,
    })
}

/// The text says that the broker gave up waiting for its own parts.
pub fn times_out(words: &str) -> bool {
    let lower = words.to_ascii_lowercase();
    ["timed out", "timeout", "time-out", "time out"].iter().any(|word| lower.contains(word))
}

fn has(text: &str, word: &str) -> bool {
    if !ALONE.contains(&word) {
        return text.contains(word);
    }
    text.split(|c: char| !c.is_ascii_alphanumeric()).any(|piece| piece == word)
}

/// The freeze quantity is the first number after a "freeze": the text also holds the quantity that
/// was asked for, in any order. If no number follows, the smallest one in the text is meant, for
/// what was asked for was more. Digits inside a word, as in the name of a contract, are no number.
fn freeze_qty(lower: &str) -> Option<Qty> {
    let after = lower.find("freeze").and_then(|at| lower.get(at..)).unwrap_or(lower);
    let number = numbers(after).next().or_else(|| numbers(lower).min())?;
    i64::try_from(number).ok().filter(|number| *number > 0).map(Qty::whole)
}

fn numbers(text: &str) -> impl Iterator<Item = u64> + '_ {
    let words = text.split(|c: char| !(c.is_alphanumeric() || ",-_".contains(c)));
    let numbers = words.map(|word| word.trim_matches(','));
    let whole = numbers.filter(|word| word.chars().all(|c| c.is_ascii_digit() || c == ','));
    let digits = whole.map(|word| word.replace(',', ""));
    digits.filter(|digits| digits.len() <= 12).filter_map(|digits| digits.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_name_reasons() {
        for (words, reason) in [
            ("Your IP 10.0.0.1 is not registered for order placement", Reason::IpNotRegistered),
            ("Too many requests", Reason::Rate),
            ("Maximum allowed order modifications exceeded.", Reason::AmendLimit),
            (
                "Market orders without market protection are not allowed via API.",
                Reason::MarketProtection,
            ),
            (
                "Insufficient funds. Required margin is 95417.84 but available margin is 1.00. \
                 Check the orderbook for open orders.",
                Reason::Margin,
            ),
            ("Insufficient stock holding in your demat", Reason::Holdings),
            ("Please authorise your holdings at CDSL", Reason::Authorisation),
            ("The instrument is in trade to trade, intraday is not allowed", Reason::TradeToTrade),
            ("Your order price is higher than the current upper circuit limit", Reason::Circuit),
            ("Tick size for this script is 5.00 paise", Reason::Tick),
            ("Quantity should be in multiples of the lot", Reason::Lot),
            ("IOC orders are not allowed on MCX", Reason::Validity),
            ("Invalid `tag`. It should be at most 20 characters.", Reason::Tag),
            ("Markets are closed right now.", Reason::Closed),
            ("The order 241125000000001 does not exist", Reason::UnknownOrder),
            ("Order cannot be cancelled as it is being processed", Reason::OrderDone),
            ("Order request timed out. Please check the order book", Reason::TimedOut),
        ] {
            assert_eq!(reason_of(words), Some(reason), "{words}");
        }
        assert_eq!(reason_of("Something went wrong"), None);
        assert_eq!(reason_of("the advantage of a slot"), None);
    }

    #[test]
    fn the_freeze_quantity_is_learned_from_the_words() {
        let learned = |words| reason_of(words);
        let is = |n| Some(Reason::Freeze(Some(Qty::whole(n))));
        assert_eq!(learned("Quantity 2000 exceeds the freeze quantity 1,800 of NIFTY"), is(1800));
        assert_eq!(learned("Quantity 2000 is above 1800, the freeze quantity."), is(1800));
        assert_eq!(
            learned(
                "Order quantity 1950 exceeds the freeze quantity 1755 for NIFTY26DECFUT. Place \
                 orders of at most the freeze quantity."
            ),
            is(1755),
            "the name of a contract holds digits"
        );
        assert_eq!(learned("NIFTY26DECFUT: above the freeze quantity"), Some(Reason::Freeze(None)));
        assert_eq!(learned("freeze quantity exceeded"), Some(Reason::Freeze(None)));
        assert_eq!(learned("freeze quantity 99999999999999999999"), Some(Reason::Freeze(None)));
    }
}
