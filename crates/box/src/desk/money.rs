//! Margins and charges.

use super::Desk;
use super::account::{Key, Sums};
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Amount, Px, Qty};
use truefill_core::request::Side;
use truefill_core::time::Nanos;
use truefill_market::fees::{Charges, FeeKind, TradeForFee};
use truefill_venue::kite_server::{
    ErrorType, Fields, Json, OrderForm, OrderType, Product, Refusal, side_word,
};

/// Orders of one question.
const ASKED_MAX: usize = 500;

impl Desk {
    /// Share of the notional that is blocked, in percent. Made up, and the same for all names.
    const fn percent(product: Product, side: Side) -> i128 {
        match (product, side) {
            (Product::Cnc, Side::Sell) => 0,
            (Product::Cnc, Side::Buy) => 100,
            (Product::Mtf, _) => 50,
            (Product::Mis | Product::Nrml | Product::Co, _) => 20,
        }
    }

    /// What an order would block beyond what its position has blocked already.
    pub(super) fn needed(
        &self,
        id: InstrumentId,
        product: Product,
        side: Side,
        qty: Qty,
        px: Px,
    ) -> Amount {
        self.needed_beside(self.position(id, product), (id, product), side, qty, px)
    }

    fn needed_beside(
        &self,
        position: Qty,
        (id, product): Key,
        side: Side,
        qty: Qty,
        px: Px,
    ) -> Amount {
        let reducing = Side::of(position).is_some_and(|held| held != side);
        let free = if reducing { position.abs().min(qty) } else { Qty::ZERO };
        let worth = self.worth(id, qty - free, px);
        Amount(worth.0 / 100 * Self::percent(product, side))
    }

    /// What is blocked by positions and working orders.
    fn blocked(&self) -> Amount {
        let sums = self.account.sums(self.now);
        let held = sums.iter().map(|((id, product), sums)| {
            let net = sums.net();
            let last = self.street.face(*id).map_or(Px::ZERO, |face| face.last_px);
            let side = Side::of(net).unwrap_or(Side::Buy);
            Amount(self.worth(*id, net.abs(), last).0 / 100 * Self::percent(*product, side))
        });
        let held: Amount = held.sum();
        let working = self.orders.values().filter(|order| !order.face.status.is_terminal());
        let working = working.map(|order| {
            let face = &order.face;
            let key = (order.instrument, face.product);
            let position = sums.get(&key).map_or(Qty::ZERO, Sums::net);
            self.needed_beside(position, key, face.side, face.leaves(), face.px)
        });
        held + working.sum()
    }

    /// What is left.
    pub(super) fn available(&self) -> Amount {
        self.account.cash - self.blocked()
    }

    pub(super) fn margins(&self, segment: Option<&str>) -> Result<Json, Refusal> {
        let equity = self.segment(self.account.cash, self.blocked());
        let commodity = self.segment(Amount::ZERO, Amount::ZERO);
        match segment {
            None => Ok(Json::object([("equity", equity), ("commodity", commodity)])),
            Some("equity") => Ok(equity),
            Some("commodity") => Ok(commodity),
            Some(_) => Err(Refusal::input("Invalid `segment`.")),
        }
    }

    fn segment(&self, cash: Amount, used: Amount) -> Json {
        let money = Json::money;
        let zero = |keys: &[&'static str]| {
            Json::Object(keys.iter().map(|key| ((*key).into(), 0i64.into())).collect())
        };
        let mut available = zero(&["adhoc_margin"]);
        available.set("cash", money(cash));
        available.set("opening_balance", money(cash));
        available.set("live_balance", money(cash - used));
        available.set("collateral", 0i64);
        available.set("intraday_payin", 0i64);
        let mut utilised = zero(&[
            "debits",
            "exposure",
            "m2m_realised",
            "m2m_unrealised",
            "option_premium",
            "payout",
            "span",
            "holding_sales",
            "turnover",
            "liquid_collateral",
            "stock_collateral",
            "delivery",
        ]);
        utilised.set("debits", money(used));
        utilised.set("exposure", money(used));
        Json::object([
            ("enabled", true.into()),
            ("net", money(cash - used)),
            ("available", available),
            ("utilised", utilised),
        ])
    }

    pub(super) fn order_margins(&self, body: &[u8]) -> Result<Json, Refusal> {
        let orders = asked(body)?;
        let rows = orders.iter().map(|fields| self.margin_row(fields));
        rows.collect::<Result<Vec<Json>, _>>().map(Json::List)
    }

    pub(super) fn basket_margins(&self, body: &[u8]) -> Result<Json, Refusal> {
        let orders = asked(body)?;
        let rows: Vec<Json> =
            orders.iter().map(|fields| self.margin_row(fields)).collect::<Result<_, _>>()?;
        let total: Amount = orders.iter().filter_map(|fields| self.margin_of(fields).ok()).sum();
        let mut sum = margin_json("", "", total, None);
        sum.set("type", "");
        Ok(Json::object([
            ("initial", sum.clone()),
            ("final", sum),
            ("orders", rows.into()),
            ("charges", charges_json(None)),
        ]))
    }

    fn margin_of(&self, fields: &Fields) -> Result<Amount, Refusal> {
        let (id, form, px) = self.order_asked(fields)?;
        Ok(self.needed(id, form.product, form.side, form.qty, px))
    }

