//! Trades of the tape.
//!
//! Entry point: `TradeRows`.

use super::{letter, refuse};
use crate::cells::{Problem, split};
use crate::clean;
use crate::dirt::DirtReport;
use crate::error::{ErrorKind, MarketError, Place};
use crate::lines::Lines;
use crate::order::Rows;
use crate::source::{Tick, TickKind, Trade};
use crate::symbols::Symbols;

const TRADE_CELLS: [&str; 7] = ["utc", "EX", "SYMBOL", "COND", "SIZE", "PRICE", "CORR"];

#[derive(Debug)]
pub(super) struct TradeRows {
    pub(super) lines: Lines,
    pub(super) symbols: Symbols,
}

impl Rows for TradeRows {
    fn next_row(&mut self, dirt: &mut DirtReport) -> Result<Option<Tick>, MarketError> {
        loop {
            let number = self.lines.line() + 1;
            let Some(line) = self.lines.next()? else { return Ok(None) };
            match trade_row(line, &self.symbols) {
                Err(p) => return Err(refuse(&self.lines, p)),
                Ok(None) => dirt.corrected.add(number),
                Ok(Some(tick)) => {
                    if let Some(tick) = clean::usable(tick, number, dirt) {
                        return Ok(Some(tick));
                    }
                }
            }
        }
    }

    fn place(&self) -> Place {
        self.lines.place(0)
    }

    fn line(&self) -> u64 {
        self.lines.line()
    }
}

/// A trade; `None` for one that was corrected or cancelled.
fn trade_row(line: &str, symbols: &Symbols) -> Result<Option<Tick>, Problem> {
    let [utc, venue, symbol, _, size, price, correction] = split(line, &TRADE_CELLS)?;
    letter(&venue)?;
    let code: Result<u8, _> = correction.text.parse();
    let code = code.map_err(|_| {
        let allowed = "write the correction code, 0 for a trade that stands";
        correction.problem(ErrorKind::Number, "no correction code", allowed)
    })?;
    let instrument = symbol.symbol(symbols)?;
    let trade = Trade { px: price.px()?, qty: size.size()?, side: None, time: utc.time()? };
    Ok((code == 0).then_some(Tick { instrument, kind: TickKind::Trade(trade) }))
}
