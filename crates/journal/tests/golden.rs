//! Golden files: the bytes of every record kind as version 1 stores them.
//!
//! A file holds the readable form as a comment and the bytes as hex. A difference means that
//! old journals would be read differently: give the field a new tag instead. After adding a
//! kind or a field, `TRUEFILL_GOLDEN=write cargo test -p truefill-journal --test golden` writes
//! what is missing or changed; the difference is then reviewed like code.

mod common;
#[path = "common/samples.rs"]
mod samples;

use std::collections::BTreeSet;
use std::fmt::{Debug, Write as _};
use std::path::{Path, PathBuf};

use truefill_core::event::Event;
use truefill_core::ids::SleeveId;
use truefill_core::input::{Envelope, Input};
use truefill_core::order::evidence::Item;
use truefill_core::record::{DecodeError, Field, Record, Sink, bytes};
use truefill_core::report::{Found, News, Outcome};
use truefill_core::time::Nanos;
use truefill_journal::text::{LISTS, to_json};
use truefill_journal::{Batch, Journal, MemoryStore, SegmentStart, Store};

fn folder() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden/v1")
}

/// Compares with the golden file, or writes it when asked to.
fn golden(name: &str, content: &str) {
    let path = folder().join(name);
    if std::env::var_os("TRUEFILL_GOLDEN").is_some() {
        std::fs::write(&path, content).unwrap();
    }
    let stored = std::fs::read_to_string(&path).unwrap_or_default();
    assert!(stored == content, "{name} differs from what is stored:\n{content}\nstored:\n{stored}");
}

fn hex_lines(bytes: &[u8]) -> String {
    let mut out = String::new();
    for line in bytes.chunks(40) {
        line.iter().for_each(|byte| write!(out, "{byte:02x}").unwrap());
        out.push('\n');
    }
    out
}

fn bytes_of_golden(name: &str) -> Vec<u8> {
    let text = std::fs::read_to_string(folder().join(name)).unwrap();
    let hex: String = text.lines().filter(|line| !line.starts_with('#')).collect();
    let byte = |at: usize| u8::from_str_radix(&hex[at..at + 2], 16).unwrap();
    (0..hex.len()).step_by(2).map(byte).collect()
}

fn encoded<R: Record>(record: &R) -> Vec<u8> {
    let mut out = Vec::new();
    bytes::encode(record, &mut out);
    out
}

/// Today's encoder writes the golden bytes, today's decoder reads the value back from them.
fn check<R: Record + PartialEq + Debug>(name: &str, record: &R) {
    let content = format!("# {}\n{}", to_json(record, None), hex_lines(&encoded(record)));
    golden(name, &content);
    assert_eq!(&bytes::decode::<R>(&bytes_of_golden(name)).unwrap(), record, "{name}");
}

fn snake(name: &str) -> String {
    let mut out = String::new();
    for char in name.chars() {
        if char.is_uppercase() && !out.is_empty() {
            out.push('_');
        }
        out.extend(char.to_lowercase());
    }
    out
}

fn input_name(input: &Input) -> String {
    let nested = match input {
        Input::Reply(reply) => reply.outcome.kind(),
        Input::Push(push) => push.news.kind(),
        Input::Answer(answer) => answer.found.kind(),
        _ => return format!("input_{}.hex", snake(input.kind())),
    };
    format!("input_{}_{}.hex", snake(input.kind()), snake(nested))
}

fn event_name(event: &Event) -> String {
    match event {
        Event::Learned(learned) => format!("event_learned_{}.hex", snake(learned.item.kind())),
        _ => format!("event_{}.hex", snake(event.kind())),
    }
}

#[test]
fn every_record_has_its_bytes() {
    let mut names = BTreeSet::from(["config.hex".to_owned(), "words.txt".to_owned()]);
    names.insert("chain.txt".to_owned());
    check("config.hex", &common::config());
    let mut shared = common::config();
    shared.holdings[0].others = vec![SleeveId(2), SleeveId(3)];
    check("config_shared.hex", &shared);
    names.insert("config_shared.hex".to_owned());
    for input in samples::inputs() {
        let name = input_name(&input);
        check(&name, &samples::envelope(input));
        assert!(names.insert(name));
    }
    for event in samples::events() {
        let name = event_name(&event);
        check(&name, &event);
        assert!(names.insert(name));
    }
    if std::env::var_os("TRUEFILL_GOLDEN").is_some() {
        return;
    }
    let stored = std::fs::read_dir(folder()).unwrap();
    let stored: BTreeSet<String> =
        stored.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    assert_eq!(stored, names, "golden files without a record kind");
}

