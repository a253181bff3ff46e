//! Reads of the engine as calls, and what they brought; the same books with all their columns, for
//! people and for checks before the open.
//!
//! Entry points: [`KiteCodec::read_orders`], [`KiteCodec::read_trades`],
//! [`KiteCodec::read_positions`], [`KiteCodec::read_holdings`].

use super::KiteCodec;
use super::book::{BookRow, read_rows};
use super::failure::{Failure, success};
use super::family::{is_part, join, latest};
use super::form::segment;
use super::notes::Notes;
use super::portfolio::{HoldingLine, Positions, account_positions, read_holdings, read_positions};
use super::switches::Display;
use super::trades::{TradeRow, ids_of, read_trades};
use crate::codec::Garbage;
use crate::http::{HttpReply, HttpRequest};
use crate::live::{ReadEnd, Rows};
use truefill_core::report::{ActivityRows, Found, OneRow, OrderRows, PositionRows, ReadFailure};
use truefill_core::request::{OneOrder, Query};

const ORDERS: &str = "/orders";
const TRADES: &str = "/trades";
const POSITIONS: &str = "/portfolio/positions";
const HOLDINGS: &str = "/portfolio/holdings";

type Read<T> = Result<T, Box<Failure>>;

impl KiteCodec {
    /// The call for the order book.
    #[must_use]
    pub fn orders_call(&self) -> HttpRequest {
        self.calls.get(ORDERS)
    }

    /// Reads an order book or the history of an order, row by row, with more than the engine
    /// needs.
    ///
    /// # Errors
    /// The failure, in the broker's words.
    pub fn read_orders(&self, reply: &HttpReply<'_>) -> Read<Rows<BookRow>> {
        let rows = read_rows(success(reply)?, &self.symbols);
        rows.map_err(|why| Box::new(Failure::garbled(reply, &why)))
    }

    /// The call for the trade book.
    #[must_use]
    pub fn trades_call(&self) -> HttpRequest {
        self.calls.get(TRADES)
    }

    /// Reads a trade book.
    ///
    /// # Errors
    /// The failure, in the broker's words.
    pub fn read_trades(&self, reply: &HttpReply<'_>) -> Read<Rows<TradeRow>> {
        let rows = read_trades(success(reply)?, &self.symbols);
        rows.map_err(|why| Box::new(Failure::garbled(reply, &why)))
    }

    /// The call for the positions of the day.
    #[must_use]
    pub fn positions_call(&self) -> HttpRequest {
        self.calls.get(POSITIONS)
    }

    /// Reads the positions of the day, net and day.
    ///
    /// # Errors
    /// The failure, in the broker's words.
    pub fn read_positions(&self, reply: &HttpReply<'_>) -> Read<Positions> {
        let rows = read_positions(success(reply)?, &self.symbols);
        rows.map_err(|why| Box::new(Failure::garbled(reply, &why)))
    }

    /// The call for the holdings.
    #[must_use]
    pub fn holdings_call(&self) -> HttpRequest {
        self.calls.get(HOLDINGS)
    }

    /// Reads the holdings: also what is authorised for sale, pledged or not delivered yet.
    ///
    /// # Errors
    /// The failure, in the broker's words.
    pub fn read_holdings(&self, reply: &HttpReply<'_>) -> Read<Rows<HoldingLine>> {
        let rows = read_holdings(success(reply)?, &self.symbols, &self.switches);
        rows.map_err(|why| Box::new(Failure::garbled(reply, &why)))
    }

    pub(super) fn read_calls(&self, query: &Query, notes: &Notes) -> Vec<HttpRequest> {
        match query {
            // There is no list of open orders only.
            Query::Orders(_) | Query::OpenOrders(_) => vec![self.orders_call()],
            // The broker's clock is only in a header of its answers.
            Query::Clock(_) => Vec::new(),
            // Trades first: the order of each of them is then in the later answer.
            Query::Activity(_) => vec![self.trades_call(), self.orders_call()],
            Query::Positions(_) if self.holdings => {
                vec![self.positions_call(), self.holdings_call()]
            }
            Query::Positions(_) => vec![self.positions_call()],
            Query::Order(one) => match one.order_id.filter(|_| !self.in_parts(one, notes)) {
                Some(id) => vec![self.calls.get(&format!("{ORDERS}/{}", segment(id.as_str())))],
                None => vec![self.orders_call()],
            },
        }
    }

    /// The history of one part says nothing of the whole.
    fn in_parts(&self, one: &OneOrder, notes: &Notes) -> bool {
        self.switches.display == Display::Iceberg || notes.live_part(&one.cl_ord_id).is_some()
    }

