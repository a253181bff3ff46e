//! A real engine on the journal: recovery, deciding again, reading, tables.

mod common;
#[path = "common/shell.rs"]
mod shell;

use common::{Folder, all};
use truefill_core::config::Holding;
use truefill_core::engine::Engine;
use truefill_core::event::{Event, Suspected};
use truefill_core::ids::VenueText;
use truefill_core::input::{Command, Envelope, Input, Operator};
use truefill_core::time::Nanos;
use truefill_journal::{
    Batch, Digest, ErrorKind, Filter, Format, Journal, MemoryStore, Reader, Replayer, Snapshot,
    Store, What, cat, export, open, recover, redecide, snapshot_of, verify,
};

fn kinds(journal: &dyn Journal) -> Vec<String> {
    let mut kinds: Vec<_> = all(journal).into_iter().map(|record| record.kind).collect();
    kinds.sort();
    kinds.dedup();
    kinds
}

#[test]
fn a_run_is_recovered_verified_and_decided_again() {
    let folder = Folder::new("engine");
    let engine = {
        let mut opened = open(&folder.db()).unwrap();
        shell::story(&mut opened.store)
    };
    let opened = open(&folder.db()).unwrap();
    assert!(opened.snapshot.is_some());
    let found = kinds(&opened.store);
    for kind in ["Started", "Released", "Learned", "Closed", "Corrected", "Repeated", "Staged"] {
        assert!(found.iter().any(|k| k == kind), "the story has no {kind}: {found:?}");
    }
    let again = recover(&opened.store, common::config()).unwrap();
    assert_eq!(again.digest(), engine.digest());
    assert_eq!(again.state(), engine.state());
    drop(opened);

    let mut replayer = Replayer::default();
    let report = verify(&folder.db(), Some(("test build", &mut replayer))).unwrap();
    assert!(report.is_ok(), "{:?}", report.problem);
    let done = report.redecided.unwrap();
    assert_eq!((done.inputs, done.applied), (report.inputs, 0));
    assert_eq!((done.digests, report.segments.len()), (report.digests, 2));
    assert!(done.digests > 10);
    assert_eq!(replayer.engine().map(Engine::digest), Some(engine.digest()));

    let mut replayer = Replayer::default();
    let report = verify(&folder.db(), Some(("a later build", &mut replayer))).unwrap();
    assert!(report.is_ok(), "{:?}", report.problem);
    let done = report.redecided.unwrap();
    assert_eq!((done.inputs, done.applied, done.digests), (0, report.events, report.digests));
}

#[test]
fn memory_and_file_are_decided_alike() {
    let folder = Folder::new("alike");
    let mut memory = MemoryStore::new();
    shell::story(&mut memory);
    let mut opened = open(&folder.db()).unwrap();
    shell::story(&mut opened.store);
    assert_eq!(memory.last_chain(), opened.store.last_chain(), "deterministic to the last byte");
    redecide(&memory, "test build", &mut Replayer::default()).unwrap();
}

#[test]
fn a_wrong_event_is_found_by_deciding_again() {
    let mut memory = MemoryStore::new();
    let mut shell = shell::Shell::start(&mut memory, 1000);
    shell.run(&mut memory, 5);
    let mut batch = Batch::new();
    batch.step(&common::tick(shell.now + 1), &[Event::Suspected(Suspected { all_orders: None })]);
    let last = memory.append(&batch).unwrap();
    let error = redecide(&memory, "test build", &mut Replayer::default()).unwrap_err();
    assert_eq!((error.kind(), error.first_bad_seq()), (ErrorKind::Damaged, Some(last)), "{error}");
    redecide(&memory, "another build", &mut Replayer::default()).unwrap();
}

/// A short run, and a step that is ready to be stored.
fn one_more_step(memory: &mut MemoryStore) -> (shell::Shell, Envelope, Vec<Event>) {
    let mut shell = shell::Shell::start(memory, 1000);
    shell.run(memory, 5);
    let operator = Operator { command: Command::Flatten, by: None };
    let input = Input::Operator(operator);
    let envelope = Envelope { now: Nanos(shell.now + 1), marks: vec![], input };
    let events = shell.engine.step(&envelope).events;
    assert!(events.len() > 1);
    (shell, envelope, events)
}

