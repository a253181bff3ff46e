//! Weather: named sets of faults. All of it stays inside what a broker's descriptor declares,
//! except `beyond`.

use super::{FaultKind, Faults, Setting};

/// Kinds and their rates, in parts per million.
type Rates = [(FaultKind, u32)];

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
const STORM: [(FaultKind, u32); 78] = [
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
    (FaultKind::Maintenance, 500),
    (FaultKind::TokenDeath, 300),
    (FaultKind::HalfLogin, 300),
    (FaultKind::RateBan, 300),
    (FaultKind::Bare429, 1_000),
    (FaultKind::LateReply, 5_000),
    (FaultKind::HtmlBody, 5_000),
    (FaultKind::NewKeys, 20_000),
    (FaultKind::NoFunds, 1_000),
    (FaultKind::PriceBand, 3_000),
    (FaultKind::RiskRefused, 3_000),
    (FaultKind::RejectedRow, 5_000),
    (FaultKind::FalseDuplicateId, 3_000),
    (FaultKind::TimestampRefused, 3_000),
    (FaultKind::MarketClosed, 3_000),
    (FaultKind::Timeout400, 8_000),
    (FaultKind::AckWithoutId, 10_000),
    (FaultKind::LinkLoss, 10_000),
    (FaultKind::CancelStuck, 5_000),
    (FaultKind::CancelIgnored, 20_000),
    (FaultKind::CancelRefused, 20_000),
    (FaultKind::UnknownToCancel, 20_000),
    (FaultKind::AmendRace, 50_000),
    (FaultKind::AmendRefused, 20_000),
    (FaultKind::OrderExpired, 5_000),
    (FaultKind::SessionEnd, 1_000),
    (FaultKind::FalseCancel, 10_000),
    (FaultKind::CanceledAsFilled, 50_000),
    (FaultKind::LateStatus, 20_000),
    (FaultKind::StatusRepeats, 20_000),
    (FaultKind::CumGoesBack, 20_000),
    (FaultKind::EmptyExecId, 10_000),
    (FaultKind::SharedExecId, 30_000),
    (FaultKind::NoCum, 10_000),
    (FaultKind::NullFields, 10_000),
    (FaultKind::ZeroFill, 5_000),
    (FaultKind::PushWithoutClientId, 20_000),
    (FaultKind::UnknownStatus, 5_000),
    (FaultKind::SkewedTimes, 20_000),
    (FaultKind::StreamZombie, 1_000),
    (FaultKind::StreamReplay, 300_000),
    (FaultKind::Bust, 1_500),
    (FaultKind::Correction, 3_000),
    (FaultKind::Liquidation, 500),
    (FaultKind::Split, 500),
    (FaultKind::Funding, 3_000),
    (FaultKind::EmptyPositions, 3_000),
    (FaultKind::ZeroPosition, 5_000),
    (FaultKind::FlippedPosition, 3_000),
    (FaultKind::ShortPage, 5_000),
    (FaultKind::UnknownRowStatus, 3_000),
];

/// What `beyond` adds to a storm, in parts per million: what no descriptor allows.
const BEYOND: [(FaultKind, u32); 14] = [
    (FaultKind::AppearsTooLate, 8_000),
    (FaultKind::ArrivesTooLate, 4_000),
    (FaultKind::ReadTooOld, 10_000),
    (FaultKind::DoubledOrder, 5_000),
    (FaultKind::Executed429, 5_000),
    (FaultKind::RefusedExecuted, 5_000),
    (FaultKind::PhantomFill, 4_000),
    (FaultKind::VanishedOrder, 4_000),
    (FaultKind::WrongPosition, 4_000),
    (FaultKind::EmptyOrders, 4_000),
    (FaultKind::MissingOrder, 8_000),
    (FaultKind::WrongSymbol, 3_000),
    (FaultKind::LowCum, 5_000),
    (FaultKind::FalseProof, 4_000),
];

impl Faults {
    /// Names of the presets.
    pub const PRESETS: [&'static str; 4] = ["calm", "rough", "storm", "beyond"];

    /// `calm`: latency only. `rough`: a bad day. `storm`: everything at once, inside what the
    /// descriptor declares. `beyond`: outside of it, where a frozen holding is the right end.
    #[must_use]
    pub fn preset(name: &str) -> Option<Self> {
        let (rates, more): (&Rates, &Rates) = match name {
            "calm" => (&[], &[]),
            "rough" => (&ROUGH, &[]),
            "storm" => (&STORM, &[]),
            "beyond" => (&STORM, &BEYOND),
            _ => return None,
        };
        let set =
            |faults: Self, (kind, ppm): &(FaultKind, u32)| faults.set(*kind, Setting::ppm(*ppm));
        Some(rates.iter().chain(more).fold(Self::default(), set))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_storm_has_everything() {
        let storm = Faults::preset("storm").unwrap();
        assert!(FaultKind::ALL.iter().all(|kind| (storm.get(*kind).ppm > 0) != kind.is_beyond()));
        let beyond = Faults::preset("beyond").unwrap();
        assert!(FaultKind::ALL.iter().all(|kind| beyond.get(*kind).ppm > 0));
        assert_eq!(Faults::preset("calm"), Some(Faults::default()));
        assert!(Faults::PRESETS.iter().all(|name| Faults::preset(name).is_some()));
        assert_eq!(Faults::preset("breeze"), None);
    }
}
