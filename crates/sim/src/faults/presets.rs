//! Weather: named sets of faults. All of it stays inside what a broker's descriptor declares.

use super::{FaultKind, Faults, Setting};

/// Rates of a bad day, in parts per million.
const ROUGH: [(FaultKind, u32); 14] = [
    (FaultKind::LostRequest, 2_000),
    (FaultKind::LostAck, 5_000),
    (FaultKind::LateAck, 2_000),
    (FaultKind::ServerErrorExecuted, 2_000),
    (FaultKind::ServerErrorNotExecuted, 2_000),
    (FaultKind::ResetExecuted, 2_000),
    (FaultKind::FillBeforeAck, 50_000),
    (FaultKind::CancelRace, 10_000),
    (FaultKind::PartialFills, 100_000),
    (FaultKind::LostPush, 5_000),
    (FaultKind::DuplicatePush, 10_000),
    (FaultKind::ReorderPush, 10_000),
    (FaultKind::FailedRead, 5_000),
    (FaultKind::StaleRead, 200_000),
];

/// Rates of a storm, in parts per million: everything at once.
const STORM: [(FaultKind, u32); 27] = [
    (FaultKind::LostRequest, 15_000),
    (FaultKind::LostAck, 25_000),
    (FaultKind::LateAck, 15_000),
    (FaultKind::ServerErrorExecuted, 15_000),
    (FaultKind::ServerErrorNotExecuted, 15_000),
    (FaultKind::ResetExecuted, 15_000),
    (FaultKind::ResetNotExecuted, 15_000),
    (FaultKind::Spurious429, 5_000),
    (FaultKind::FillBeforeAck, 150_000),
    (FaultKind::GarbleReply, 10_000),
    (FaultKind::TruncateReply, 10_000),
    (FaultKind::CancelRace, 80_000),
    (FaultKind::DelayedTerminal, 80_000),
    (FaultKind::PartialFills, 250_000),
    (FaultKind::SecondExecId, 20_000),
    (FaultKind::LostPush, 30_000),
    (FaultKind::DuplicatePush, 40_000),
    (FaultKind::ReorderPush, 60_000),
    (FaultKind::GarblePush, 10_000),
    (FaultKind::TruncatePush, 10_000),
    (FaultKind::StreamDown, 3_000),
    (FaultKind::RestDown, 1_000),
    (FaultKind::FailedRead, 30_000),
    (FaultKind::StaleRead, 300_000),
    (FaultKind::MissingRows, 5_000),
    (FaultKind::BadRow, 5_000),
    (FaultKind::ManualTrade, 1_000),
];

impl Faults {
    /// Names of the presets.
    pub const PRESETS: [&'static str; 3] = ["calm", "rough", "storm"];

    /// `calm`: latency only. `rough`: a bad day. `storm`: everything at once.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        let rates: &[(FaultKind, u32)] = match name {
            "calm" => &[],
            "rough" => &ROUGH,
            "storm" => &STORM,
            _ => return None,
        };
        let calm = Self::default();
        Some(rates.iter().fold(calm, |faults, (kind, ppm)| faults.set(*kind, Setting::ppm(*ppm))))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_has_everything() {
        let storm = Faults::preset("storm").unwrap();
        assert!(FaultKind::ALL.iter().all(|kind| storm.get(*kind).ppm > 0));
        assert_eq!(Faults::preset("calm"), Some(Faults::default()));
        assert!(Faults::PRESETS.iter().all(|name| Faults::preset(name).is_some()));
        assert_eq!(Faults::preset("breeze"), None);
    }
}
