//! The presets: how bad a day is.

use super::kinds::Fault;
use std::collections::BTreeMap;

/// Their names, from good to bad.
pub const PRESETS: [&str; 4] = ["calm", "rough", "storm", "beyond"];

/// Kind, and its parts per million in rough and in storm; for kinds that strike at a time of
/// their own, per second. All that storm does is inside what is known of the real broker.
const SHARES: [(Fault, u32, u32); 38] = [
    (Fault::LostReply, 10_000, 60_000),
    (Fault::SlowReply, 20_000, 80_000),
    (Fault::PushTwice, 20_000, 100_000),
    (Fault::PushLost, 10_000, 100_000),
    (Fault::PushLate, 10_000, 80_000),
    (Fault::StaleOrders, 20_000, 100_000),
    (Fault::StaleHistory, 20_000, 100_000),
    (Fault::StaleTrades, 20_000, 100_000),
    (Fault::StalePositions, 20_000, 100_000),
    (Fault::JustAcked, 50_000, 200_000),
    (Fault::ThinMarket, 50_000, 200_000),
    (Fault::CancelRace, 10_000, 80_000),
    (Fault::CancelStuck, 5_000, 40_000),
    (Fault::CancelNumbers, 20_000, 200_000),
    (Fault::LinkLost, 0, 1_000),
    (Fault::TooMany, 1_000, 5_000),
    (Fault::TokenDies, 0, 0),
    (Fault::AutosliceMixed, 50_000, 200_000),
    (Fault::RmsRefuses, 2_000, 15_000),
    (Fault::RmsRejects, 2_000, 15_000),
    (Fault::MarginShort, 0, 5_000),
    (Fault::WrongAddress, 0, 0),
    (Fault::NotAuthorised, 0, 0),
    (Fault::ManualTrade, 0, 500),
    (Fault::SquareOff, 0, 0),
    (Fault::Converted, 0, 0),
    (Fault::RowUnknownStatus, 1_000, 10_000),
    (Fault::RowNulls, 1_000, 10_000),
    (Fault::RowNewKeys, 100_000, 500_000),
    (Fault::FloatNoise, 100_000, 500_000),
    (Fault::HtmlPage, 1_000, 10_000),
    (Fault::CutJson, 1_000, 10_000),
    (Fault::JsonOnCsv, 1_000, 50_000),
    (Fault::HeartbeatStops, 0, 2_000),
    (Fault::TickerDrops, 500, 4_000),
    (Fault::DepthStale, 500, 4_000),
    (Fault::FramesSwapped, 500, 4_000),
    (Fault::DayRoll, 0, 0),
];

/// What only `beyond` does, outside anything that the real broker is known for.
const BEYOND: [(Fault, u32); 5] = [
    (Fault::RowMissing, 20_000),
    (Fault::TokenDies, 200),
    (Fault::SquareOff, 500),
    (Fault::Converted, 500),
    (Fault::WrongAddress, 500),
];

/// The shares of a preset.
pub(super) fn shares(name: &str) -> Option<BTreeMap<Fault, u32>> {
    let storm = || SHARES.iter().map(|(fault, _, storm)| (*fault, *storm));
    Some(match name {
        "calm" => BTreeMap::new(),
        "rough" => SHARES.iter().map(|(fault, rough, _)| (*fault, *rough)).collect(),
        "storm" => storm().collect(),
        "beyond" => storm().chain(BEYOND).collect(),
        _ => return None,
    })
}
