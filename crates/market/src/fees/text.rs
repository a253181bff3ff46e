//! Fee schedules from their text.

use truefill_core::num::{Amount, PLACES, Px, parse_decimal};

use super::rate::{Cap, FeeKind, Note, PERCENT_PLACES, Rate, Rule, Share, When};
use super::schedule::{Block, PaidIn, Schedule};
use crate::calendar::zone::Zone;
use crate::error::{ErrorKind, MarketError, shown_names};
use crate::facts::{Fact, Word, read, whole};

/// Decimal places of an amount.
const AMOUNT_PLACES: u32 = 2 * PLACES;
/// Lines of a block.
const RULES_MAX: usize = 64;
const RATE_ALLOWED: &str = "write 0.03%, 20/order or 0.000166/unit";

/// A schedule while it is read.
struct Draft<'a> {
    name: &'a str,
    currency: Option<String>,
    zone: Option<Zone>,
    blocks: Vec<Block>,
}

impl Schedule {
    /// The schedule `name` of a text; `file` is how messages shall call the text. See the module
    /// for the form.
    ///
    /// # Errors
    /// A [`MarketError`] with the place of what is not understood or contradicts itself.
    pub fn from_text(name: &str, file: &str, text: &str) -> Result<Self, MarketError> {
        let mut drafts: Vec<Draft<'_>> = Vec::new();
        for mut fact in read(file, text)? {
            let word = fact.word("a keyword", "begin with one")?;
            if word.text == "schedule" {
                let called = fact.word("the name", "write the name of the schedule")?;
                if drafts.iter().any(|draft| draft.name == called.text) {
                    let why = "the schedule is there twice";
                    return Err(fact.problem(ErrorKind::Word, called, why, "name each once"));
                }
                let name = called.text;
                drafts.push(Draft { name, currency: None, zone: None, blocks: Vec::new() });
                fact.end()?;
                continue;
            }
            let Some(draft) = drafts.last_mut() else {
                let why = "stands before the first schedule";
                return Err(fact.problem(ErrorKind::Word, word, why, "begin with `schedule NAME`"));
            };
            draft.say(word, fact)?;
        }
        let there = shown_names(drafts.iter().map(|draft| draft.name));
        match drafts.into_iter().find(|draft| draft.name == name) {
            Some(draft) => draft.build(file),
            None => Err(whole(
                file,
                format!("there is no fee schedule `{name}` in the text"),
                format!("add a line `schedule {name}`; there are: {there}"),
            )),
        }
    }
}

impl Draft<'_> {
    fn say(&mut self, word: Word<'_>, mut fact: Fact<'_>) -> Result<(), MarketError> {
        match word.text {
            "currency" => {
                let currency = fact.word("the currency", "write it like INR")?;
                self.currency = Some(currency.text.to_owned());
                fact.end()
            }
            "zone" => {
                let zone = fact.word("the zone", "write UTC, New_York or an offset like +05:30")?;
                self.zone = Some(Zone::parse(&fact, zone)?);
                fact.end()
            }
            "from" => {
                let from = fact.date()?;
                if self.blocks.last().is_some_and(|before| before.from >= from) {
                    let cause = format!("the block from {from} stands after a later one");
                    let allowed = "write the blocks in order of their dates";
                    return Err(fact.contradiction(cause, allowed));
                }
                self.blocks.push(Block { from, paid: PaidIn::Quote, rules: Vec::new() });
                fact.end()
            }
            _ => self.line(word, fact),
        }
    }

    /// A line of a block.
    fn line(&mut self, word: Word<'_>, mut fact: Fact<'_>) -> Result<(), MarketError> {
        let known = FeeKind::ALL.iter().find(|kind| kind.name() == word.text).copied();
        if known.is_none() && word.text != "paid" {
            let mut valid = vec!["schedule", "currency", "zone", "from", "paid"];
            valid.extend(FeeKind::ALL.map(FeeKind::name));
            return Err(fact.unknown(word, "a keyword or a kind of fee", &valid));
        }
        let Some(block) = self.blocks.last_mut() else {
            let why = "stands before the first date";
            return Err(fact.problem(ErrorKind::Word, word, why, "write `from DATE` above it"));
        };
        match known {
            Some(kind) => {
                let rule = rule(kind, &mut fact, block)?;
                block.rules.push(rule);
                fact.end()
            }
            None => {
                let paid = fact.word("the asset", "write quote, received or the asset's name")?;
                block.paid = match paid.text {
                    "quote" => PaidIn::Quote,
                    "received" => PaidIn::Received,
                    asset => PaidIn::Asset(asset.to_owned()),
                };
                fact.end()
            }
        }
    }

    fn build(self, file: &str) -> Result<Schedule, MarketError> {
        let name = self.name;
        let missing = |what: &str, example: &str| {
            whole(file, format!("the schedule `{name}` has no `{what}` line"), example.to_owned())
        };
        let currency = self.currency;
        let currency = currency.ok_or_else(|| missing("currency", "add one, like currency INR"))?;
        let zone = self.zone.ok_or_else(|| missing("zone", "add one, like zone +05:30"))?;
        if self.blocks.is_empty() {
            return Err(missing("from", "add one, like from 2026-04-01, and its lines below it"));
        }
        for block in &self.blocks {
            let plain = |rule: &Rule| {
                matches!((&rule.rate, rule.cap, rule.note), (Rate::Notional(_), Cap::None, None))
            };
            if block.paid == PaidIn::Received && !block.rules.iter().all(plain) {
                return Err(whole(
                    file,
                    format!("a fee of `{name}` from {} cannot be taken in kind", block.from),
                    "where fees are `paid received`, write plain percentages only",
                ));
            }
        }
        Ok(Schedule { name: name.to_owned(), currency, zone, blocks: self.blocks })
    }
}

