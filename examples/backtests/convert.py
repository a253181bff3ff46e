"""What three backtesting libraries write, as target files for truefill.

    python3 convert.py vectorbt      orders.csv        > vectorbt.csv
    python3 convert.py backtestingpy trades.csv AAPL   > backtestingpy.csv
    python3 convert.py backtrader    transactions.csv  > backtrader.csv

A target file says what to hold, not what to trade: time,strategy,symbol,target,price. The dates
in it are days, so `truefill rehearse` has to be told at which end of the day the decision was
known: vectorbt decides and fills at the close (--decided close), the other two decide the evening
before and fill at the open (--decided open).
"""
import csv
import sys
from collections import defaultdict
from decimal import Decimal


def changes(kind, path, symbol):
    """(day, symbol, signed quantity, price) of every trade, in the order of the file."""
    for row in csv.DictReader(open(path, newline="", encoding="utf-8")):
        if kind == "vectorbt":
            name = row["Column"].split("'")[1]
            sign = 1 if row["Side"] == "Buy" else -1
            yield row["Timestamp"][:10], name, sign * Decimal(row["Size"]), row["Price"]
        elif kind == "backtestingpy":
            size = Decimal(row["Size"])
            yield row["EntryTime"][:10], symbol, size, row["EntryPrice"]
            yield row["ExitTime"][:10], symbol, -size, row["ExitPrice"]
        elif kind == "backtrader":
            yield row["date"][:10], row["symbol"], Decimal(row["amount"]), row["price"]
        else:
            sys.exit(f"{kind}: not one of vectorbt, backtestingpy, backtrader")


def main(kind, path, symbol=None):
    held, wanted = defaultdict(Decimal), {}
    for day, name, qty, price in sorted(changes(kind, path, symbol), key=lambda c: c[0]):
        held[name] += qty
        wanted[day, name] = (held[name], price)
    out = csv.writer(sys.stdout, lineterminator="\n")
    out.writerow(["time", "strategy", "symbol", "target", "price"])
    for (day, name), (target, price) in wanted.items():
        out.writerow([day, kind, name, format(target.normalize(), "f"), price])


if __name__ == "__main__":
    main(*sys.argv[1:])
