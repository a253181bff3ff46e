//! The official Rust client does a day's work against the box: argument 1 is the box's ready line.

use kiteconnect::{
    AccessToken, ApiSecret, BasketParams, ChargesParams, Error, Exchange, KiteConnect,
    MarginParams, Mode, OrderChargesParam, OrderMarginParam, OrderParams, OrderType, Product,
    TickerEvent, TransactionType, Variety,
};
use kiteconnect::error::ErrorKind;
use serde_json::Value;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

type Done<T = ()> = Result<T, Box<dyn std::error::Error>>;

const INFY: u32 = 408_065;

struct Ready(Value);

impl Ready {
    fn get(&self, key: &str) -> &str {
        self.0[key].as_str().unwrap_or_default()
    }

    /// Sends a request as text and reads all of the answer.
    async fn raw(&self, base: &str, head: &str, body: &str) -> Done<String> {
        let mut stream = TcpStream::connect(base.trim_start_matches("http://")).await?;
        let length = body.len();
        let request = format!(
            "{head} HTTP/1.1\r\nHost: x\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n{body}"
        );
        stream.write_all(request.as_bytes()).await?;
        let mut answer = String::new();
        stream.read_to_string(&mut answer).await?;
        Ok(answer)
    }

    async fn control(&self, path: &str, body: &str) -> Done {
        let answer = self.raw(self.get("control"), &format!("POST {path}"), body).await?;
        assert!(answer.starts_with("HTTP/1.1 200"), "{answer}");
        Ok(())
    }
}

async fn log_in(ready: &Ready) -> Done<KiteConnect> {
    let mut kite =
        KiteConnect::builder(ready.get("api_key")).base_url(ready.get("rest")).build()?;
    let page = format!("GET /connect/login?v=3&api_key={}", ready.get("api_key"));
    let answer = ready.raw(ready.get("rest"), &page, "").await?;
    let token = answer.split("request_token=").nth(1).and_then(|rest| rest.lines().next());
    let secret = ApiSecret::new(ready.get("api_secret"))?;
    let session = kite.generate_session(token.expect("a token"), &secret).await?;
    assert_eq!(session.profile.user_id, "AB1234");
    kite.set_access_token(session.access_token);
    assert_eq!(kite.profile().await?.user_id, "AB1234");
    kite.full_profile().raw().await?;
    Ok(kite)
}

fn order(price: f64) -> OrderParams {
    OrderParams::new()
        .exchange(Exchange::Nse)
        .tradingsymbol("INFY")
        .transaction_type(TransactionType::Buy)
        .quantity(10)
        .product(Product::Mis)
        .order_type(OrderType::Limit)
        .price(price)
}

async fn until(kite: &KiteConnect, id: &str, status: &str) -> Done {
    for _ in 0..1_000 {
        if kite.order_history(id).await?.last().is_some_and(|row| row.status == status) {
            return Ok(());
        }
        tokio::time::sleep(Duration::from_millis(20)).await;
    }
    Err(format!("{id} never was {status}").into())
}

async fn market(kite: &KiteConnect) -> Done<(f64, f64)> {
    let listed = kite.instruments().await?;
    assert!(listed.iter().any(|one| one.instrument_token == INFY));
    assert!(kite.instruments_by_exchange("NFO").await?.len() < listed.len());
    let quote = kite.quote(&["NSE:INFY"]).raw().await?["NSE:INFY"].clone();
    assert_eq!(kite.quote(&["NSE:INFY"]).await?.len(), 1);
    assert_eq!(kite.ohlc(&["NSE:INFY"]).await?.len(), 1);
    assert!(kite.ltp(&["NSE:INFY"]).await?["NSE:INFY"].last_price > 0.0);
    let day = chrono::NaiveDate::from_ymd_opt(2026, 11, 20).expect("a day");
    let at = |hour, minute| day.and_hms_opt(hour, minute, 0).expect("a time");
    let candles =
        kite.historical_data(INFY, "minute", at(9, 15), at(15, 29), false, true).await?;
    assert_eq!(candles.len(), 375);
    let limit = |name: &str| quote[name].as_f64().expect("a limit");
    Ok((limit("lower_circuit_limit"), limit("upper_circuit_limit")))
}

async fn orders(kite: &KiteConnect, low: f64, high: f64) -> Done {
    let filled = kite.place_order(Variety::Regular, order(high).tag("rs1")).await?.order_id;
    until(kite, &filled, "COMPLETE").await?;
    let resting = kite.place_order(Variety::Regular, order(low)).await?.order_id;
    until(kite, &resting, "OPEN").await?;
    kite.modify_order(Variety::Regular, &resting, OrderParams::new().quantity(20)).await?;
    tokio::time::sleep(Duration::from_millis(200)).await;
    until(kite, &resting, "OPEN").await?;
    kite.cancel_order(Variety::Regular, &resting, None).await?;
    until(kite, &resting, "CANCELLED").await?;
    let book = kite.orders().await?;
    let row = book.iter().find(|row| row.order_id == filled).expect("a row");
    assert_eq!((row.tags.as_slice(), row.filled_quantity), (&["rs1".to_owned()][..], 10.0));
    assert!(!kite.trades().await?.is_empty() && !kite.order_trades(&filled).await?.is_empty());
    let positions = kite.positions().await?;
    assert!(!positions.net.is_empty() && !positions.day.is_empty());
    assert_eq!(kite.holdings().await?[0].tradingsymbol, "SBIN");
    assert_eq!(kite.holdings_compact().await?.len(), 1);
    kite.holdings_summary().await?;
    let big = order(low).quantity(110_000).autoslice(true);
    assert_eq!(kite.place_order(Variety::Regular, big).await?.children.len(), 3);
    Ok(())
}

