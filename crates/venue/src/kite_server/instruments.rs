//! The list of instruments, as CSV.
//!
//! Entry point: [`csv`].

use super::rows::Named;
use std::fmt::Write as _;
use truefill_core::num::{Px, Qty};

/// An instrument, as the list shows it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ListedInstrument {
    /// Exchange, symbol and token.
    pub named: Named,
    /// For people.
    pub name: String,
    /// `2026-12-29`, of a contract that ends.
    pub expiry: Option<String>,
    /// Strike of an option.
    pub strike: Px,
    /// Price step.
    pub tick: Px,
    /// Quantity step.
    pub lot: Qty,
    /// `EQ`, `FUT`, `CE`, `PE`.
    pub kind: String,
    /// `NSE`, `NFO-FUT`, `INDICES`.
    pub segment: String,
}

/// The heading of the list.
const HEADING: &str = "instrument_token,exchange_token,tradingsymbol,name,last_price,expiry,\
                       strike,tick_size,lot_size,instrument_type,segment,exchange\n";

/// The list. The last price is always 0, as the broker writes it.
#[must_use]
pub fn csv<'a>(listed: impl Iterator<Item = &'a ListedInstrument>) -> String {
    let mut out = HEADING.to_owned();
    for one in listed {
        let Named { exchange, symbol, token } = &one.named;
        let (number, expiry) = (token >> 8, one.expiry.as_deref().unwrap_or(""));
        let name = one.name.replace(['"', ',', '\n', '\r'], " ");
        // Writing to a string does not fail.
        let _ = writeln!(
            out,
            "{token},{number},{symbol},{name},0,{expiry},{},{},{},{},{},{exchange}",
            one.strike, one.tick, one.lot, one.kind, one.segment,
        );
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_has_twelve_cells() {
        let named = Named { exchange: "NSE".into(), symbol: "M&M".into(), token: 519_937 };
        let one = ListedInstrument {
            named,
            name: "MAHINDRA, \"AND\"".into(),
            expiry: None,
            strike: Px::ZERO,
            tick: Px(50_000_000),
            lot: Qty::whole(1),
            kind: "EQ".into(),
            segment: "NSE".into(),
        };
        let text = csv([one].iter());
        let rows: Vec<&str> = text.lines().collect();
        assert_eq!(rows[1], "519937,2031,M&M,MAHINDRA   AND ,0,,0,0.05,1,EQ,NSE,NSE");
        assert!(rows.iter().all(|row| row.split(',').count() == 12));
    }
}
