// The official JavaScript client does a day's work against the box: argument 1 is the box's ready
// line.
"use strict";

const assert = require("assert");
const http = require("http");
const { KiteConnect, KiteTicker } = require("kiteconnect");

const ready = JSON.parse(process.argv[2]);
const pause = (ms) => new Promise((done) => setTimeout(done, ms));

function control(path, order) {
  return new Promise((done, failed) => {
    const method = order ? "POST" : "GET";
    const request = http.request(ready.control + path, { method }, (reply) => {
      let body = "";
      reply.on("data", (part) => { body += part; });
      reply.on("end", () => done(JSON.parse(body)));
    });
    request.on("error", failed);
    request.end(order ? JSON.stringify(order) : undefined);
  });
}

async function waitFor(what, condition) {
  for (let round = 0; round < 1000; round += 1) {
    const found = await condition();
    if (found) return found;
    await pause(20);
  }
  throw new Error("waited in vain for " + what);
}

async function rejects(type, call) {
  try {
    await call();
  } catch (error) {
    assert.strictEqual(error.error_type, type, JSON.stringify(error));
    return error.message;
  }
  throw new Error("expected " + type);
}

function location(url) {
  return new Promise((done, failed) => {
    http.get(url, (reply) => { reply.resume(); done(reply.headers.location); }).on("error", failed);
  });
}

async function logIn() {
  const kite = new KiteConnect({ api_key: ready.api_key, root: ready.rest });
  await rejects("TokenException", () => kite.getProfile());
  const to = await location(ready.rest + "/connect/login?v=3&api_key=" + ready.api_key);
  const session = await kite.generateSession(to.split("request_token=")[1], ready.api_secret);
  assert.strictEqual(session.access_token, ready.access_token);
  assert.strictEqual((await kite.getProfile()).user_id, session.user_id);
  kite.setAccessToken(session.access_token);
  return kite;
}

async function market(kite) {
  const nse = await kite.getInstruments("NSE");
  const infy = nse.find((row) => row.tradingsymbol === "INFY");
  const quote = (await kite.getQuote(["NSE:INFY"]))["NSE:INFY"];
  assert.strictEqual(Number(infy.instrument_token), quote.instrument_token);
  assert.strictEqual(quote.depth.buy.length, 5);
  assert.ok((await kite.getOHLC(["NSE:INFY"]))["NSE:INFY"].ohlc.close > 0);
  assert.ok((await kite.getLTP(["NSE:INFY"]))["NSE:INFY"].last_price > 0);
  const from = "2026-11-20 09:15:00";
  const candles = await kite.getHistoricalData(quote.instrument_token, "5minute", from, "2026-11-20 15:29:00");
  assert.strictEqual(candles.length, 75);
  return quote;
}

async function orders(kite, quote) {
  const low = quote.lower_circuit_limit;
  const high = quote.upper_circuit_limit;
  const order = {
    exchange: "NSE", tradingsymbol: "INFY", transaction_type: "BUY", quantity: 10, product: "MIS",
    order_type: "LIMIT",
  };
  const last = async (id) => (await kite.getOrderHistory(id)).pop();
  const filled = (await kite.placeOrder("regular", { ...order, price: high, tag: "js1" })).order_id;
  await waitFor("a fill", async () => (await last(filled)).status === "COMPLETE");
  const resting = (await kite.placeOrder("regular", { ...order, price: low })).order_id;
  await waitFor("rest", async () => (await last(resting)).status === "OPEN");
  await kite.modifyOrder("regular", resting, { quantity: 20 });
  await waitFor("the change", async () => (await last(resting)).quantity === 20);
  await waitFor("rest", async () => (await last(resting)).status === "OPEN");
  await kite.cancelOrder("regular", resting);
  await waitFor("the cancel", async () => (await last(resting)).status === "CANCELLED");
  const row = (await kite.getOrders()).find((one) => one.order_id === filled);
  assert.deepStrictEqual(row.tags, ["js1"]);
  const trades = await kite.getTrades();
  const of = trades.filter((one) => one.order_id === filled);
  assert.strictEqual(of.reduce((sum, one) => sum + one.quantity, 0), 10);
  assert.strictEqual((await kite.getOrderTrades(filled)).length, of.length);
  const positions = await kite.getPositions();
  assert.ok(positions.net.some((one) => one.tradingsymbol === "INFY" && one.product === "MIS"));
  assert.strictEqual((await kite.getHoldings())[0].tradingsymbol, "SBIN");
  return { order, low, high };
}

