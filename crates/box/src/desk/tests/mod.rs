//! What a client meets, in virtual time: every behaviour of the list that a simulator of this
//! broker must show.

mod account;
mod hostile;
mod orders;
mod session;
mod shapes;
mod stream;
mod unknown;

use super::{Answer, Connection, Desk, Ending, Frame, Options, Switches};
use crate::listing::Listing;
use serde_json::Value;
use truefill_core::time::{MILLI_NS, Nanos, SECOND_NS};
use truefill_venue::kite_server::{Asked, parse_stamp};

/// A desk, a client and their time.
struct Rig {
    desk: Desk,
    now: Nanos,
}

/// What a client understands of an answer.
#[derive(Debug)]
struct Seen {
    status: u16,
    body: Value,
    after_ns: i64,
}

impl Seen {
    fn data(&self) -> &Value {
        assert_eq!(self.status, 200, "{}", self.body);
        &self.body["data"]
    }

    fn order_id(&self) -> String {
        self.data()["order_id"].as_str().expect("an order id").to_owned()
    }

    fn error(&self) -> (u16, &str) {
        assert_eq!(self.body["status"], "error", "{}", self.body);
        (self.status, self.body["error_type"].as_str().expect("a type"))
    }

    fn message(&self) -> &str {
        self.body["message"].as_str().expect("a message")
    }
}

impl Rig {
    fn new() -> Self {
        Self::with(|_| {})
    }

    fn with(change: impl FnOnce(&mut Options)) -> Self {
        let now = parse_stamp("2026-11-25 10:00:00").expect("a time");
        let switches = Switches { no_limits: true, ..Switches::default() };
        let mut options = Options { switches, ..Options::default() };
        change(&mut options);
        Self { desk: Desk::new(options, Listing::standard(), now), now }
    }

    fn wait(&mut self, ms: i64) {
        self.now = self.now.plus(ms * MILLI_NS);
        self.desk.advance(self.now);
    }

    fn ask(&mut self, method: &str, path: &str, fields: &str) -> Answer {
        let authorization = Some(format!("token boxkey:{}", self.desk.access_token()));
        let in_query = matches!(method, "GET" | "DELETE");
        let (query, body) = if in_query { (fields, "") } else { ("", fields) };
        let asked = Asked {
            method: method.to_owned(),
            path: path.to_owned(),
            query: query.to_owned(),
            authorization,
            json: body.starts_with('['),
            body: body.as_bytes().to_vec(),
        };
        self.desk.request(self.now, &asked)
    }

    fn call(&mut self, method: &str, path: &str, fields: &str) -> Seen {
        let answer = self.ask(method, path, fields);
        let Ending::Reply(reply) = answer.ending else { panic!("no reply to {path}") };
        let body = serde_json::from_slice(&reply.body).unwrap_or(Value::Null);
        Seen { status: reply.status, body, after_ns: answer.after_ns }
    }

    fn get(&mut self, path: &str) -> Value {
        self.call("GET", path, "").data().clone()
    }

    /// Places an order of INFY for the day, with these fields first.
    fn place(&mut self, fields: &str) -> Seen {
        let rest = "exchange=NSE&tradingsymbol=INFY&transaction_type=BUY&quantity=10&product=MIS\
                    &order_type=LIMIT";
        self.call("POST", "/orders/regular", &format!("{fields}&{rest}"))
    }

    /// A limit that does not trade.
    fn rest(&mut self, fields: &str) -> String {
        let low = self.low();
        let id = self.place(&format!("price={low}&{fields}")).order_id();
        self.wait(600);
        id
    }

    /// A limit that trades at once.
    fn cross(&mut self, fields: &str) -> String {
        let high = self.high();
        let id = self.place(&format!("price={high}&{fields}")).order_id();
        self.wait(600);
        id
    }

    fn low(&mut self) -> String {
        self.infy()["lower_circuit_limit"].to_string()
    }

    fn high(&mut self) -> String {
        self.infy()["upper_circuit_limit"].to_string()
    }

    fn infy(&mut self) -> Value {
        self.call("GET", "/quote", "i=NSE:INFY").data()["NSE:INFY"].clone()
    }

    fn row(&mut self, id: &str) -> Option<Value> {
        let rows = self.get("/orders");
        rows.as_array().expect("rows").iter().find(|row| row["order_id"] == id).cloned()
    }

    fn status(&mut self, id: &str) -> String {
        let row = self.row(id).expect("a row");
        row["status"].as_str().expect("a status").to_owned()
    }

    fn history(&mut self, id: &str) -> Vec<String> {
        let rows = self.get(&format!("/orders/{id}"));
        let rows = rows.as_array().expect("rows").iter();
        rows.map(|row| row["status"].as_str().expect("a status").to_owned()).collect()
    }

