//! `truefill box`: a server that speaks a broker's wire over the simulated exchange.

use super::print;
use crate::args::BrokerBox as Args;
use crate::failure::{Done, Failure};
use std::fs::OpenOptions;
use std::net::SocketAddr;
use std::time::{SystemTime, UNIX_EPOCH};
use truefill_box::desk::{Desk, Options, Switches};
use truefill_box::faults::PRESETS;
use truefill_box::listing::Listing;
use truefill_box::net::clock::Clock;
use truefill_box::net::{Ready, Settings, start};
use truefill_core::num::Qty;
use truefill_core::time::Nanos;
use truefill_venue::kite_server::parse_stamp;

pub fn run(args: &Args) -> Done {
    refuse_exposure(args)?;
    let begins = begins(args)?;
    let desk = desk(args, begins)?;
    let log = args.log.as_deref().map(|path| {
        let opened = OpenOptions::new().create(true).append(true).open(path);
        opened.map_err(|error| Failure::about(path.display(), error))
    });
    let settings = Settings {
        listen: args.listen,
        control: args.control,
        log: log.transpose()?,
        postback: args.postback.as_deref().map(postback).transpose()?,
        tell: !args.quiet,
    };
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .map_err(|error| Failure::about("the runtime does not start", error))?;
    let clock = Clock::new(begins, args.speed);
    let (api_key, api_secret) = keys();
    runtime.block_on(async {
        let ready = start(desk, clock, settings).await;
        let ready = ready.map_err(|error| {
            Failure::Input(format!(
                "{} or {} cannot be listened on: {error}; nothing was started; choose another port \
                 with --listen or --control",
                args.listen, args.control
            ))
        })?;
        print(&line(&ready, &api_key, &api_secret))?;
        std::future::pending::<Done>().await
    })
}

fn keys() -> (String, String) {
    let options = Options::default();
    (options.api_key, options.api_secret)
}

/// The line that says that it serves, and how to get in.
fn line(ready: &Ready, api_key: &str, api_secret: &str) -> String {
    serde_json::json!({
        "rest": format!("http://{}", ready.rest),
        "ticker": format!("ws://{}/", ready.rest),
        "control": format!("http://{}", ready.control),
        "api_key": api_key,
        "api_secret": api_secret,
        "access_token": ready.access_token,
    })
    .to_string()
}

/// Everybody who reaches the box can trade in it and, by the control API, do anything to it.
fn refuse_exposure(args: &Args) -> Done {
    let open = |address: &SocketAddr| !address.ip().is_loopback();
    let found = [args.listen, args.control].into_iter().find(open);
    match found.filter(|_| !args.expose) {
        None => Ok(()),
        Some(address) => Err(Failure::Input(format!(
            "{address} is reached by other machines, and the box asks nobody for a password; \
             nothing was started; listen on 127.0.0.1, or add --expose if the network is yours"
        ))),
    }
}

/// Address and path of a URL.
fn postback(url: &str) -> Result<(String, String), Failure> {
    let rest = url.strip_prefix("http://").filter(|rest| !rest.contains(char::is_whitespace));
    let wrong = || {
        Failure::Input(format!(
            "--postback {url:?} is no address; write it as http://127.0.0.1:8000/postback"
        ))
    };
    let rest = rest.ok_or_else(wrong)?;
    let (address, path) = rest.split_once('/').unwrap_or((rest, ""));
    let address = if address.contains(':') { address.to_owned() } else { format!("{address}:80") };
    Ok((address, format!("/{path}")))
}

fn begins(args: &Args) -> Result<Nanos, Failure> {
    if let Some(text) = &args.time {
        return parse_stamp(text).ok_or_else(|| {
            Failure::Input(format!(
                "--time {text:?} is no time; write it as \"2026-11-25 09:15:00\", in India"
            ))
        });
    }
    let since = SystemTime::now().duration_since(UNIX_EPOCH).map_err(Failure::input)?;
    Ok(Nanos(i64::try_from(since.as_nanos()).unwrap_or(i64::MAX)))
}

fn desk(args: &Args, begins: Nanos) -> Result<Desk, Failure> {
    let mut listing = Listing::standard();
    let tape = match &args.data {
        None => None,
        Some(path) => {
            Some(truefill_box::tape::open(path, &mut listing, begins).map_err(Failure::input)?)
        }
    };
    let held: Vec<_> =
        args.holding.iter().map(|text| holding(text, &listing)).collect::<Result<_, _>>()?;
    let switches = Switches {
        sliding: args.windows == "sliding",
        always_open: args.hours == "always",
        ..Switches::default()
    };
    let options = Options {
        seed: args.seed,
        redirect: args.redirect.clone(),
        postback: args.postback.is_some(),
        cash: i64::from(args.cash),
        switches,
        ..Options::default()
    };
    let mut desk = Desk::new(options, listing, begins);
    for (id, qty, px) in held {
        desk.hold(id, qty, px);
    }
    if let Some(tape) = tape {
        desk.play(tape);
    }
    if !desk.preset(&args.faults) {
        faults_of_file(&args.faults, &mut desk, begins)?;
    }
    Ok(desk)
}

/// A file holds what `POST /fault` takes, or a list of it.
fn faults_of_file(path: &str, desk: &mut Desk, begins: Nanos) -> Done {
    let text = std::fs::read_to_string(path).map_err(|error| {
        Failure::Input(format!(
            "--faults {path}: {error}; nothing was started; say {} or a file that is there",
            PRESETS.join(", ")
        ))
    })?;
    let value: serde_json::Value =
        serde_json::from_str(&text).map_err(|error| Failure::about(path, error))?;
    let orders = match value {
        serde_json::Value::Array(orders) => orders,
        one => vec![one],
    };
    for (at, order) in orders.iter().enumerate() {
        let members = order.as_object();
        let members = members.ok_or_else(|| {
            Failure::Input(format!("{path}: entry {at} is no object; see docs/box.md"))
        })?;
        desk.control(begins, "fault", members)
            .map_err(|error| Failure::Input(format!("{path}: entry {at}: {error}")))?;
    }
    Ok(())
}

type Held = (truefill_core::ids::InstrumentId, Qty, truefill_core::num::Px);

fn holding(text: &str, listing: &Listing) -> Result<Held, Failure> {
    let wrong =
        || Failure::Input(format!("--holding {text:?} is no holding; write it as NSE:SBIN=100"));
    let (name, qty) = text.split_once('=').ok_or_else(wrong)?;
    let qty = qty.parse::<i64>().ok().filter(|qty| (1..=1_000_000_000).contains(qty));
    let id = listing.named(name).ok_or_else(wrong)?;
    let item = listing.get(id).ok_or_else(wrong)?;
    Ok((id, Qty::whole(qty.ok_or_else(wrong)?), item.base_px))
}