async function money(kite) {
  assert.strictEqual((await kite.getMargins()).equity.enabled, true);
  const asked = [{
    exchange: "NSE", tradingsymbol: "INFY", transaction_type: "SELL", variety: "regular",
    product: "MIS", order_type: "LIMIT", quantity: 1000, price: 1500,
  }];
  assert.ok((await kite.orderMargins(asked))[0].total >= 0);
  assert.ok((await kite.orderBasketMargins(asked)).final.total >= 0);
  const note = await kite.getvirtualContractNote([{ ...asked[0], order_id: "1", average_price: 1500 }]);
  assert.ok(note[0].charges.total > 0);
}

async function stream(kite, quote, order, high) {
  const ticker = new KiteTicker({
    api_key: ready.api_key, access_token: ready.access_token, root: ready.ticker, reconnect: false,
  });
  ticker.autoReconnect(false, 0, 5);
  const token = quote.instrument_token;
  const modes = new Set();
  const told = [];
  let closed = false;
  ticker.on("ticks", (ticks) => ticks.forEach((tick) => modes.add(tick.mode)));
  ticker.on("order_update", (row) => told.push(row));
  ticker.on("disconnect", () => { closed = true; });
  await new Promise((done) => { ticker.on("connect", done); ticker.connect(); });
  ticker.subscribe([token]);
  for (const mode of ["ltp", "quote", "full"]) {
    modes.clear();
    ticker.setMode(mode, [token]);
    await waitFor(mode, async () => modes.has(mode));
  }
  const placed = (await kite.placeOrder("regular", { ...order, price: high })).order_id;
  const done = (row) => row.order_id === placed && row.status === "COMPLETE";
  await waitFor("the message", async () => told.some(done));
  await control("/link", { state: "drop_ticker" });
  await waitFor("the close", async () => closed);
}

async function errors(kite, order, low) {
  const place = (more) => kite.placeOrder("regular", { ...order, price: low, ...more });
  await rejects("InputException", () => place({ quantity: -1 }));
  await rejects("OrderException", () => kite.cancelOrder("regular", "1"));
  await rejects("MarginException", () => place({ quantity: 49999 }));
  await rejects("HoldingException", () => place({ product: "CNC", transaction_type: "SELL", quantity: 900 }));
  for (const type of ["PermissionException", "UserException", "TwoFAException", "NetworkException",
    "DataException", "GeneralException", "TokenException"]) {
    await control("/fault", { fault: "refused", error_type: type });
    await rejects(type, () => kite.getOrders());
  }
  await control("/fault", { fault: "lost_reply", form: "504", fate: "now", on: "place" });
  await rejects("NetworkException", () => place({ tag: "lost" }));
  await waitFor("the lost order", async () => (await kite.getOrders()).some((row) => row.tag === "lost"));
  await control("/switch", { no_limits: false });
  const seen = new Set();
  for (let round = 0; round < 12; round += 1) {
    try {
      await kite.cancelOrder("regular", "1");
    } catch (error) {
      seen.add(error.error_type);
    }
  }
  assert.ok(seen.has("NetworkException"), [...seen].join());
  await control("/switch", { no_limits: true });
  await control("/token", { action: "kill" });
  await rejects("TokenException", () => kite.getOrders());
  await control("/token", { action: "renew" });
}

async function main() {
  await control("/switch", { no_limits: true });
  const kite = await logIn();
  const quote = await market(kite);
  const { order, low, high } = await orders(kite, quote);
  await money(kite);
  await stream(kite, quote, order, high);
  await errors(kite, order, low);
  console.log("javascript client: done");
}

main().then(() => process.exit(0), (error) => {
  console.error(error);
  process.exit(1);
});
