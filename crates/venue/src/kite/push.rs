//! Pushed news of orders, over the ticker's socket and as webhooks. They are hints: they come
//! twice, late, out of order or not at all, and the books decide.
//!
//! Entry points: [`KiteCodec::text_message`], [`KiteCodec::postback`].

use super::KiteCodec;
use super::book::{BookRow, symbol_of};
use super::checksum::{equal, sha256_hex};
use super::family::is_part;
use super::json;
use super::row::{Row, text_of};
use crate::codec::Garbage;
use crate::http::Secret;
use crate::words::printable;
use truefill_core::report::{News, OrdStatus, Push, StatusReport};

/// Largest message that is read, in bytes.
pub const MESSAGE_BYTES_MAX: usize = 1 << 20;

/// A text message of the ticker's socket.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum TextMessage {
    /// An order changed.
    Order(Box<OrderNews>),
    /// An order that is neither ours nor about anything configured.
    Foreign,
    /// The broker refuses something about the connection.
    Error(String),
    /// The broker has something to say to people.
    Message(String),
    /// A kind that is not known; it is not news of orders.
    Other(String),
}

/// A webhook.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Postback {
    /// An order changed.
    Order(Box<OrderNews>),
    /// Of another account, or an order that is neither ours nor about anything configured.
    Foreign,
    /// The broker's news of an order, which cannot be read: the account must be.
    Unreadable(Garbage),
    /// Its checksum is not that of the application's secret: it is not the broker's, or the secret
    /// is another one.
    Forged,
    /// It is no webhook.
    Garbled(Garbage),
}

/// News of an order.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderNews {
    /// For the engine.
    pub push: Push,
    /// All of it.
    pub row: BookRow,
}

impl KiteCodec {
    /// Reads a text message.
    ///
    /// # Errors
    /// [`Garbage`] when it is not one, or when it is news of an order that cannot be read: then
    /// the account must be read.
    pub fn text_message(&self, body: &[u8]) -> Result<TextMessage, Garbage> {
        let row = object(body)?;
        let kind = row.need("type")?;
        let data = row.raw("data");
        let words = || printable(&data.and_then(text_of).unwrap_or_default());
        match kind.as_ref() {
            "order" => {
                let data = data.ok_or_else(|| Garbage::new("data is missing"))?;
                let news = self.order_news(&Row::parse(data)?)?;
                Ok(news.map_or(TextMessage::Foreign, |news| TextMessage::Order(Box::new(news))))
            }
            "error" => Ok(TextMessage::Error(words())),
            "message" => Ok(TextMessage::Message(words())),
            other => Ok(TextMessage::Other(other.chars().take(40).collect())),
        }
    }

    /// Reads a webhook about an order of this account. It is only believed when its checksum is
    /// that of the application's secret. The checksum covers the order's id and time and nothing
    /// else, so who has seen a genuine one can change the rest of it.
    #[must_use]
    pub fn postback(&self, body: &[u8], secret: &Secret, account: &str) -> Postback {
        let row = match object(body) {
            Ok(row) => row,
            Err(why) => return Postback::Garbled(why),
        };
        let parts = row
            .need("order_id")
            .and_then(|id| Ok((id, row.need("order_timestamp")?, row.need("checksum")?)));
        let (order_id, time, checksum) = match parts {
            Ok(parts) => parts,
            Err(why) => return Postback::Garbled(why),
        };
        if !equal(&sha256_hex(&[&order_id, &time, secret.expose()]), &checksum) {
            return Postback::Forged;
        }
        // An app has one address for the orders of everybody who uses it.
        if row.text("user_id").is_some_and(|user| user != account) {
            return Postback::Foreign;
        }
        match self.order_news(&row) {
            Ok(Some(news)) => Postback::Order(Box::new(news)),
            Ok(None) => Postback::Foreign,
            Err(why) => Postback::Unreadable(why),
        }
    }

    fn order_news(&self, row: &Row<'_>) -> Result<Option<OrderNews>, Garbage> {
        let known = symbol_of(row).map(|symbol| self.symbols.id(&symbol).is_some());
        let read = BookRow::read(row, &self.symbols);
        match (read, known) {
            (Ok(row), _) if row.instrument.is_none() && row.cl_ord_id.is_none() => Ok(None),
            (Ok(row), _) => Ok(Some(OrderNews { push: push_of(&row), row })),
            // Unreadable, but about nothing of ours.
            (Err(_), Ok(false)) if !super::book::is_ours(row) => Ok(None),
            (Err(why), _) => Err(why),
        }
    }
}

/// What a row claims. A part of an order claims nothing about the whole but that it is there.
fn push_of(row: &BookRow) -> Push {
    let (status, cum) =
        if is_part(row) { (OrdStatus::Open, None) } else { (row.status, Some(row.filled)) };
    Push {
        cl_ord_id: row.cl_ord_id,
        order_id: Some(row.order_id).filter(|_| !is_part(row)),
        instrument: row.instrument,
        news: News::Status(StatusReport { status, cum, time: row.changed }),
    }
}

fn object(body: &[u8]) -> Result<Row<'_>, Garbage> {
    json::document(body, MESSAGE_BYTES_MAX).and_then(Row::parse)
}
