//! What can be traded in the box: instruments with their grids, freeze quantities and base prices.
//!
//! Entry point: [`Listing::standard`]; [`Listing::add`] for more.
//!
//! Names are those of real instruments, so that strategies need no change; tokens, lots, freeze
//! quantities and prices are made up where they are not public knowledge, and say nothing about
//! the market.

use std::collections::BTreeMap;
use truefill_core::config::Instrument;
use truefill_core::ids::InstrumentId;
use truefill_core::num::{NANO, Px, Qty};
use truefill_venue::kite_server::instruments::ListedInstrument;
use truefill_venue::kite_server::{INDEX_SEGMENT, Named, segment_of};

/// An instrument of the box.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Item {
    /// As the list shows it.
    pub listed: ListedInstrument,
    /// Largest quantity of one order.
    pub freeze: Qty,
    /// Where made-up prices begin.
    pub base_px: Px,
    /// Currency per point and unit.
    pub multiplier: i64,
}

impl Item {
    /// An index is quoted and not traded.
    #[must_use]
    pub const fn is_index(&self) -> bool {
        self.listed.named.token & 0xff == INDEX_SEGMENT
    }

    /// Shares, which can be held.
    #[must_use]
    pub fn is_equity(&self) -> bool {
        self.listed.kind == "EQ" && !self.is_index()
    }
}

/// All instruments; an id is a position in the list.
#[derive(Clone, Debug, Default)]
pub struct Listing {
    items: Vec<Item>,
    by_name: BTreeMap<String, InstrumentId>,
    by_token: BTreeMap<u32, InstrumentId>,
}

/// Symbol, number at the exchange, base price in paise, freeze quantity.
const SHARES: [(&str, u32, i64, i64); 50] = [
    ("ADANIENT", 25, 242_000, 30_000),
    ("ADANIPORTS", 15_083, 142_500, 50_000),
    ("APOLLOHOSP", 157, 735_000, 10_000),
    ("ASIANPAINT", 236, 285_000, 30_000),
    ("AXISBANK", 5_900, 126_500, 60_000),
    ("BAJAJ-AUTO", 16_669, 905_000, 10_000),
    ("BAJAJFINSV", 16_675, 208_000, 40_000),
    ("BAJFINANCE", 317, 100_500, 80_000),
    ("BEL", 383, 41_500, 200_000),
    ("BHARTIARTL", 10_604, 210_000, 40_000),
    ("CIPLA", 694, 151_500, 50_000),
    ("COALINDIA", 20_374, 37_500, 200_000),
    ("DRREDDY", 881, 124_500, 50_000),
    ("EICHERMOT", 910, 715_000, 10_000),
    ("ETERNAL", 5_097, 30_500, 250_000),
    ("GRASIM", 1_232, 274_000, 30_000),
    ("HCLTECH", 7_229, 161_500, 50_000),
    ("HDFCBANK", 1_333, 100_500, 80_000),
    ("HDFCLIFE", 467, 76_500, 100_000),
    ("HINDALCO", 1_363, 79_500, 100_000),
    ("HINDUNILVR", 1_394, 242_500, 30_000),
    ("ICICIBANK", 4_963, 137_500, 60_000),
    ("INDIGO", 11_195, 585_000, 12_000),
    ("INFY", 1_594, 154_500, 50_000),
    ("ITC", 1_660, 40_500, 200_000),
    ("JIOFIN", 18_143, 30_500, 250_000),
    ("JSWSTEEL", 11_723, 117_500, 60_000),
    ("KOTAKBANK", 1_922, 209_500, 40_000),
    ("LT", 11_483, 402_500, 20_000),
    ("M&M", 2_031, 370_500, 20_000),
    ("MARUTI", 10_999, 1_605_000, 5_000),
    ("MAXHEALTH", 22_377, 116_500, 60_000),
    ("NESTLEIND", 17_963, 126_500, 60_000),
    ("NTPC", 11_630, 32_500, 250_000),
    ("ONGC", 2_475, 24_500, 300_000),
    ("POWERGRID", 14_977, 27_500, 300_000),
    ("RELIANCE", 2_885, 154_500, 50_000),
    ("SBILIFE", 21_808, 202_500, 40_000),
    ("SBIN", 3_045, 97_500, 80_000),
    ("SHRIRAMFIN", 4_306, 83_500, 90_000),
    ("SUNPHARMA", 3_351, 178_500, 50_000),
    ("TATACONSUM", 3_432, 117_500, 60_000),
    ("TATASTEEL", 3_499, 17_250, 400_000),
    ("TCS", 11_536, 312_500, 30_000),
    ("TECHM", 13_538, 145_500, 50_000),
    ("TITAN", 3_506, 388_500, 20_000),
    ("TMPV", 3_456, 36_050, 200_000),
    ("TRENT", 1_964, 432_500, 20_000),
    ("ULTRACEMCO", 11_532, 1_165_000, 6_000),
    ("WIPRO", 3_787, 24_550, 300_000),
];