/// The kinds a `variants!` type knows, found out from its decoder.
fn known_tags<T: Record>() -> BTreeSet<u32> {
    let unknown = |tag: u32| {
        let mut bytes = Vec::new();
        varint(tag << 2 | 2, &mut bytes);
        bytes.push(0);
        matches!(bytes::decode::<T>(&bytes), Err(DecodeError::UnknownKind(_)))
    };
    (1..500).filter(|tag| !unknown(*tag)).collect()
}

fn varint(mut value: u32, out: &mut Vec<u8>) {
    while value >= 0x80 {
        out.push((value & 0x7f) as u8 | 0x80);
        value >>= 7;
    }
    out.push(value as u8);
}

/// Takes the tag of the first group.
#[derive(Default)]
struct FirstTag(Option<u32>);

impl Sink for FirstTag {
    fn int(&mut self, _: u32, _: &'static str, _: i128) {}
    fn text(&mut self, _: u32, _: &'static str, _: &str) {}
    fn open(&mut self, tag: u32, _: &'static str) {
        self.0.get_or_insert(tag);
    }
    fn close(&mut self) {}
}

fn all_kinds<T: Record>(samples: &[T]) {
    let tags = samples.iter().map(|sample| {
        let mut first = FirstTag::default();
        sample.write(&mut first);
        first.0.unwrap()
    });
    assert_eq!(tags.collect::<BTreeSet<_>>(), known_tags::<T>());
}

#[test]
fn no_kind_is_forgotten() {
    all_kinds::<Input>(&samples::inputs());
    all_kinds::<Event>(&samples::events());
    all_kinds::<Outcome>(&samples::outcomes());
    all_kinds::<News>(&samples::news());
    all_kinds::<Found>(&samples::findings());
    all_kinds::<Item>(&samples::items());
}

/// Where groups end in a record, the end of the record included.
fn group_ends(bytes: &[u8]) -> Vec<usize> {
    let read = |at: &mut usize| {
        let (mut value, mut shift) = (0u128, 0);
        loop {
            let byte = bytes[*at];
            *at += 1;
            value |= u128::from(byte & 0x7f) << shift;
            shift += 7;
            if byte & 0x80 == 0 {
                return value;
            }
        }
    };
    let (mut at, mut ends) = (0, Vec::new());
    while at < bytes.len() {
        let before = at;
        let head = read(&mut at);
        match (head, head & 3) {
            (0, _) => ends.push(before),
            (_, 0) => drop(read(&mut at)),
            (_, 1) => at += usize::try_from(read(&mut at)).unwrap(),
            (_, 3) => at += 8,
            _ => {}
        }
    }
    ends.push(bytes.len());
    ends
}

/// What a newer program might have added: an integer, a text, a group with both inside.
fn additions() -> Vec<Vec<u8>> {
    let field = |shape: u32, value: &[u8]| {
        let mut out = Vec::new();
        varint(400 << 2 | shape, &mut out);
        out.extend_from_slice(value);
        out
    };
    let (int, text) = (field(0, &[0x83, 1]), field(1, b"\x03new"));
    let fixed = field(3, &[7; 8]);
    let group = field(2, &[int.clone(), text.clone(), fixed.clone(), vec![0]].concat());
    vec![int, text, fixed, group]
}

/// Unknown fields are skipped wherever a record has fields; only the place of a kind refuses.
fn skips_unknown<R: Record + PartialEq + Debug>(record: &R) {
    let bytes = encoded(record);
    let mut skipped = 0;
    for end in group_ends(&bytes) {
        for addition in additions() {
            let newer = [&bytes[..end], &addition[..], &bytes[end..]].concat();
            match bytes::decode::<R>(&newer) {
                Ok(read) => {
                    assert_eq!(&read, record);
                    skipped += 1;
                }
                Err(error) => assert_eq!(error, DecodeError::UnknownKind(400), "{record:?}"),
            }
        }
    }
    assert!(skipped >= 3, "{record:?}");
}

#[test]
fn unknown_fields_are_skipped_unknown_kinds_are_not() {
    skips_unknown(&common::config());
    samples::inputs().into_iter().for_each(|input| skips_unknown(&samples::envelope(input)));
    samples::events().iter().for_each(skips_unknown);
    let error = bytes::decode::<Event>(&[0x92, 0x19, 0]).unwrap_err();
    assert!(error.to_string().contains("use a newer truefill"), "{error}");
}

#[test]
fn cut_records_are_never_read_as_something_else() {
    for event in samples::events() {
        let bytes = encoded(&event);
        for end in 0..bytes.len() {
            assert!(bytes::decode::<Event>(&bytes[..end]).is_err(), "{event:?} cut at {end}");
        }
    }
    for input in samples::inputs() {
        let envelope = samples::envelope(input);
        let bytes = encoded(&envelope);
        for end in 0..bytes.len() {
            assert!(bytes::decode::<Envelope>(&bytes[..end]).is_err(), "{envelope:?} cut at {end}");
        }
    }
}

/// Takes the number and the word of a field.
struct Word<'a>(&'a mut String);

impl Sink for Word<'_> {
    fn int(&mut self, _: u32, _: &'static str, _: i128) {}
    fn text(&mut self, _: u32, _: &'static str, _: &str) {}
    fn open(&mut self, _: u32, _: &'static str) {}
    fn close(&mut self) {}
    fn word(&mut self, _: u32, name: &'static str, number: u32, word: &'static str) {
        writeln!(self.0, "{name} {number} {word}").unwrap();
    }
}

macro_rules! words {
    ($out:ident: $($module:ident: $($name:ident)+;)+) => {$($(
        for word in truefill_core::$module::$name::ALL {
            word.put(1, stringify!($name), &mut Word(&mut $out));
        }
    )+)+};
}

#[test]
fn words_keep_their_numbers() {
    let mut out = String::new();
    words!(out:
        alert: AlertCode;
        config: AmendBy AmendKind CancelProof ClientIds FillIds Funding LossAction OnExpiry OnExternal Peg Phase RoundReads
            Remainder Scope SizeBy Style Then;
        event: Block DriftClass Ending Freeze Lane Mode QueueReason RequestClass WireReason
            WorkReason;
        input: Channel Command;
        order: AmendEnd CancelWhy Intent Rule;
        report: ActivityKind Liquidity OrdStatus ReadFailure RejectCode UnknownCause;
        request: Side TimeInForce;
    );
    golden("words.txt", &out);
    let declared = core_lines().iter().filter(|line| is_word(line)).count();
    assert_eq!(out.lines().count(), declared, "a list of words in the core is not in the golden");
}

/// `Word = 3 "word",`
fn is_word(line: &str) -> bool {
    line.split_once(" = ").is_some_and(|(name, rest)| {
        name.trim_start().chars().all(char::is_alphanumeric)
            && rest.starts_with(|char: char| char.is_ascii_digit())
            && rest.ends_with("\",")
    })
}

/// The declarations of the core, without those of its snapshots, which are never shown.
fn core_lines() -> Vec<String> {
    let mut folders = vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("../core/src")];
    let mut lines = Vec::new();
    while let Some(folder) = folders.pop() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
            } else if !path.ends_with("state/snapshot.rs") {
                let text = std::fs::read_to_string(path).unwrap();
                lines.extend(text.lines().map(str::to_owned));
            }
        }
    }
    assert!(lines.len() > 1000);
    lines
}

