"""Holds 10 while the price rises, sells them when it falls. Plain Python, no library."""
import json, sys

last = {}
for line in sys.stdin:
    news = json.loads(line)
    if news["type"] == "quote":
        mid = (float(news["bid"]) + float(news["ask"])) / 2
        before = last.setdefault(news["symbol"], mid)
        if abs(mid - before) > 0.0005 * before:
            print(json.dumps({"symbol": news["symbol"], "target": 10 if mid > before else 0}), flush=True)
            last[news["symbol"]] = mid