impl Listing {
    /// Fifty shares on two exchanges, futures, currency, commodity and an index.
    #[must_use]
    pub fn standard() -> Self {
        let mut listing = Self::default();
        for (symbol, number, paise, freeze) in SHARES {
            listing.add(share("NSE", symbol, number, paise, freeze));
        }
        for (symbol, number, paise, freeze) in SHARES {
            if ["INFY", "RELIANCE", "SBIN"].contains(&symbol) {
                listing.add(share("BSE", symbol, 500_000 + number, paise, freeze));
            }
        }
        let future = |exchange, symbol: &str, number, paise: i64, tick, lot, freeze, multiplier| {
            let mut item = share(exchange, symbol, number, paise, freeze);
            item.listed.kind = "FUT".to_owned();
            item.listed.segment = format!("{exchange}-FUT");
            item.listed.expiry = Some("2026-12-29".to_owned());
            item.listed.tick = Px(tick);
            item.listed.lot = Qty::whole(lot);
            item.multiplier = multiplier;
            item
        };
        let cent = NANO / 100;
        listing.add(future("NFO", "NIFTY26DECFUT", 52_168, 2_612_000, 10 * cent, 65, 1_755, 1));
        listing.add(future("NFO", "INFY26DECFUT", 52_200, 155_000, 5 * cent, 400, 40_000, 1));
        listing.add(future("CDS", "USDINR26DECFUT", 1_612, 8_925, cent / 4, 1, 10_000, 1_000));
        listing.add(future(
            "MCX",
            "GOLDPETAL26DECFUT",
            228_222,
            1_245_000,
            100 * cent,
            1,
            1_000,
            1,
        ));
        let mut index = share("NSE", "NIFTY 50", 1_001, 2_605_000, 0);
        index.listed.named.token = 1_001 * 256 + INDEX_SEGMENT;
        index.listed.segment = "INDICES".to_owned();
        listing.add(index);
        listing
    }

    /// Adds an instrument, unless its name or its token is taken.
    pub fn add(&mut self, item: Item) {
        let named = &item.listed.named;
        let (name, token) = (format!("{}:{}", named.exchange, named.symbol), named.token);
        let taken = self.by_name.contains_key(&name) || self.by_token.contains_key(&token);
        let Ok(number) = u32::try_from(self.items.len()) else { return };
        if !taken {
            self.by_name.insert(name, InstrumentId(number));
            self.by_token.insert(token, InstrumentId(number));
            self.items.push(item);
        }
    }

    /// A share that is known by its name only, as recorded prices bring it.
    pub fn add_share(&mut self, symbol: &str, base_px: Px, tick: Px) {
        let number = 60_000 + u32::try_from(self.items.len()).unwrap_or(0);
        let (exchange, symbol) = symbol.split_once(':').unwrap_or(("NSE", symbol));
        let mut item = share(exchange, symbol, number, 0, 1_000_000);
        item.base_px = base_px;
        item.listed.tick = tick;
        self.add(item);
    }

    /// The instrument `EXCHANGE:SYMBOL`.
    #[must_use]
    pub fn named(&self, name: &str) -> Option<InstrumentId> {
        self.by_name.get(name).copied()
    }

    /// The instrument of a token.
    #[must_use]
    pub fn of_token(&self, token: u32) -> Option<InstrumentId> {
        self.by_token.get(&token).copied()
    }

    /// An instrument.
    #[must_use]
    pub fn get(&self, id: InstrumentId) -> Option<&Item> {
        self.items.get(id.ix())
    }

    /// All, in order of their ids.
    pub fn iter(&self) -> impl Iterator<Item = (InstrumentId, &Item)> {
        (0u32..).map(InstrumentId).zip(&self.items)
    }

    /// As the exchange wants them.
    #[must_use]
    pub fn rules(&self) -> Vec<Instrument> {
        let rules = self.items.iter().map(|item| {
            let named = &item.listed.named;
            let symbol = format!("{}:{}", named.exchange, named.symbol);
            let mut rules = Instrument::new(symbol, item.listed.tick, item.listed.lot);
            rules.multiplier = Qty::whole(item.multiplier);
            rules
        });
        rules.collect()
    }
}

fn share(exchange: &str, symbol: &str, number: u32, paise: i64, freeze: i64) -> Item {
    let token = number * 256 + segment_of(exchange).unwrap_or(1);
    let named = Named { exchange: exchange.to_owned(), symbol: symbol.to_owned(), token };
    let cent = NANO / 100;
    let tick = if paise >= 100_000 { 10 * cent } else { 5 * cent };
    Item {
        listed: ListedInstrument {
            named,
            name: symbol.to_owned(),
            expiry: None,
            strike: Px::ZERO,
            tick: Px(tick),
            lot: Qty::whole(1),
            kind: "EQ".to_owned(),
            segment: exchange.to_owned(),
        },
        freeze: Qty::whole(freeze),
        base_px: Px(i128::from(paise) * cent),
        multiplier: 1,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_and_tokens_find_the_same() {
        let listing = Listing::standard();
        assert_eq!(listing.iter().count(), 58);
        for (id, item) in listing.iter() {
            let named = &item.listed.named;
            assert_eq!(listing.named(&format!("{}:{}", named.exchange, named.symbol)), Some(id));
            assert_eq!(listing.of_token(named.token), Some(id));
            assert_eq!(item.base_px.0 % item.listed.tick.0, 0, "{}", named.symbol);
        }
        let infy = listing.named("NSE:INFY").and_then(|id| listing.get(id)).unwrap();
        assert_eq!(infy.listed.named.token, 408_065);
    }

    #[test]
    fn nothing_is_listed_twice() {
        let mut listing = Listing::standard();
        listing.add_share("NSE:INFY", Px::whole(1), Px(NANO));
        assert_eq!(listing.iter().count(), 58);
        listing.add_share("BTCUSDT", Px::whole(1), Px(NANO));
        assert!(listing.named("NSE:BTCUSDT").is_some());
    }
}
