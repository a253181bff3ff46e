//! The page as a browser and a hostile user see it.

mod common;

use common::{Tag, bare, hostile_page, ledger_page, minutes, tags};
use truefill_core::time::Nanos;
use truefill_gap::Decimal;
use truefill_report::{Incident, Point, PositionRow, QueuePoint, RunPage, html};

/// Everything the page may be made of.
const ELEMENTS: &[&str] = &[
    "html",
    "head",
    "meta",
    "title",
    "style",
    "body",
    "main",
    "header",
    "section",
    "footer",
    "h1",
    "h2",
    "p",
    "b",
    "span",
    "div",
    "strong",
    "code",
    "pre",
    "dl",
    "dt",
    "dd",
    "figure",
    "figcaption",
    "table",
    "thead",
    "tbody",
    "tfoot",
    "tr",
    "th",
    "td",
    "time",
    "svg",
    "g",
    "desc",
    "text",
    "tspan",
    "rect",
    "path",
    "circle",
    "details",
    "summary",
    "ul",
    "li",
];
/// Every attribute it may use: none that runs, loads or leads anywhere.
const ATTRIBUTES: &[&str] = &[
    "aria-hidden",
    "aria-label",
    "aria-labelledby",
    "charset",
    "class",
    "content",
    "cx",
    "cy",
    "d",
    "datetime",
    "height",
    "http-equiv",
    "id",
    "lang",
    "lengthAdjust",
    "name",
    "open",
    "preserveAspectRatio",
    "r",
    "role",
    "scope",
    "tabindex",
    "text-anchor",
    "textLength",
    "title",
    "viewBox",
    "width",
    "x",
    "y",
];

fn pages() -> Vec<RunPage> {
    vec![
        hostile_page(),
        ledger_page("two-days"),
        ledger_page("every-cause"),
        ledger_page("long-numbers"),
        bare(
            "{\"ev\":\"ledger\",\"version\":1}\n{\"ev\":\"day\",\"day\":\"D\"}\n\
              {\"ev\":\"day_end\",\"marks\":{}}\n",
        ),
    ]
}

#[test]
fn no_text_of_a_user_becomes_markup() {
    for page in pages() {
        let html = html(&page);
        let mut open: Vec<&str> = Vec::new();
        for tag in tags(&html) {
            assert!(ELEMENTS.contains(&tag.name), "<{}>", tag.name);
            for (attribute, _) in &tag.attributes {
                assert!(ATTRIBUTES.contains(attribute), "{attribute} on <{}>", tag.name);
            }
            match tag.kind {
                '/' => assert_eq!(open.pop(), Some(tag.name)),
                '<' if tag.name != "meta" => open.push(tag.name),
                _ => {}
            }
        }
        assert!(open.is_empty(), "{open:?} left open");
    }
}

#[test]
fn hostile_names_are_shown_as_they_are_written() {
    let html = html(&hostile_page());
    assert!(!html.contains("<script") && !html.contains("<img"));
    let shown = "&quot;&gt;&lt;script&gt;alert(&#39;1&#39;)&lt;/script&gt;&lt;img src=x&gt;";
    assert!(html.matches(shown).count() >= 10, "strategies, symbols, days, facts, incidents ...");
    assert!(!html.contains('\u{202e}') && !html.contains('\0'));
}

#[test]
fn the_page_asks_for_nothing() {
    for page in pages() {
        let html = html(&page);
        let style = html.split("<style>").nth(1).and_then(|rest| rest.split("</style>").next());
        let style = style.expect("a style");
        for word in ["http", "//", "url(", "@import", "@font-face"] {
            assert!(!style.contains(word), "{word} in the style");
        }
        assert!(html.contains("default-src 'none'"));
        for tag in tags(&html) {
            for (attribute, value) in tag.attributes {
                let leads = matches!(attribute, "src" | "href" | "srcset" | "action" | "data");
                assert!(!leads && !attribute.starts_with("on"), "{attribute}={value}");
            }
        }
    }
}

#[test]
fn ids_are_unique() {
    for page in pages() {
        let html = html(&page);
        let mut ids: Vec<&str> = tags(&html).iter().filter_map(|tag| tag.attribute("id")).collect();
        let count = ids.len();
        ids.sort_unstable();
        ids.dedup();
        assert_eq!(ids.len(), count);
        for tag in tags(&html) {
            let labels = tag.attribute("aria-labelledby").unwrap_or("");
            assert!(labels.split_whitespace().all(|label| ids.contains(&label)), "{labels}");
        }
    }
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    for page in pages() {
        assert_eq!(html(&page), html(&page.clone()));
    }
    let mut page = hostile_page();
    let before = html(&page);
    page.equity.reverse();
    page.queue.reverse();
    page.incidents.reverse();
    assert_eq!(html(&page), before, "the order in which things are given does not matter");
}

