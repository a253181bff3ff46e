"""The official Python client does a day's work against the box: argument 1 is the box's ready line."""

import datetime
import json
import os
import sys
import threading
import time
import urllib.error
import urllib.request

from kiteconnect import KiteConnect, KiteTicker
from kiteconnect import exceptions

READY = json.loads(sys.argv[1])


def control(path, **order):
    request = urllib.request.Request(READY["control"] + path, data=json.dumps(order).encode())
    return json.loads(urllib.request.urlopen(request).read())


def truth():
    return json.loads(urllib.request.urlopen(READY["control"] + "/truth").read())


def wait_for(what, condition, seconds=20):
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        found = condition()
        if found:
            return found
        time.sleep(0.02)
    raise AssertionError("waited in vain for " + what)


def raises(kind, code, call):
    try:
        call()
    except exceptions.KiteException as error:
        assert type(error) is kind, (type(error), str(error))
        assert error.code == code, error.code
        return str(error)
    raise AssertionError("expected " + kind.__name__)


def log_in():
    kite = KiteConnect(READY["api_key"], root=READY["rest"])
    raises(exceptions.TokenException, 403, kite.profile)

    class NoRedirect(urllib.request.HTTPRedirectHandler):
        def redirect_request(self, *arguments):
            return None

    try:
        page = READY["rest"] + "/connect/login?v=3&api_key=" + READY["api_key"]
        urllib.request.build_opener(NoRedirect).open(page)
        raise AssertionError("no redirect")
    except urllib.error.HTTPError as error:
        token = error.headers["location"].split("request_token=")[1]
    session = kite.generate_session(token, api_secret=READY["api_secret"])
    assert session["access_token"] == READY["access_token"]
    assert isinstance(session["login_time"], datetime.datetime)
    assert kite.profile()["user_id"] == session["user_id"]
    return kite


def market(kite):
    everything = kite.instruments()
    nse = kite.instruments("NSE")
    infy = next(row for row in nse if row["tradingsymbol"] == "INFY")
    assert len(nse) < len(everything) and infy["tick_size"] > 0 and infy["lot_size"] == 1
    future = next(row for row in everything if row["tradingsymbol"] == "NIFTY26DECFUT")
    assert isinstance(future["expiry"], datetime.date) and future["segment"] == "NFO-FUT"
    token = infy["instrument_token"]
    quote = kite.quote("NSE:INFY", "NSE:SBIN")["NSE:INFY"]
    assert quote["instrument_token"] == token
    assert len(quote["depth"]["buy"]) == 5 and len(quote["depth"]["sell"]) == 5
    assert isinstance(quote["timestamp"], datetime.datetime)
    assert kite.ohlc(["NSE:INFY"])["NSE:INFY"]["ohlc"]["close"] > 0
    assert kite.ltp("NSE:INFY")["NSE:INFY"]["last_price"] > 0
    candles = kite.historical_data(token, "2026-11-20 09:15:00", "2026-11-20 15:29:00", "minute", oi=True)
    assert len(candles) == 375 and candles[0]["low"] <= candles[0]["high"] and candles[0]["oi"] == 0
    assert len(kite.historical_data(token, "2026-11-02", "2026-11-13", "day")) == 10
    assert "NSE:INFY" in kite.trigger_range("BUY", "NSE:INFY")
    return token, quote


def orders(kite, quote):
    low, high = quote["lower_circuit_limit"], quote["upper_circuit_limit"]
    order = dict(exchange="NSE", tradingsymbol="INFY", transaction_type="BUY", quantity=10,
                 product="MIS", order_type="LIMIT")
    filled = kite.place_order("regular", price=high, tag="py1", **order)
    history = lambda order_id: [row["status"] for row in kite.order_history(order_id)]
    wait_for("a fill", lambda: history(filled)[-1] == "COMPLETE")
    resting = kite.place_order("regular", price=low, tag="py2", **order)
    wait_for("rest", lambda: history(resting)[-1] == "OPEN")
    assert kite.modify_order("regular", resting, quantity=20, price=low + 1) == resting
    wait_for("the change", lambda: kite.order_history(resting)[-1]["quantity"] == 20)
    wait_for("rest", lambda: history(resting)[-1] == "OPEN")
    assert kite.cancel_order("regular", resting) == resting
    wait_for("the cancel", lambda: history(resting)[-1] == "CANCELLED")
    book = {row["order_id"]: row for row in kite.orders()}
    assert book[filled]["tag"] == "py1" and book[filled]["tags"] == ["py1"]
    assert isinstance(book[filled]["order_timestamp"], datetime.datetime)
    assert book[resting]["cancelled_quantity"] == 20
    trades = kite.trades()
    assert sum(row["quantity"] for row in trades if row["order_id"] == filled) == 10
    assert kite.order_trades(filled)[0]["trade_id"] == trades[0]["trade_id"]
    positions = kite.positions()
    assert [row["quantity"] for row in positions["net"]] == [10]
    assert positions["day"][0]["buy_quantity"] == 10
    kite.convert_position("NSE", "INFY", "BUY", "day", 10, "MIS", "CNC")
    assert {row["product"]: row["quantity"] for row in kite.positions()["net"]} == {"MIS": 0, "CNC": 10}
    holding = kite.holdings()[0]
    assert (holding["tradingsymbol"], holding["quantity"]) == ("SBIN", 100)
    protected = kite.place_order("regular", **dict(order, order_type="MARKET", market_protection=-1))
    row = wait_for("the book", lambda: kite.order_history(protected))[-1]
    assert row["order_type"] == "LIMIT" and "mktp" in row["tags"]
    sliced = kite.place_autoslice_order("regular", price=low, **dict(order, quantity=110000))
    assert len(sliced["children"]) == 3 and "MarginException" in json.dumps(sliced)
    kite.place_order("iceberg", price=low, iceberg_legs=2, iceberg_quantity=5, **order)
    return order, low, high


