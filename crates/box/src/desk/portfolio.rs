//! Positions and holdings, as the portfolio pages show them.

use super::Desk;
use super::account::{Holding, Key, Sums};
use truefill_core::ids::InstrumentId;
use truefill_core::num::{Amount, Px, Qty, Rounding};
use truefill_core::request::Side;
use truefill_core::time::Nanos;
use truefill_venue::kite_server::{
    ErrorType, Fields, Json, Product, Refusal, Status, side_of, stamp,
};

impl Desk {
    /// Rows of `net` and of `day`.
    pub(super) fn position_rows(&self, at: Nanos) -> (Vec<Json>, Vec<Json>) {
        let sums = self.account.sums(at);
        let net = sums.iter().map(|(key, sums)| self.position_row(*key, sums)).collect();
        let traded = sums.iter().filter(|(_, sums)| !(sums.buy + sums.sell).is_zero());
        let day = traded.map(|(key, sums)| {
            let today = Sums { overnight: Qty::ZERO, overnight_px: Px::ZERO, ..*sums };
            self.position_row(*key, &today)
        });
        (net, day.collect())
    }

    fn position_row(&self, (id, product): Key, sums: &Sums) -> Json {
        let Some(item) = self.listing.get(id) else { return Json::Null };
        let face = self.street.face(id).cloned().unwrap_or_default();
        let multiplier = item.multiplier;
        let times = |amount: Amount| Amount(amount.0.saturating_mul(i128::from(multiplier)));
        let carried = sums.overnight.abs().times(sums.overnight_px);
        let (long, short) = if sums.overnight.0 >= 0 {
            ((sums.overnight, carried), (Qty::ZERO, Amount::ZERO))
        } else {
            ((Qty::ZERO, Amount::ZERO), (-sums.overnight, carried))
        };
        let (buy, buy_value) = (sums.buy + long.0, sums.buy_value + long.1);
        let (sell, sell_value) = (sums.sell + short.0, sums.sell_value + short.1);
        let net = sums.net();
        let average = |value: Amount, qty| value.per(qty, Rounding::Floor).unwrap_or(Px::ZERO);
        let side_average = match net.0 {
            0 => Px::ZERO,
            1.. => average(buy_value, buy),
            _ => average(sell_value, sell),
        };
        let value = times(sell_value - buy_value);
        let pnl = value + times(net.times(face.last_px));
        let close = if sums.overnight.is_zero() { Px::ZERO } else { face.close };
        let money = Json::money;
        Json::object([
            ("tradingsymbol", item.listed.named.symbol.as_str().into()),
            ("exchange", item.listed.named.exchange.as_str().into()),
            ("instrument_token", item.listed.named.token.into()),
            ("product", product.as_str().into()),
            ("quantity", net.into()),
            ("overnight_quantity", sums.overnight.into()),
            ("multiplier", multiplier.into()),
            ("average_price", side_average.into()),
            ("close_price", close.into()),
            ("last_price", face.last_px.into()),
            ("value", money(value)),
            ("pnl", money(pnl)),
            ("m2m", money(pnl)),
            ("unrealised", money(pnl)),
            ("realised", 0i64.into()),
            ("buy_quantity", buy.into()),
            ("buy_price", average(buy_value, buy).into()),
            ("buy_value", money(times(buy_value))),
            ("buy_m2m", money(times(buy_value))),
            ("sell_quantity", sell.into()),
            ("sell_price", average(sell_value, sell).into()),
            ("sell_value", money(times(sell_value))),
            ("sell_m2m", money(times(sell_value))),
            ("day_buy_quantity", sums.buy.into()),
            ("day_buy_price", average(sums.buy_value, sums.buy).into()),
            ("day_buy_value", money(times(sums.buy_value))),
            ("day_sell_quantity", sums.sell.into()),
            ("day_sell_price", average(sums.sell_value, sums.sell).into()),
            ("day_sell_value", money(times(sums.sell_value))),
        ])
    }

    pub(super) fn holdings_view(&self) -> Json {
        let rows = self.account.holdings.iter().map(|(id, held)| self.holding_row(*id, held));
        Json::List(rows.collect())
    }

    fn holding_row(&self, id: InstrumentId, held: &Holding) -> Json {
        let Some(item) = self.listing.get(id) else { return Json::Null };
        let face = self.street.face(id).cloned().unwrap_or_default();
        let used = self.account.used(id, self.now);
        let all = held.qty + held.t1;
        let authorised = if self.account.authorised { held.qty } else { Qty::ZERO };
        let change = face.last_px - face.close;
        let percent = Px(change.0.saturating_mul(100_000_000_000) / face.close.0.max(1));
        Json::object([
            ("tradingsymbol", item.listed.named.symbol.as_str().into()),
            ("exchange", item.listed.named.exchange.as_str().into()),
            ("instrument_token", item.listed.named.token.into()),
            ("isin", format!("INE{:06}010", item.listed.named.token % 1_000_000).into()),
            ("product", "CNC".into()),
            ("price", 0i64.into()),
            ("quantity", (held.qty - used).max(Qty::ZERO).into()),
            ("used_quantity", used.into()),
            ("t1_quantity", held.t1.into()),
            ("realised_quantity", held.qty.into()),
            ("authorised_quantity", authorised.into()),
            ("authorised_date", stamp(truefill_venue::kite_server::on_day_of(self.now, 0)).into()),
            ("authorisation", Json::Object(Vec::new())),
            ("opening_quantity", all.into()),
            ("short_quantity", 0i64.into()),
            ("collateral_quantity", 0i64.into()),
            ("collateral_type", "".into()),
            ("discrepancy", false.into()),
            ("average_price", held.average_px.into()),
            ("last_price", face.last_px.into()),
            ("close_price", face.close.into()),
            ("pnl", Json::money(all.times(face.last_px) - all.times(held.average_px))),
            ("day_change", change.into()),
            ("day_change_percentage", percent.into()),
            (
                "mtf",
                Json::object([
                    ("quantity", 0i64.into()),
                    ("used_quantity", 0i64.into()),
                    ("average_price", 0i64.into()),
                    ("value", 0i64.into()),
                    ("initial_margin", 0i64.into()),
                ]),
            ),
        ])
    }