/// The rest of a line after its kind.
fn rule(kind: FeeKind, fact: &mut Fact<'_>, block: &Block) -> Result<Rule, MarketError> {
    let said = [kind.name().to_owned(), fact.clone().remark()].join(" ");
    let word = fact.word("when it is charged", "write both, buy, sell, maker or taker")?;
    let Some((_, when)) = When::ALL.iter().find(|(name, _)| *name == word.text) else {
        return Err(fact.unknown(word, "when", &When::ALL.map(|(name, _)| name)));
    };
    if block.rules.iter().any(|rule| rule.kind == kind && rule.when.overlaps(*when)) {
        let cause = format!("{} is there twice for the same executions", kind.name());
        return Err(fact.contradiction(cause, "write one line for each, or one for buy and sell"));
    }
    if block.rules.len() == RULES_MAX {
        return Err(fact.contradiction(format!("more than {RULES_MAX} lines"), "merge some"));
    }
    let rate_word = fact.word("the rate", RATE_ALLOWED)?;
    let mut rate = rate(fact, rate_word)?;
    let (mut cap, mut note, mut unverified) = (Cap::None, None, false);
    while let Some(word) = fact.try_word() {
        match (word.text, &rate) {
            ("of", Rate::Notional(share)) => rate = Rate::Fees(*share, fees(fact, block)?),
            ("max", _) => cap = most(fact)?,
            ("note", _) => note = Some(rounding(fact)?),
            ("unverified", _) => unverified = true,
            _ => {
                return Err(fact.unknown(word, "known here", &["of", "max", "note", "unverified"]));
            }
        }
    }
    Ok(Rule { kind, when: *when, rate, cap, note, unverified, said })
}

fn rate(fact: &Fact<'_>, word: Word<'_>) -> Result<Rate, MarketError> {
    if let Some(percent) = word.text.strip_suffix('%') {
        // Below zero it is a rebate.
        let parts = parse_decimal(percent, PERCENT_PLACES).ok();
        // Nothing charges more than all of it, and the arithmetic relies on that.
        let parts = parts.filter(|parts| parts.abs() <= 1_000_000_000_000);
        return parts.map(|parts| Rate::Notional(Share(parts))).ok_or_else(|| {
            let why = "not a percentage between -100 and 100 with at most 10 decimals";
            fact.problem(ErrorKind::Number, word, why, RATE_ALLOWED)
        });
    }
    match word.text.split_once('/') {
        Some((amount, "order")) => {
            fact.decimal(word, amount, AMOUNT_PLACES).map(|raw| Rate::Order(Amount(raw)))
        }
        Some((amount, "unit")) => fact.decimal(word, amount, PLACES).map(|raw| Rate::Unit(Px(raw))),
        _ => Err(fact.problem(ErrorKind::Number, word, "not a rate", RATE_ALLOWED)),
    }
}

/// `of KIND KIND ...`: fees that stand above.
fn fees(fact: &mut Fact<'_>, block: &Block) -> Result<Vec<FeeKind>, MarketError> {
    let above = |name: &str| block.rules.iter().find(|rule| rule.kind.name() == name);
    let mut kinds = Vec::new();
    while let Some(rule) = fact.peek().and_then(|word| above(word.text)) {
        fact.try_word();
        kinds.push(rule.kind);
    }
    if kinds.is_empty() {
        let allowed = "write kinds of fees that stand above the line";
        let word = fact.word("the fees", allowed)?;
        return Err(fact.problem(ErrorKind::Word, word, "not a fee above this line", allowed));
    }
    Ok(kinds)
}

/// `max AMOUNT/order` or `max AMOUNT/trade`.
fn most(fact: &mut Fact<'_>) -> Result<Cap, MarketError> {
    let allowed = "write it like max 20/order or max 8.30/trade";
    let word = fact.word("the most that is charged", allowed)?;
    match word.text.split_once('/') {
        Some((amount, "order")) => {
            fact.decimal(word, amount, AMOUNT_PLACES).map(|raw| Cap::Order(Amount(raw)))
        }
        Some((amount, "trade")) => {
            fact.decimal(word, amount, AMOUNT_PLACES).map(|raw| Cap::Trade(Amount(raw)))
        }
        _ => Err(fact.problem(ErrorKind::Number, word, "not a limit", allowed)),
    }
}

/// `note nearest STEP` or `note up STEP`.
fn rounding(fact: &mut Fact<'_>) -> Result<Note, MarketError> {
    let allowed = "write it like note nearest 1 or note up 0.01";
    let way = fact.word("how the note rounds", allowed)?;
    let up = match way.text {
        "up" => true,
        "nearest" => false,
        _ => return Err(fact.unknown(way, "a way to round", &["nearest", "up"])),
    };
    let word = fact.word("the step", allowed)?;
    let step = Amount(fact.decimal(word, word.text, AMOUNT_PLACES)?);
    if step.is_zero() {
        return Err(fact.problem(ErrorKind::Number, word, "not above zero", allowed));
    }
    Ok(Note { up, step })
}
