//! Fields of queries and bodies, and orders in them.
//!
//! Entry points: [`Fields`], [`OrderForm`], [`ModifyForm`].
//!
//! Invariants:
//! 1. Fields that nobody asks for are ignored; the official clients repeat path arguments.
//! 2. Numbers go from text to fixed point. What is not a number, or is out of bounds, is refused
//!    by name.

use super::reply::Refusal;
use super::words::{OrderType, Product, Validity, side_of};
use truefill_core::num::{Px, Qty};
use truefill_core::request::Side;

/// Most fields that are read.
const FIELDS_MAX: usize = 2_000;
/// Longest tag, in characters.
const TAG_CHARS_MAX: usize = 20;

/// Decoded fields, in order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Fields(Vec<(String, String)>);

impl Fields {
    /// Reads `a=1&b=x+y%20z`. Bytes that are no UTF-8 become replacement signs; fields beyond
    /// 2,000 are dropped.
    #[must_use]
    pub fn read(text: &str) -> Self {
        let pairs = text.split('&').filter(|pair| !pair.is_empty()).take(FIELDS_MAX);
        let decoded = pairs.map(|pair| {
            let (key, value) = pair.split_once('=').unwrap_or((pair, ""));
            (decoded(key), decoded(value))
        });
        Self(decoded.collect())
    }

    /// The first field of this name that is not empty.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&str> {
        let found = self.0.iter().find(|(key, value)| key == name && !value.is_empty());
        found.map(|(_, value)| value.as_str())
    }

    /// All fields of this name.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a str> {
        self.0.iter().filter(move |(key, _)| key == name).map(|(_, value)| value.as_str())
    }

    /// Puts a field first.
    #[must_use]
    pub fn with(mut self, name: &str, value: &str) -> Self {
        self.0.insert(0, (name.to_owned(), value.to_owned()));
        self
    }

    /// The members of a JSON object, numbers by their text.
    #[must_use]
    pub fn of_json(object: &serde_json::Map<String, serde_json::Value>) -> Self {
        let members = object.iter().take(FIELDS_MAX).filter_map(|(key, value)| {
            let text = match value {
                serde_json::Value::String(text) => text.clone(),
                serde_json::Value::Number(_) | serde_json::Value::Bool(_) => value.to_string(),
                _ => return None,
            };
            Some((key.clone(), text))
        });
        Self(members.collect())
    }

    fn needed(&self, name: &str) -> Result<&str, Refusal> {
        self.get(name).ok_or_else(|| Refusal::input(format!("Missing or empty field `{name}`")))
    }

    fn word<T>(&self, name: &str, parse: impl Fn(&str) -> Option<T>) -> Result<T, Refusal> {
        parse(self.needed(name)?).ok_or_else(|| Refusal::input(format!("Invalid `{name}`.")))
    }

    /// A price; absent is `None`.
    ///
    /// # Errors
    /// A refusal that names the field.
    pub fn px(&self, name: &str) -> Result<Option<Px>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let px = text.parse().and_then(Px::bounded).ok().filter(|px: &Px| px.0 >= 0);
        px.map(Some).ok_or_else(|| Refusal::input(format!("Invalid `{name}`.")))
    }

    /// A quantity of whole units; absent is `None`.
    ///
    /// # Errors
    /// A refusal that names the field.
    pub fn qty(&self, name: &str) -> Result<Option<Qty>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let units = text.parse::<i64>().ok().filter(|units| (0..=1_000_000_000).contains(units));
        units
            .map(|units| Some(Qty::whole(units)))
            .ok_or_else(|| Refusal::input(format!("Invalid `{name}`.")))
    }

    /// A number from a range; absent is `None`.
    ///
    /// # Errors
    /// A refusal that names the field.
    pub fn number(
        &self,
        name: &str,
        range: std::ops::RangeInclusive<i64>,
    ) -> Result<Option<i64>, Refusal> {
        let Some(text) = self.get(name) else { return Ok(None) };
        let number = text.parse::<i64>().ok().filter(|number| range.contains(number));
        number.map(Some).ok_or_else(|| Refusal::input(format!("Invalid `{name}`.")))
    }
}

