//! Keys of `[live]`, and what is said about wrong ones.

use crate::config::live::{Place, place};
use std::path::Path;

/// A node with these lines in its `[live]`.
fn with(lines: &str) -> Result<Place, String> {
    let text =
        format!("[account]\nname = \"AB1234\"\nbroker = \"kite\"\n[live]\n{lines}\n[strategy.a]\n");
    place(&text, "my.toml", Path::new("")).map_err(|error| error.to_string())
}

#[test]
fn times_of_reminders_are_times_of_day() {
    let times = |lines: &str| with(lines).map(|place| place.settings.remind);
    assert_eq!(times(""), Ok(vec![30_600, 32_700]));
    assert_eq!(times("remind = []"), Ok(vec![]));
    assert_eq!(times("remind = [\"09:00\", \"00:01\", \"09:00\"]"), Ok(vec![60, 32_400]));
    for wrong in
        ["remind = [\"24:00\"]", "remind = [\"9:00\"]", "remind = [9]", "remind = \"09:00\""]
    {
        let why = times(wrong).expect_err(wrong);
        assert!(why.contains("live.remind") && why.contains("08:30"), "{why}");
    }
    let many = vec!["\"09:00\""; 25].join(", ");
    let why = times(&format!("remind = [{many}]")).expect_err("too many");
    assert!(why.contains("at most 24"), "{why}");
}

#[test]
fn the_address_of_postbacks_is_one_of_this_machine() {
    let address = |lines: &str| with(lines).map(|place| place.settings.postback);
    assert_eq!(address(""), Ok(None));
    let here = "127.0.0.1:8721".parse().ok();
    assert_eq!(address("postback = \"127.0.0.1:8721\""), Ok(here));
    for wrong in ["8721", "\"8721\"", "\"localhost:8721\"", "\"127.0.0.1:0\"", "\"https://a/b\""] {
        let why = address(&format!("postback = {wrong}")).expect_err(wrong);
        assert!(why.contains("live.postback") && why.contains("127.0.0.1:8721"), "{why}");
    }
}