def money(kite):
    assert kite.margins()["equity"]["enabled"] is True
    assert kite.margins("commodity")["net"] == 0
    asked = [dict(exchange="NSE", tradingsymbol="INFY", transaction_type="BUY", variety="regular",
                  product="MIS", order_type="LIMIT", quantity=10, price=1500)]
    assert kite.order_margins(asked)[0]["total"] == 3000
    assert kite.basket_order_margins(asked)["final"]["total"] == 3000
    note = kite.get_virtual_contract_note([dict(asked[0], order_id="1", average_price=1500)])
    assert note[0]["charges"]["total"] > 0


def ticker(kite, token, order, high):
    seen = {"modes": set(), "orders": [], "errors": [], "closed": []}
    stream = KiteTicker(READY["api_key"], kite.access_token, root=READY["ticker"], reconnect=False)
    stream.on_ticks = lambda _, ticks: seen["modes"].update((tick["mode"], tick["tradable"]) for tick in ticks)
    stream.on_order_update = lambda _, row: seen["orders"].append(row)
    stream.on_error = lambda _, code, reason: seen["errors"].append((code, str(reason)))
    stream.on_close = lambda _, code, reason: seen["closed"].append(code)
    connected = threading.Event()
    stream.on_connect = lambda *_: connected.set()
    stream.connect(threaded=True)
    assert connected.wait(20)
    index = 256265

    def mode(name):
        from twisted.internet import reactor
        seen["modes"].clear()
        reactor.callFromThread(stream.set_mode, name, [token, index])
        wait_for(name, lambda: {(name, True), (name, False)} <= seen["modes"])

    from twisted.internet import reactor
    reactor.callFromThread(stream.subscribe, [token, index])
    for name in ("ltp", "quote", "full"):
        mode(name)
    placed = kite.place_order("regular", price=high, tag="push", **order)
    told = lambda: [row for row in seen["orders"] if row["order_id"] == placed and row["status"] == "COMPLETE"]
    assert wait_for("the message", told)[0]["tag"] == "push"
    control("/link", state="drop_ticker")
    wait_for("the close", lambda: seen["closed"])


def errors(kite, order, low):
    place = lambda **more: kite.place_order("regular", **dict(order, price=low, **more))
    assert "quantity" in raises(exceptions.InputException, 400,
                                lambda: kite.place_order("regular", **dict(order, price=low, quantity=-1)))
    raises(exceptions.OrderException, 400, lambda: kite.cancel_order("regular", "1"))
    # This client has no class of its own for these two.
    assert "margin" in raises(exceptions.GeneralException, 400,
                              lambda: kite.place_order("regular", **dict(order, price=low, quantity=49999)))
    assert "holdings" in raises(exceptions.GeneralException, 400, lambda: kite.place_order(
        "regular", **dict(order, price=low, product="CNC", transaction_type="SELL", quantity=500)))
    for name, kind, code in [
        ("PermissionException", exceptions.PermissionException, 403),
        ("UserException", exceptions.GeneralException, 403),
        ("TwoFAException", exceptions.GeneralException, 403),
        ("NetworkException", exceptions.NetworkException, 503),
        ("DataException", exceptions.DataException, 502),
        ("GeneralException", exceptions.GeneralException, 500),
        ("TokenException", exceptions.TokenException, 403),
    ]:
        control("/fault", fault="refused", error_type=name)
        raises(kind, code, kite.orders)
    control("/fault", fault="wrong_address")
    raises(exceptions.PermissionException, 403, place)
    control("/fault", fault="lost_reply", form="400", fate="later", after_ms=500, on="place")
    assert "timed out" in raises(exceptions.OrderException, 400, lambda: place(tag="late"))
    wait_for("the late order", lambda: [row for row in kite.orders() if row["tag"] == "late"])
    control("/fault", fault="lost_reply", form="drop", fate="now", on="place")
    try:
        place(tag="dropped")
        raise AssertionError("a reply came")
    except exceptions.KiteException:
        raise
    except Exception as error:
        assert "Connection" in type(error).__name__, error
    wait_for("the dropped order", lambda: [row for row in kite.orders() if row["tag"] == "dropped"])
    control("/fault", fault="html_page")
    try:
        kite.orders()
        raise AssertionError("a page was understood")
    except exceptions.DataException:
        pass
    control("/switch", no_limits=False)
    seen = []
    for _ in range(12):
        try:
            kite.cancel_order("regular", "1")
        except exceptions.KiteException as error:
            seen.append((type(error).__name__, error.code))
    assert ("NetworkException", 429) in seen and ("OrderException", 400) in seen, seen
    assert truth()["violations_count"] >= 1
    control("/switch", no_limits=True)
    control("/token", action="kill")
    raises(exceptions.TokenException, 403, kite.orders)


def main():
    control("/switch", no_limits=True)
    kite = log_in()
    token, quote = market(kite)
    order, low, high = orders(kite, quote)
    money(kite)
    ticker(kite, token, order, high)
    errors(kite, order, low)
    control("/token", action="renew")
    print("python client: done")
    sys.stdout.flush()
    # The client's event loop has a thread of its own that nobody can end politely.
    os._exit(0)


try:
    main()
except BaseException:
    import traceback
    traceback.print_exc()
    sys.stderr.flush()
    os._exit(1)