fn decoded(text: &str) -> String {
    let mut bytes = Vec::with_capacity(text.len());
    let mut rest = text.bytes();
    while let Some(byte) = rest.next() {
        match byte {
            b'+' => bytes.push(b' '),
            b'%' => {
                let mut ahead = rest.clone();
                let hex = ahead.next().zip(ahead.next());
                match hex.and_then(|(high, low)| Some(nibble(high)? * 16 + nibble(low)?)) {
                    Some(value) => {
                        bytes.push(value);
                        rest = ahead;
                    }
                    None => bytes.push(b'%'),
                }
            }
            other => bytes.push(other),
        }
    }
    String::from_utf8_lossy(&bytes).into_owned()
}

const fn nibble(hex: u8) -> Option<u8> {
    match hex {
        b'0'..=b'9' => Some(hex - b'0'),
        b'a'..=b'f' => Some(hex - b'a' + 10),
        b'A'..=b'F' => Some(hex - b'A' + 10),
        _ => None,
    }
}

/// Market protection, as it was asked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Protection {
    /// Nothing was said, or 0.
    None,
    /// -1: the broker chooses.
    Automatic,
    /// So much of the price, in steps of 1e-9 percent.
    Percent(Px),
}

impl Protection {
    fn read(fields: &Fields) -> Result<Self, Refusal> {
        let wrong = || Refusal::input("Invalid `market_protection`.");
        match fields.get("market_protection") {
            None => Ok(Self::None),
            Some(text) => match text.parse::<Px>().map_err(|_| wrong())? {
                Px(0) => Ok(Self::None),
                px if px == Px::whole(-1) => Ok(Self::Automatic),
                px if px.0 > 0 && px <= Px::whole(100) => Ok(Self::Percent(px)),
                _ => Err(wrong()),
            },
        }
    }
}

/// A new order as it was sent.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OrderForm {
    /// `exchange`.
    pub exchange: String,
    /// `tradingsymbol`.
    pub symbol: String,
    /// `transaction_type`.
    pub side: Side,
    /// `quantity`, above zero.
    pub qty: Qty,
    /// `product`.
    pub product: Product,
    /// `order_type`.
    pub order_type: OrderType,
    /// `price`.
    pub px: Option<Px>,
    /// `trigger_price`.
    pub trigger_px: Option<Px>,
    /// `validity`.
    pub validity: Validity,
    /// `validity_ttl`, in minutes.
    pub ttl_minutes: Option<i64>,
    /// `disclosed_quantity`.
    pub disclosed: Option<Qty>,
    /// `iceberg_legs`.
    pub iceberg_legs: Option<i64>,
    /// `iceberg_quantity`.
    pub iceberg_qty: Option<Qty>,
    /// `auction_number`.
    pub auction_number: Option<String>,
    /// `algo_id`.
    pub algo_id: Option<String>,
    /// `tag`.
    pub tag: Option<String>,
    /// `market_protection`.
    pub protection: Protection,
    /// `autoslice`.
    pub autoslice: bool,
}

impl OrderForm {
    /// Reads the fields of a new order.
    ///
    /// # Errors
    /// A refusal that names the first field that is missing or wrong.
    pub fn read(fields: &Fields) -> Result<Self, Refusal> {
        let tag = fields.get("tag");
        if tag.is_some_and(|tag| tag.chars().count() > TAG_CHARS_MAX) {
            return Err(Refusal::input("Invalid `tag`. Maximum 20 characters are allowed."));
        }
        let validity = match fields.get("validity") {
            None => Validity::Day,
            Some(_) => fields.word("validity", Validity::parse)?,
        };
        let qty = fields.qty("quantity")?.filter(|qty| qty.0 > 0);
        Ok(Self {
            exchange: fields.needed("exchange")?.to_owned(),
            symbol: fields.needed("tradingsymbol")?.to_owned(),
            side: fields.word("transaction_type", side_of)?,
            qty: qty.ok_or_else(|| Refusal::input("Invalid `quantity`."))?,
            product: fields.word("product", Product::parse)?,
            order_type: fields.word("order_type", OrderType::parse)?,
            px: fields.px("price")?.filter(|px| px.0 > 0),
            trigger_px: fields.px("trigger_price")?.filter(|px| px.0 > 0),
            validity,
            ttl_minutes: fields.number("validity_ttl", 1..=1440)?,
            disclosed: fields.qty("disclosed_quantity")?.filter(|qty| qty.0 > 0),
            iceberg_legs: fields.number("iceberg_legs", 0..=1000)?.filter(|legs| *legs > 0),
            iceberg_qty: fields.qty("iceberg_quantity")?.filter(|qty| qty.0 > 0),
            auction_number: fields.get("auction_number").map(str::to_owned),
            algo_id: fields.get("algo_id").map(str::to_owned),
            tag: tag.map(str::to_owned),
            protection: Protection::read(fields)?,
            autoslice: fields.get("autoslice") == Some("true"),
        })
    }
}