    pub(super) fn read_end(
        &self,
        query: &Query,
        replies: &[HttpReply<'_>],
        notes: &mut Notes,
    ) -> ReadEnd {
        let Some(first) = replies.first() else {
            return ReadEnd::failed(ReadFailure::Reset);
        };
        let second = replies.get(1);
        let end = match query {
            Query::Orders(_) => self.orders(first, notes),
            Query::OpenOrders(_) => self.orders(first, notes).map(open_only),
            Query::Clock(_) => return ReadEnd::failed(ReadFailure::Garbled),
            Query::Order(one) => self.one_order(one, first, notes),
            Query::Activity(_) => match second {
                Some(second) => self.activity(first, second, notes),
                None => Ok(incomplete(first)),
            },
            Query::Positions(_) => match (second, self.holdings) {
                (None, true) => Ok(incomplete(first)),
                (second, _) => self.positions(first, second),
            },
        };
        end.unwrap_or_else(|failure| failure.of_read())
    }

    fn book(&self, reply: &HttpReply<'_>, notes: &mut Notes) -> Read<Rows<BookRow>> {
        let mut rows = self.read_orders(reply)?;
        rows.rows = latest(&rows.rows);
        notes.learn_book(&rows.rows);
        Ok(rows)
    }

    fn orders(&self, reply: &HttpReply<'_>, notes: &mut Notes) -> Read<ReadEnd> {
        let book = self.book(reply, notes)?;
        let joined = join(&book.rows);
        let rows = joined.iter().filter_map(BookRow::to_order_row).collect::<Vec<_>>();
        let complete = book.complete() && rows.len() == joined.len();
        Ok(told(Found::Orders(OrderRows { rows, complete }), &book))
    }

    /// From the history of an order, or from the whole book.
    fn one_order(&self, one: &OneOrder, reply: &HttpReply<'_>, notes: &mut Notes) -> Read<ReadEnd> {
        let mut book = self.read_orders(reply)?;
        let at_end = bad_at_end(&book);
        book.rows = latest(&book.rows);
        notes.learn_book(&book.rows);
        let ours = |row: &&BookRow| {
            row.cl_ord_id == Some(one.cl_ord_id) || Some(row.order_id) == one.order_id
        };
        let rows: Vec<BookRow> = book.rows.iter().filter(ours).cloned().collect();
        let of_part = book.rows.len() == 1 && rows.iter().any(says_little);
        let mut found = join(&rows);
        if let Some(id) = one.order_id.filter(|_| found.len() > 1) {
            found.retain(|row| row.order_id == id);
        }
        let unsure = !book.complete() && (found.is_empty() || at_end);
        if unsure || of_part || found.len() > 1 {
            let why = Garbage::new("the row of the order cannot be told");
            let mut end = Failure::garbled(reply, &why).of_read();
            blame(&mut end, &book);
            return Ok(end);
        }
        let row = found.first().and_then(BookRow::to_order_row);
        Ok(told(Found::Order(OneRow { row }), &book))
    }

    fn activity(
        &self,
        trades: &HttpReply<'_>,
        orders: &HttpReply<'_>,
        notes: &mut Notes,
    ) -> Read<ReadEnd> {
        let mut trades = self.read_trades(trades)?;
        let book = self.book(orders, notes)?;
        let ids = ids_of(&book.rows);
        let rows = trades.rows.iter().map(|trade| trade.to_activity_row(&ids)).collect();
        trades.blame(&book);
        let complete = trades.complete();
        Ok(told(Found::Activity(ActivityRows { rows, complete }), &trades))
    }

    fn positions(
        &self,
        positions: &HttpReply<'_>,
        holdings: Option<&HttpReply<'_>>,
    ) -> Read<ReadEnd> {
        let mut net = self.read_positions(positions)?.net;
        let mut held = Vec::new();
        if let Some(reply) = holdings {
            let read = self.read_holdings(reply)?;
            net.blame(&read);
            held = read.rows;
        }
        let rows = account_positions(&net.rows, &held, self.switches.holdings_count);
        let found = Found::Positions(PositionRows { rows });
        if net.complete() {
            return Ok(told(found, &net));
        }
        // Positions have no mark for missing rows, and a missing row reads as flat.
        let why = Garbage::new("a row of positions or holdings cannot be read");
        let mut end = Failure::garbled(positions, &why).of_read();
        end.partial = Some(found);
        blame(&mut end, &net);
        Ok(end)
    }
}

/// The orders of a whole book that can still fill.
fn open_only(mut end: ReadEnd) -> ReadEnd {
    if let Found::Orders(mut rows) = end.found {
        rows.rows.retain(|row| !row.status.is_terminal());
        end.found = Found::OpenOrders(rows);
    }
    end
}

/// One of the replies is missing: the shell gave up in between.
fn incomplete(first: &HttpReply<'_>) -> ReadEnd {
    match success(first) {
        Ok(_) => ReadEnd::failed(ReadFailure::Reset),
        Err(failure) => failure.of_read(),
    }
}

/// A part by itself, perhaps out of its own history: unless it is the first one and works, the
/// whole is not known by it.
fn says_little(row: &BookRow) -> bool {
    let first = row.leg.is_some_and(|leg| leg.leg == 1) && !row.status.is_terminal();
    is_part(row) && !first
}

fn bad_at_end(book: &Rows<BookRow>) -> bool {
    let of_rows = book.rows.len() + book.foreign + book.bad;
    book.bad > book.bad_rows.len() || book.bad_rows.iter().any(|bad| bad.row == of_rows)
}

fn told<T>(found: Found, rows: &Rows<T>) -> ReadEnd {
    let mut end = ReadEnd::of(found);
    blame(&mut end, rows);
    end
}

fn blame<T>(end: &mut ReadEnd, rows: &Rows<T>) {
    end.bad_rows.clone_from(&rows.bad_rows);
    end.bad = rows.bad;
    end.foreign = rows.foreign;
}