#[test]
fn an_event_that_was_left_out_is_found() {
    let mut memory = MemoryStore::new();
    let (_, envelope, events) = one_more_step(&mut memory);
    let mut batch = Batch::new();
    batch.step(&envelope, &events[..events.len() - 1]);
    let last = memory.append(&batch).unwrap();
    let error = redecide(&memory, "test build", &mut Replayer::default()).unwrap_err();
    assert_eq!(error.first_bad_seq(), Some(last + 1), "{error}");
}

#[test]
fn a_digest_that_does_not_come_out_again_stops_recovery() {
    let mut memory = MemoryStore::new();
    let (_, envelope, events) = one_more_step(&mut memory);
    let mut batch = Batch::new();
    batch.step(&envelope, &events);
    batch.digest(Digest::from(1));
    let last = memory.append(&batch).unwrap();
    for build in ["test build", "another build"] {
        let error = redecide(&memory, build, &mut Replayer::default()).unwrap_err();
        assert_eq!(error.first_bad_seq(), Some(last), "{error}");
    }
    let error = recover(&memory, common::config()).unwrap_err();
    assert_eq!((error.kind(), error.first_bad_seq()), (ErrorKind::Damaged, Some(last)));
}

#[test]
fn a_snapshot_of_another_state_is_as_good_as_none() {
    let mut memory = MemoryStore::new();
    let mut shell = shell::Shell::start(&mut memory, 1000);
    shell.run(&mut memory, 5);
    let early = snapshot_of(&shell.engine, memory.last_seq());
    shell.target(100);
    shell.run(&mut memory, 20);
    let seq = memory.last_seq();
    let wrong = [
        Snapshot { seq, digest: Digest::from(1), body: early.body.clone() },
        Snapshot { seq, digest: Digest::from(shell.engine.digest()), body: early.body },
        Snapshot { seq, digest: Digest::from(shell.engine.digest()), body: b"nonsense".to_vec() },
    ];
    for snapshot in wrong {
        memory.put_snapshot(&snapshot).unwrap();
        let again = recover(&memory, common::config()).unwrap();
        assert_eq!(again.state(), shell.engine.state());
    }
    shell.snapshot(&mut memory);
    let again = recover(&memory, common::config()).unwrap();
    assert_eq!(again.state(), shell.engine.state());
}

#[test]
fn a_configuration_that_lost_a_holding_is_refused() {
    let mut memory = MemoryStore::new();
    shell::story(&mut memory);
    let mut config = common::config();
    config.holdings.pop();
    assert_eq!(recover(&memory, config).unwrap_err().kind(), ErrorKind::Unfit);
    let mut more = common::config();
    more.holdings
        .push(Holding { product: VenueText::new("CNC").unwrap(), ..more.holdings[0].clone() });
    assert_eq!(recover(&memory, more).unwrap().state().holdings.len(), 3);
}