/// A change of an order as it was sent; what is absent stays.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ModifyForm {
    /// `quantity`.
    pub qty: Option<Qty>,
    /// `price`.
    pub px: Option<Px>,
    /// `trigger_price`.
    pub trigger_px: Option<Px>,
    /// `order_type`.
    pub order_type: Option<OrderType>,
    /// `validity`.
    pub validity: Option<Validity>,
    /// `disclosed_quantity`.
    pub disclosed: Option<Qty>,
    /// `market_protection`.
    pub protection: Protection,
}

impl ModifyForm {
    /// Reads the fields of a change.
    ///
    /// # Errors
    /// A refusal that names the first field that is wrong.
    pub fn read(fields: &Fields) -> Result<Self, Refusal> {
        let order_type =
            fields.get("order_type").map(|_| fields.word("order_type", OrderType::parse));
        let validity = fields.get("validity").map(|_| fields.word("validity", Validity::parse));
        Ok(Self {
            qty: fields.qty("quantity")?.filter(|qty| qty.0 > 0),
            px: fields.px("price")?.filter(|px| px.0 > 0),
            trigger_px: fields.px("trigger_price")?.filter(|px| px.0 > 0),
            order_type: order_type.transpose()?,
            validity: validity.transpose()?,
            disclosed: fields.qty("disclosed_quantity")?,
            protection: Protection::read(fields)?,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ORDER: &str = "variety=regular&exchange=NSE&tradingsymbol=INFY&transaction_type=BUY\
                         &quantity=5&product=MIS&order_type=LIMIT&price=1412.95&tag=tf1";

    #[test]
    fn fields_are_decoded() {
        let fields = Fields::read("i=NSE%3AINFY&i=NSE:M%26M&from=2026-11-25+09%3a15&x=%zz&y");
        assert_eq!(fields.all("i").collect::<Vec<_>>(), ["NSE:INFY", "NSE:M&M"]);
        assert_eq!(fields.get("from"), Some("2026-11-25 09:15"));
        assert_eq!(fields.get("x"), Some("%zz"));
        assert_eq!(fields.get("y"), None);
        assert_eq!(Fields::read("a=%ff%").get("a"), Some("\u{fffd}%"));
    }

    #[test]
    fn an_order_is_read() {
        let form = OrderForm::read(&Fields::read(ORDER)).unwrap();
        assert_eq!((form.qty, form.px), (Qty::whole(5), Some(Px(1_412_950_000_000))));
        assert_eq!((form.side, form.validity), (Side::Buy, Validity::Day));
        assert_eq!(form.protection, Protection::None);
    }

    #[test]
    fn what_is_wrong_is_named() {
        for (field, name) in [
            ("quantity=-5", "quantity"),
            ("quantity=1.5", "quantity"),
            ("price=abc", "price"),
            ("price=1e300", "price"),
            ("order_type=STOP", "order_type"),
            ("transaction_type=HOLD", "transaction_type"),
            ("market_protection=101", "market_protection"),
            ("market_protection=-2", "market_protection"),
            ("tag=123456789012345678901", "tag"),
            ("validity_ttl=0", "validity_ttl"),
        ] {
            // The first field of a name counts.
            let refused = OrderForm::read(&Fields::read(&format!("{field}&{ORDER}"))).unwrap_err();
            assert!(refused.message.contains(name), "{field}: {}", refused.message);
            assert_eq!(refused.status, 400);
        }
        let refused = OrderForm::read(&Fields::read("exchange=NSE")).unwrap_err();
        assert!(refused.message.contains("tradingsymbol") || refused.message.contains("quantity"));
    }

    #[test]
    fn protection_is_understood() {
        let read = |text: &str| {
            ModifyForm::read(&Fields::read(&format!("market_protection={text}")))
                .map(|form| form.protection)
        };
        assert_eq!(read("-1"), Ok(Protection::Automatic));
        assert_eq!(read("2.5"), Ok(Protection::Percent(Px(2_500_000_000))));
        assert_eq!(read("0"), Ok(Protection::None));
    }
}
