//! Recorded prices for the box.
//!
//! Entry point: [`open`].

use crate::desk::Tape;
use crate::listing::Listing;
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, sync_channel};
use truefill_core::ids::InstrumentId;
use truefill_core::num::{NANO, Px};
use truefill_core::quote::Quote;
use truefill_core::time::Nanos;
use truefill_market::columns::QuoteSpec;
use truefill_market::error::MarketError;
use truefill_market::inspect::{Declared, inspect, open_quotes_of};
use truefill_market::source::{Quotes, TickKind};
use truefill_market::symbols::Symbols;

/// Quotes that are read ahead.
const AHEAD: usize = 8_192;

/// The quotes of a file, beginning at `start`. Instruments that the listing lacks are added to it
/// as shares; a symbol without an exchange is one of NSE.
///
/// The file is read on a thread of its own, which ends with the box. A row that cannot be read ends
/// the tape there.
///
/// # Errors
/// When the file is no file of quotes.
pub fn open(path: &Path, listing: &mut Listing, start: Nanos) -> Result<Tape, MarketError> {
    let summary = inspect(path, &Declared::default())?;
    let names: Vec<String> = summary.symbols.iter().map(|held| held.symbol.clone()).collect();
    let first = first_prices(path, &names)?;
    let mut ids = Vec::new();
    for (at, name) in names.iter().enumerate() {
        let full = if name.contains(':') { name.clone() } else { format!("NSE:{name}") };
        let px = first.get(at).copied().flatten().unwrap_or(Px::whole(100));
        listing.add_share(&full, px, Px(NANO / 100));
        ids.extend(listing.named(&full));
    }
    let (sender, receiver) = sync_channel(AHEAD);
    let path = path.to_owned();
    std::thread::spawn(move || {
        let Ok(mut quotes) = source(&path, &names) else { return };
        while let Ok(Some(tick)) = quotes.next() {
            let TickKind::Quote(quote) = tick.kind else { continue };
            let Some(id) = ids.get(tick.instrument.ix()).copied() else { continue };
            if sender.send((id, quote)).is_err() {
                return;
            }
        }
    });
    Ok(Tape::new(Box::new(Received(receiver)), start))
}

struct Received(Receiver<(InstrumentId, Quote)>);

impl Iterator for Received {
    type Item = (InstrumentId, Quote);

    fn next(&mut self) -> Option<Self::Item> {
        self.0.recv().ok()
    }
}

fn source(path: &PathBuf, names: &[String]) -> Result<Box<dyn Quotes>, MarketError> {
    let symbols = Symbols::from_names(names.iter().map(String::as_str))?;
    open_quotes_of(path, &QuoteSpec::new(), symbols)
}

/// The first price of each symbol, as far as a look at the beginning shows.
fn first_prices(path: &Path, names: &[String]) -> Result<Vec<Option<Px>>, MarketError> {
    let mut quotes = source(&path.to_owned(), names)?;
    let mut first = vec![None; names.len()];
    for _ in 0..AHEAD {
        let Some(tick) = quotes.next()? else { break };
        if let (TickKind::Quote(quote), Some(slot)) =
            (tick.kind, first.get_mut(tick.instrument.ix()))
        {
            slot.get_or_insert(quote.bid_px);
        }
    }
    Ok(first)
}