#[test]
fn cat_gives_one_readable_object_for_each_record() {
    let mut memory = MemoryStore::new();
    shell::story(&mut memory);
    let mut out = Vec::new();
    cat(&memory, &Filter::default(), &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    let mut seq = 0;
    for line in text.lines() {
        let value: serde_json::Value = serde_json::from_str(line).unwrap();
        seq += 1;
        assert_eq!(value["seq"], seq, "{line}");
        assert!(value["time"].as_str().unwrap().ends_with('Z') && value["kind"].is_string());
        assert!(value.get("unreadable").is_none(), "{line}");
    }
    assert_eq!(seq, memory.last_seq());
    let first_target = text.lines().find(|line| line.contains("\"TargetSet\"")).unwrap();
    let value: serde_json::Value = serde_json::from_str(first_target).unwrap();
    assert_eq!((&value["qty"], &value["holding"]), (&"100".into(), &0.into()));
    assert_eq!(value["holding_name"], "NSE:INFY MIS");
    assert_eq!(value["sleeve_name"], "orb");
    let filter = Filter { kinds: vec!["Release".into()], to: Some(40), ..Filter::default() };
    let mut out = Vec::new();
    cat(&memory, &filter, &mut out).unwrap();
    let text = String::from_utf8(out).unwrap();
    assert!(text.lines().count() > 2 && text.lines().all(|l| l.contains("\"Release\"")));
}

/// A table as CSV, checked against its JSON Lines form: header, rows.
fn table(journal: &dyn Journal, what: What) -> (Vec<String>, Vec<Vec<String>>) {
    let (mut csv, mut json) = (Vec::new(), Vec::new());
    export(journal, what, Format::Csv, &mut csv).unwrap();
    export(journal, what, Format::JsonLines, &mut json).unwrap();
    let csv = String::from_utf8(csv).unwrap();
    let mut lines = csv.lines();
    let header: Vec<String> = lines.next().unwrap().split(',').map(str::to_owned).collect();
    let rows: Vec<Vec<String>> =
        lines.map(|line| line.split(',').map(str::to_owned).collect()).collect();
    let json = String::from_utf8(json).unwrap();
    assert_eq!(json.lines().count(), rows.len());
    for (line, row) in json.lines().zip(&rows) {
        let value: serde_json::Map<String, serde_json::Value> = serde_json::from_str(line).unwrap();
        assert_eq!(value.len(), header.len());
        for (name, cell) in header.iter().zip(row) {
            let text = match &value[name] {
                serde_json::Value::Null => String::new(),
                serde_json::Value::String(text) => text.clone(),
                other => other.to_string(),
            };
            assert_eq!(&text, cell, "{what} {name}");
        }
    }
    (header, rows)
}

fn column(table: &(Vec<String>, Vec<Vec<String>>), name: &str) -> Vec<String> {
    let at = table.0.iter().position(|column| column == name).unwrap();
    table.1.iter().map(|row| row[at].clone()).collect()
}

fn sum(values: &[String]) -> i128 {
    values.iter().map(|v| truefill_core::num::parse_decimal(v, 9).unwrap_or(0)).sum()
}

#[test]
fn tables_agree_with_the_engine() {
    let folder = Folder::new("tables");
    let engine = {
        let mut opened = open(&folder.db()).unwrap();
        shell::story(&mut opened.store)
    };
    let reader = Reader::open(&folder.db()).unwrap();
    let own = engine.state().holdings[0].own;
    let positions = table(&reader, What::Positions);
    assert_eq!(sum(&column(&positions, "change")), own.0);
    assert_eq!(sum(&column(&positions, "qty")[positions.1.len() - 1..]), own.0);
    assert!(column(&positions, "cause").iter().any(|cause| cause != "fill"));

    let orders = table(&reader, What::Orders);
    assert_eq!(orders.1.len() as u64, engine.state().orders.last);
    let statuses = column(&orders, "status");
    assert!(statuses.iter().any(|s| s == "filled") && statuses.iter().any(|s| s == "rejected"));
    let fills = table(&reader, What::Fills);
    let filled = sum(&column(&orders, "filled_qty"));
    assert_eq!(sum(&column(&fills, "qty")), filled, "each execution once, though all came twice");
    assert!(column(&fills, "source").iter().all(|source| source == "execution"));
    assert!(column(&fills, "symbol").iter().all(|symbol| symbol == "NSE:INFY"));

    let targets = table(&reader, What::Targets);
    assert_eq!(column(&targets, "target")[..4], ["100", "40", "41", "0"]);
    let drifts = table(&reader, What::Drifts);
    assert!(column(&drifts, "event").iter().any(|event| event == "corrected"));
    let mut records = Vec::new();
    export(&reader, What::Records, Format::JsonLines, &mut records).unwrap();
    let lines = String::from_utf8(records).unwrap();
    assert_eq!(lines.lines().count() as u64, reader.last_seq());
    assert!(lines.lines().all(|l| serde_json::from_str::<serde_json::Value>(l).is_ok()));
}