    fn margin_row(&self, fields: &Fields) -> Result<Json, Refusal> {
        let (id, form, px) = self.order_asked(fields)?;
        let needed = self.needed(id, form.product, form.side, form.qty, px);
        let charges = self.charges_of(self.now, &form, px, id);
        Ok(margin_json(&form.exchange, &form.symbol, needed, charges.as_ref()))
    }

    /// An order inside a question: its instrument, and a price where it has none.
    fn order_asked(&self, fields: &Fields) -> Result<(InstrumentId, OrderForm, Px), Refusal> {
        let form = OrderForm::read(fields)?;
        let name = format!("{}:{}", form.exchange, form.symbol);
        let id = self.listing.named(&name);
        let id = id.ok_or_else(|| Refusal::input("Invalid `tradingsymbol`."))?;
        let last = self.street.face(id).map_or(Px::ZERO, |face| face.last_px);
        let px = form.px.unwrap_or(last);
        Ok((id, form, px))
    }

    pub(super) fn charges(&self, now: Nanos, body: &[u8]) -> Result<Json, Refusal> {
        let rows = asked(body)?.into_iter().map(|fields| {
            // A note is about executions: they have an average price instead of a price.
            let average = fields.px("average_price")?;
            let fields = match fields.get("order_type") {
                Some(_) => fields,
                None => fields.with("order_type", OrderType::Limit.as_str()),
            };
            let (id, form, px) = self.order_asked(&fields)?;
            let px = average.unwrap_or(px);
            let charges = self.charges_of(now, &form, px, id);
            Ok(Json::object([
                ("transaction_type", side_word(form.side).into()),
                ("tradingsymbol", form.symbol.as_str().into()),
                ("exchange", form.exchange.as_str().into()),
                ("variety", fields.get("variety").unwrap_or("regular").into()),
                ("product", form.product.as_str().into()),
                ("order_type", form.order_type.as_str().into()),
                ("quantity", form.qty.into()),
                ("price", px.into()),
                ("charges", charges_json(charges.as_ref())),
            ]))
        });
        rows.collect::<Result<Vec<Json>, Refusal>>().map(Json::List)
    }

    fn charges_of(
        &self,
        now: Nanos,
        form: &OrderForm,
        px: Px,
        id: InstrumentId,
    ) -> Option<Charges> {
        let item = self.listing.get(id)?;
        let name = match (item.is_equity(), form.product) {
            (false, _) => "zerodha-futures",
            (true, Product::Cnc | Product::Mtf) => "zerodha-equity-delivery",
            (true, _) => "zerodha-equity-intraday",
        };
        let trade = TradeForFee {
            time: now,
            side: form.side,
            qty: form.qty,
            px,
            multiplier: Qty::whole(item.multiplier),
            liquidity: None,
        };
        truefill_market::fees::Schedule::by_name(name).ok()?.charge(&trade).ok()
    }
}

/// The orders of a JSON body.
fn asked(body: &[u8]) -> Result<Vec<Fields>, Refusal> {
    let wrong = || Refusal::new(ErrorType::Input, "The body should be a JSON list of orders.");
    let value: serde_json::Value = serde_json::from_slice(body).map_err(|_| wrong())?;
    let listed = value.as_array().filter(|listed| listed.len() <= ASKED_MAX).ok_or_else(wrong)?;
    listed.iter().map(|one| one.as_object().map(Fields::of_json).ok_or_else(wrong)).collect()
}

fn margin_json(exchange: &str, symbol: &str, needed: Amount, charges: Option<&Charges>) -> Json {
    let zero = || Json::from(0i64);
    Json::object([
        ("type", "equity".into()),
        ("tradingsymbol", symbol.into()),
        ("exchange", exchange.into()),
        ("span", zero()),
        ("exposure", zero()),
        ("option_premium", zero()),
        ("additional", zero()),
        ("bo", zero()),
        ("cash", zero()),
        ("var", Json::money(needed)),
        ("pnl", Json::object([("realised", zero()), ("unrealised", zero())])),
        ("leverage", 1i64.into()),
        ("charges", charges_json(charges)),
        ("total", Json::money(needed)),
    ])
}

fn charges_json(charges: Option<&Charges>) -> Json {
    let of = |kind| charges.map_or(Amount::ZERO, |charges| charges.of(kind));
    let gst = || Json::money(of(FeeKind::Gst));
    Json::object([
        ("transaction_tax", Json::money(of(FeeKind::Stt))),
        ("transaction_tax_type", if charges.is_some() { "stt".into() } else { "".into() }),
        ("exchange_turnover_charge", Json::money(of(FeeKind::Transaction))),
        ("sebi_turnover_charge", Json::money(of(FeeKind::Sebi))),
        ("brokerage", Json::money(of(FeeKind::Brokerage))),
        ("stamp_duty", Json::money(of(FeeKind::Stamp))),
        (
            "gst",
            Json::object([
                ("igst", gst()),
                ("cgst", 0i64.into()),
                ("sgst", 0i64.into()),
                ("total", gst()),
            ]),
        ),
        ("total", Json::money(charges.map_or(Amount::ZERO, |charges| charges.total))),
    ])
}