#[test]
fn an_empty_run_is_a_whole_page() {
    let page = bare(
        "{\"ev\":\"ledger\",\"version\":1}\n{\"ev\":\"day\",\"day\":\"D\"}\n\
         {\"ev\":\"day_end\",\"marks\":{}}\n",
    );
    let html = html(&page);
    for text in ["Theory made nothing, live made nothing.", "residual 0", "None: nothing happened"]
    {
        assert!(html.contains(text), "{text}");
    }
    for id in ["equity", "queue", "positions", "facts"] {
        assert!(!html.contains(&format!("<section id=\"{id}\"")), "{id}");
    }
    assert!(html.ends_with("</html>\n"));
}

#[test]
fn a_hundred_thousand_points_stay_small_and_keep_their_extremes() {
    let mut page = ledger_page("two-days");
    let times = minutes(100_000);
    page.equity = (0..)
        .zip(&times)
        .map(|(at, time)| {
            let noise = (at * 7_919) % 1_000;
            let (theory, live) = match at {
                43_210 => (1_000_000, noise),
                77_777 => (noise, -1_000_000),
                _ => (noise, noise / 2),
            };
            Point { time: *time, theory: theory.into(), live: live.into() }
        })
        .collect();
    page.queue = (0..)
        .zip(&times)
        .map(|(at, time)| {
            let wait_ns = if at == 12_345 { 90_000_000_000 } else { (at * 31) % 1_000_000 };
            QueuePoint { time: *time, wait_ns, label: format!("request {at}") }
        })
        .collect();
    let html = html(&page);
    assert!(html.len() < 400_000, "{} bytes", html.len());

    let all = tags(&html);
    let path = |class: &str| -> &str {
        let of_class = |tag: &&Tag| tag.attribute("class") == Some(class);
        all.iter().find(of_class).and_then(|tag| tag.attribute("d")).expect("a path")
    };
    // The plot of the wide drawing reaches from 22 to 236.
    assert!(path("line theory").contains(" 22L"), "the highest point is on the upper edge");
    assert!(path("line live").contains(" 236L"), "the lowest point is on the lower edge");
    assert!(path("waits").contains(" 22M"), "the longest wait is on the upper edge");
    assert!(html.contains("request 12345 waited 90\u{a0}s"));
}

#[test]
fn many_incidents_are_cut_and_counted() {
    let mut page = ledger_page("two-days");
    page.incidents = (0..1_212_i64)
        .map(|at| Incident {
            time: Nanos(at * 1_000_000_000),
            code: format!("KIND_{}", at % 13),
            subject: "ACME".into(),
            text: "Something.".into(),
            consequence: String::new(),
        })
        .collect();
    let html = html(&page);
    assert_eq!(html.matches("<time ").count(), 500);
    assert!(html.contains("712 more are in report.json."));
    assert!(html.contains("3 rarer kinds are only in the table."));
}

#[test]
fn positions_say_who_differs() {
    let row = |symbol: &str, target: i64, engine: i64, broker: i64| PositionRow {
        symbol: symbol.into(),
        target: target.into(),
        engine: engine.into(),
        broker: broker.into(),
    };
    let mut page = ledger_page("two-days");
    page.positions = vec![row("SAME", 1200, 1200, 1200)];
    assert!(html(&page).contains("Target, engine and broker agree."));
    page.positions.push(row("SHORT", -5, -4, -4));
    page.positions.push(row("DRIFT", 0, 0, 7));
    let html = html(&page);
    for text in [
        "2 of 3 do not agree",
        "\u{2713} equal",
        "target not reached",
        "engine and broker differ",
        ">1,200<",
        ">\u{2212}5<",
    ] {
        assert!(html.contains(text), "{text}");
    }
    assert!(html.find("SHORT") < html.find("SAME"), "what differs comes first");
}

#[test]
fn the_figures_shown_add_up_to_the_verdict() {
    for name in ["two-days", "every-cause"] {
        let page = ledger_page(name);
        let html = html(&page);
        let gap = page.gap.displayed().gap;
        let tables: Vec<&str> = html.split("<table").skip(1).collect();
        assert_eq!(tables.len(), 4, "causes, strategies, symbols, days");
        for (at, table) in tables.iter().enumerate() {
            let rows = common::amounts(table);
            let (total, lines) = rows.split_last().expect("a total");
            for column in 0..total.len() {
                let sum: Decimal = lines.iter().map(|line| &line[column]).sum();
                assert_eq!(sum, total[column], "{name}, table {at}, column {column}");
            }
            assert_eq!(total.last(), Some(&gap), "{name}, table {at}");
            for row in rows.iter().filter(|row| row.len() == 3) {
                assert_eq!(&row[0] - &row[1], row[2], "{name}, table {at}");
            }
        }
    }
}