#[test]
fn the_readable_form_knows_every_list() {
    // `pub name: Type = tag,` is a field of a record.
    let lines = core_lines();
    let fields = lines.iter().filter_map(|line| {
        let (name, rest) = line.trim().strip_prefix("pub ")?.split_once(": ")?;
        let (ty, tag) = rest.split_once(" = ")?;
        tag.trim_end_matches(',').parse::<u32>().ok()?;
        Some((name, ty))
    });
    let (lists, single): (Vec<_>, Vec<_>) = fields.partition(|(_, ty)| ty.starts_with("Vec<"));
    let lists: BTreeSet<&str> = lists.into_iter().map(|(name, _)| name).collect();
    assert_eq!(lists, LISTS.iter().copied().collect(), "text::LISTS differs from the core");
    assert!(single.len() > 100);
    for (name, ty) in single {
        assert!(!lists.contains(name), "{name} is a list elsewhere and a {ty} here");
    }
}

#[test]
fn the_chain_of_a_fixed_story_is_fixed() {
    let mut store = MemoryStore::new();
    let mut batch = Batch::new();
    let mut out = String::new();
    for epoch in 1..=2 {
        let start = SegmentStart {
            started: Nanos(7),
            epoch,
            build: "a build".to_owned(),
            config: vec![1, 2, 3],
            config_json: "{}".to_owned(),
        };
        store.open_segment(&start).unwrap();
        writeln!(out, "segment {epoch} {}", store.last_chain()).unwrap();
        for n in 1..=4 {
            common::fill_batch(&mut batch, n);
            let seq = store.append(&batch).unwrap();
            writeln!(out, "record {seq} {}", store.last_chain()).unwrap();
        }
    }
    golden("chain.txt", &out);
}