    /// Net quantity of INFY.
    fn net(&mut self, product: &str) -> i64 {
        let positions = self.get("/portfolio/positions");
        let rows = positions["net"].as_array().expect("rows").iter();
        let of = rows.filter(|row| row["tradingsymbol"] == "INFY" && row["product"] == product);
        of.map(|row| row["quantity"].as_i64().expect("a quantity")).sum()
    }

    fn control(&mut self, path: &str, body: &str) -> Value {
        let value: Value = serde_json::from_str(body).expect("JSON");
        let done = self.desk.control(self.now, path, value.as_object().expect("an object"));
        serde_json::from_str(&done.expect("allowed").to_string()).expect("JSON")
    }

    fn fault(&mut self, body: &str) {
        self.control("fault", body);
    }

    fn truth(&mut self) -> Value {
        serde_json::from_str(&self.desk.truth(self.now).to_string()).expect("JSON")
    }

    fn listen(&mut self) -> Connection {
        let query = format!("api_key=boxkey&access_token={}", self.desk.access_token());
        let connection = self.desk.ticker_open(self.now, &query).expect("allowed");
        self.desk.take_frames();
        connection
    }

    /// Statuses that messages told, in order, since last asked.
    fn pushes(&mut self) -> Vec<String> {
        let frames = self.desk.take_frames();
        let texts = frames.into_iter().filter_map(|(_, frame)| match frame {
            Frame::Text(text) => serde_json::from_str::<Value>(&text).ok(),
            _ => None,
        });
        let orders = texts.filter(|message| message["type"] == "order");
        orders.map(|message| message["data"]["status"].as_str().unwrap_or("").to_owned()).collect()
    }
}

#[test]
fn equal_calls_give_equal_bytes() {
    let story = || {
        let mut rig = Rig::new();
        assert!(rig.desk.preset("storm"));
        rig.listen();
        let mut seen = String::new();
        for round in 0..60 {
            let price = format!("{}", 1400 + round);
            let fields = format!(
                "price={price}&tag=t{round}&exchange=NSE&tradingsymbol=INFY\
                &transaction_type=BUY&quantity=10&product=MIS&order_type=LIMIT"
            );
            let answer = rig.ask("POST", "/orders/regular", &fields);
            seen.push_str(&format!("{answer:?}"));
            rig.wait(500);
            seen.push_str(&format!("{:?}", rig.ask("GET", "/orders", "")));
            seen.push_str(&format!("{:?}", rig.desk.take_frames()));
        }
        seen.push_str(&rig.desk.truth(rig.now).to_string());
        seen
    };
    assert_eq!(story(), story());
}

#[test]
fn the_truth_adds_up_after_an_hour_of_storm() {
    let mut rig = Rig::new();
    assert!(rig.desk.preset("storm"));
    let low = rig.infy()["lower_circuit_limit"].as_f64().expect("a price");
    for round in 0u32..1_200 {
        let side = if round % 2 == 0 { "BUY" } else { "SELL" };
        let price = (low + f64::from(round % 30) * 10.0).round();
        let fields = format!(
            "price={price}&exchange=NSE&tradingsymbol=INFY&transaction_type={side}\
            &quantity=10&product=MIS&order_type=LIMIT&tag=r{round}"
        );
        rig.ask("POST", "/orders/regular", &fields);
        rig.wait(SECOND_NS / MILLI_NS * 3);
    }
    rig.fault(r#"{"clear":true}"#);
    rig.wait(400_000);
    let truth = rig.truth();
    let signed = |row: &Value, key: &str| {
        let qty = row[key].as_i64().expect("a quantity");
        if row["transaction_type"] == "BUY" { qty } else { -qty }
    };
    let infy = |row: &&Value| row["tradingsymbol"] == "INFY";
    let fills: i64 = truth["fills"]
        .as_array()
        .expect("rows")
        .iter()
        .filter(infy)
        .map(|r| signed(r, "quantity"))
        .sum();
    let orders: i64 = truth["orders"]
        .as_array()
        .expect("rows")
        .iter()
        .filter(infy)
        .map(|row| signed(row, "filled_quantity"))
        .sum();
    let net: i64 = truth["positions"]
        .as_array()
        .expect("rows")
        .iter()
        .filter(infy)
        .map(|row| row["quantity"].as_i64().expect("a quantity"))
        .sum();
    assert_eq!((fills, orders), (net, net));
    let struck = truth["faults_struck"].as_object().expect("an object");
    assert!(struck.len() >= 10, "{struck:?}");
    for row in truth["orders"].as_array().expect("rows") {
        assert!(row["filled_quantity"].as_i64() <= row["quantity"].as_i64());
    }
}