async fn money(kite: &KiteConnect) -> Done {
    assert!(kite.margins().await?.equity.enabled);
    kite.segment_margins("commodity").await?;
    let of = (Exchange::Nse, TransactionType::Buy, Variety::Regular, Product::Mis);
    let asked =
        OrderMarginParam::new(of.0, "INFY", of.1, of.2, of.3, OrderType::Limit, 10).price(1500.0);
    assert_eq!(kite.order_margins(MarginParams::new(vec![asked.clone()])).await?.len(), 1);
    kite.basket_margins(BasketParams::new(vec![asked])).await?;
    let charged = OrderChargesParam::new(
        "1",
        Exchange::Nse,
        "INFY",
        TransactionType::Buy,
        Variety::Regular,
        Product::Mis,
        OrderType::Limit,
        10,
        1500.0,
    );
    assert_eq!(kite.order_charges(ChargesParams::new(vec![charged])).await?.len(), 1);
    Ok(())
}

async fn stream(ready: &Ready, kite: &KiteConnect, high: f64) -> Done {
    let url = url::Url::parse(ready.get("ticker"))?;
    let (ticker, mut events) = kite.ticker().url(url).spawn()?;
    for mode in [Mode::Ltp, Mode::Quote, Mode::Full] {
        ticker.subscribe(&[INFY], mode)?;
        loop {
            let event = events.recv().await.ok_or("the ticker ended")?;
            let TickerEvent::Ticks(ticks) = event else { continue };
            let Some(tick) = ticks.first() else { continue };
            let seen = match (tick.depth.is_some(), tick.volume.is_some()) {
                (true, _) => Mode::Full,
                (false, true) => Mode::Quote,
                (false, false) => Mode::Ltp,
            };
            if seen == mode {
                break;
            }
        }
    }
    let placed = kite.place_order(Variety::Regular, order(high)).await?.order_id;
    loop {
        match events.recv().await.ok_or("the ticker ended")? {
            TickerEvent::OrderUpdate(row)
                if row.order_id == placed && row.status == "COMPLETE" =>
            {
                break;
            }
            TickerEvent::InvalidOrderUpdate { error, .. } => return Err(error.into()),
            _ => {}
        }
    }
    ticker.close();
    Ok(())
}

/// The call fails with this error of the broker.
async fn fails(kite: &KiteConnect, kind: ErrorKind, status: u16) -> Done {
    match kite.orders().await {
        Err(Error::Api(error)) => {
            assert_eq!((&error.kind, error.status), (&kind, status));
            Ok(())
        }
        other => Err(format!("{kind:?} was expected: {other:?}").into()),
    }
}

async fn errors(ready: &Ready, kite: &KiteConnect) -> Done {
    for (name, kind, status) in [
        ("InputException", ErrorKind::Input, 400),
        ("OrderException", ErrorKind::Order, 400),
        ("MarginException", ErrorKind::Other("MarginException".into()), 400),
        ("HoldingException", ErrorKind::Other("HoldingException".into()), 400),
        ("PermissionException", ErrorKind::Permission, 403),
        ("UserException", ErrorKind::User, 403),
        ("TwoFAException", ErrorKind::TwoFA, 403),
        ("NetworkException", ErrorKind::Network, 503),
        ("DataException", ErrorKind::Data, 502),
        ("GeneralException", ErrorKind::General, 500),
        ("TokenException", ErrorKind::Token, 403),
    ] {
        let order = format!(r#"{{"fault":"refused","error_type":"{name}"}}"#);
        ready.control("/fault", &order).await?;
        fails(kite, kind, status).await?;
    }
    ready.control("/fault", r#"{"fault":"too_many"}"#).await?;
    fails(kite, ErrorKind::Network, 429).await?;
    ready.control("/token", r#"{"action":"kill"}"#).await?;
    fails(kite, ErrorKind::Token, 403).await?;
    ready.control("/token", r#"{"action":"renew"}"#).await
}

#[tokio::main]
async fn main() -> Done {
    let line = std::env::args().nth(1).ok_or("the ready line of a box is wanted")?;
    let ready = Ready(serde_json::from_str(&line)?);
    ready.control("/switch", r#"{"no_limits":true}"#).await?;
    let kite = log_in(&ready).await?;
    assert_eq!(
        kite.access_token().map(AccessToken::expose),
        Some(ready.get("access_token"))
    );
    let (low, high) = market(&kite).await?;
    orders(&kite, low, high).await?;
    money(&kite).await?;
    stream(&ready, &kite, high).await?;
    errors(&ready, &kite).await?;
    println!("rust client: done");
    Ok(())
}
