use proptest::prelude::*;

use super::*;

#[test]
fn offsets_are_honoured() {
    let utc = parse("2025-03-25T10:00:00Z");
    for text in [
        "2025-03-25T15:30:00+05:30",
        "2025-03-25 10:00:00+00:00",
        "2025-03-25t06:00:00-04:00",
        "2025-03-26T00:00:00.000000000000+14:00",
        "2025-03-25T10:00:00-00:00",
        "2025-03-25T10:00:00z",
    ] {
        assert_eq!(parse(text), utc, "{text}");
    }
}

#[test]
fn known_instants_are_exact() {
    for (text, ns) in [
        ("1970-01-01T00:00:00Z", 0),
        ("1969-12-31T23:59:59.999999999Z", -1),
        ("2000-02-29T12:00:00.5Z", 951_825_600_500_000_000),
        ("2025-03-25T23:07:00.773684644Z", 1_742_944_020_773_684_644),
        ("2262-04-11T23:47:16.854775807Z", i64::MAX),
        ("1677-09-21T00:12:43.145224192Z", i64::MIN),
    ] {
        assert_eq!(parse(text), Ok(Nanos(ns)), "{text}");
        assert_eq!(parse(&print(Nanos(ns))), Ok(Nanos(ns)), "{text}");
    }
}

#[test]
fn what_cannot_be_known_is_refused_with_its_reason() {
    use TimeError::*;
    for (text, why) in [
        ("2025-03-25", DateOnly),
        ("2025-03-25T10:00:00", NoOffset),
        ("2025-03-25T10:00:00.25", NoOffset),
        ("2016-12-31T23:59:60Z", LeapSecond),
        ("2016-12-31T23:59:61Z", NoSuchTime),
        ("2025-02-29T00:00:00Z", NoSuchTime),
        ("1900-02-29T00:00:00Z", NoSuchTime),
        ("2025-13-01T00:00:00Z", NoSuchTime),
        ("2025-00-01T00:00:00Z", NoSuchTime),
        ("2025-01-00T00:00:00Z", NoSuchTime),
        ("2025-01-01T24:00:00Z", NoSuchTime),
        ("2025-01-01T00:00:00+24:00", NoSuchTime),
        ("2025-01-01T00:00:00+05:60", NoSuchTime),
        ("2025-01-01T00:00:00.0000000001Z", TooPrecise),
        ("2262-04-11T23:47:16.854775808Z", OutOfRange),
        ("9999-12-31T23:59:59Z", OutOfRange),
        ("0000-01-01T00:00:00Z", OutOfRange),
        ("", Malformed),
        ("2025-01-01T00:00Z", Malformed),
        ("2025-01-01T00:00:00.Z", Malformed),
        ("2025-01-01T00:00:00+0530", Malformed),
        ("2025-01-01T00:00:00ZZ", Malformed),
        ("2025-01-01T00:00:00 Z", Malformed),
        ("25-01-01T00:00:00Z", Malformed),
        ("2025-1-1T00:00:00Z", Malformed),
        ("+025-01-01T00:00:00Z", Malformed),
        ("2025\u{2010}01-01T00:00:00Z", Malformed),
        (" 2025-01-01T00:00:00Z", Malformed),
    ] {
        assert_eq!(parse(text), Err(why), "{text}");
        assert!(!why.allowed().is_empty() && !why.to_string().is_empty());
    }
}

#[test]
fn integer_stamps_are_nanoseconds_or_refused() {
    assert_eq!(parse_stamp("100000000000000000"), Ok(Nanos(STAMP_NS_MIN)));
    assert_eq!(parse_stamp("9223372036854775807"), Ok(Nanos(i64::MAX)));
    assert_eq!(parse_stamp("9223372036854775808"), Err(TimeError::OutOfRange));
    for coarse in ["0", "1742944020", "1742944020773", "1742944020773684"] {
        assert_eq!(parse_stamp(coarse), Err(TimeError::CoarseStamp), "{coarse}");
    }
    assert_eq!(parse_stamp("-1742944020773684644"), Err(TimeError::Malformed));
    assert_eq!(parse_stamp("20250325"), Err(TimeError::CoarseStamp));
    assert_eq!(parse_stamp(""), Err(TimeError::Malformed));
}

proptest! {
    #[test]
    fn what_is_printed_is_read_back(ns in any::<i64>()) {
        prop_assert_eq!(parse(&print(Nanos(ns))), Ok(Nanos(ns)));
    }

    #[test]
    fn an_offset_shifts_and_nothing_else(ns in -4_000_000_000_000_000_000..4_000_000_000_000_000_000i64,
                                         minutes in -1439..=1439i64) {
        let local = print(Nanos(ns + minutes * 60 * SECOND_NS));
        let sign = if minutes < 0 { '-' } else { '+' };
        let (h, m) = (minutes.abs() / 60, minutes.abs() % 60);
        let text = format!("{}{sign}{h:02}:{m:02}", local.trim_end_matches('Z'));
        prop_assert_eq!(parse(&text), Ok(Nanos(ns)));
    }

    #[test]
    fn no_text_panics(text in "\\PC{0,40}") {
        let _ = parse_stamp(&text);
    }

    #[test]
    fn no_near_miss_panics(text in "[0-9]{4}-[0-9]{2}-[0-9]{2}[T ][0-9:.Z+-]{0,24}") {
        let _ = parse_stamp(&text);
    }
}