    pub(super) fn holdings_compact(&self) -> Json {
        const KEYS: [&str; 5] =
            ["exchange", "tradingsymbol", "instrument_token", "t1_quantity", "quantity"];
        let Json::List(rows) = self.holdings_view() else { return Json::Null };
        let compact = rows.iter().map(|row| {
            Json::object(KEYS.map(|key| (key, row.get(key).cloned().unwrap_or_default())))
        });
        Json::List(compact.collect())
    }

    pub(super) fn holdings_summary(&self) -> Json {
        let (mut paid, mut worth) = (Amount::ZERO, Amount::ZERO);
        for (id, held) in &self.account.holdings {
            let last = self.street.face(*id).map_or(Px::ZERO, |face| face.last_px);
            paid += (held.qty + held.t1).times(held.average_px);
            worth += (held.qty + held.t1).times(last);
        }
        Json::object([
            ("total_pnl", Json::money(worth - paid)),
            ("total_pnl_percent", 0i64.into()),
            ("today_pnl", 0i64.into()),
            ("today_pnl_percent", 0i64.into()),
            ("invested_amount", Json::money(paid)),
            ("current_value", Json::money(worth)),
        ])
    }

    /// The depository's permission, which a person would give on a page.
    pub(super) fn authorise(&mut self, now: Nanos) -> Json {
        self.account.authorised = true;
        self.chronicle.note(now, "authorised", Json::Object(Vec::new()));
        let request = format!("box{:029}", now.0.unsigned_abs());
        Json::object([("request_id", request.into())])
    }

    /// From one product to another.
    pub(super) fn convert(&mut self, now: Nanos, fields: &Fields) -> Result<Json, Refusal> {
        let get = |name: &str| fields.get(name).unwrap_or_default();
        let name = format!("{}:{}", get("exchange"), get("tradingsymbol"));
        let wrong = |name: &str| Refusal::input(format!("Invalid `{name}`."));
        let id = self.listing.named(&name).ok_or_else(|| wrong("tradingsymbol"))?;
        let from = Product::parse(get("old_product")).ok_or_else(|| wrong("old_product"))?;
        let to = Product::parse(get("new_product")).ok_or_else(|| wrong("new_product"))?;
        let side = side_of(get("transaction_type")).ok_or_else(|| wrong("transaction_type"))?;
        let qty = fields.qty("quantity")?.filter(|qty| qty.0 > 0);
        let qty = qty.ok_or_else(|| wrong("quantity"))?;
        let held = self.position(id, from);
        if Side::of(held) != Some(side) || held.abs() < qty {
            let words = "Position conversion is not possible: there is no such quantity.";
            return Err(Refusal::new(ErrorType::General, words));
        }
        self.convert_now(now, id, (from, to), side, qty);
        Ok(true.into())
    }

    pub(super) fn convert_now(
        &mut self,
        now: Nanos,
        id: InstrumentId,
        (from, to): (Product, Product),
        side: Side,
        qty: Qty,
    ) {
        let sums = self.account.sums(now).get(&(id, from)).copied().unwrap_or_default();
        let (value, traded) = match side {
            Side::Buy => (sums.buy_value, sums.buy),
            Side::Sell => (sums.sell_value, sums.sell),
        };
        let px = value.per(traded, Rounding::Floor).unwrap_or(sums.overnight_px);
        self.account.book(now, (id, from), side.opposite(), qty, px);
        self.account.book(now, (id, to), side, qty, px);
        let told = Json::object([
            ("from", from.as_str().into()),
            ("to", to.as_str().into()),
            ("quantity", qty.into()),
        ]);
        self.chronicle.note(now, "converted", told);
    }

    /// Shares of delivery that can still be sold: working orders have taken theirs.
    pub(super) fn sellable(&self, id: InstrumentId) -> Qty {
        let working = self.orders.values().filter(|order| {
            let face = &order.face;
            let open = !face.status.is_terminal() && face.status != Status::PutReceived;
            open && order.instrument == id
                && face.product == Product::Cnc
                && face.side == Side::Sell
        });
        let taken: Qty = working.map(|order| order.face.leaves()).sum();
        self.account.deliverable(id, self.now) - taken
    }
}
