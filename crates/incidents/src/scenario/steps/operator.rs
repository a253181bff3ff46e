//! What people command.

use super::*;

const ACTIONS: &[(&str, u8)] = &[
    ("halt", 0),
    ("kill", 1),
    ("flatten", 2),
    ("resume", 3),
    ("login", 4),
    ("adopt", 5),
    ("disable", 6),
    ("enable", 7),
    ("inject", 8),
];

pub(super) fn read(of: &Fields<'_>) -> Result<Step, Fault> {
    let action = of.word("action", ACTIONS)?;
    let plain = |command| of.only(&["op", "action"]).map(|()| Step::Command(command));
    match action {
        0 => {
            of.only(&["op", "action", "cancel"])?;
            let own = of.maybe_word("cancel", &[("own", ())])?.is_some();
            Ok(Step::Command(if own { Command::HaltCancel } else { Command::Halt }))
        }
        1 => plain(Command::Kill),
        2 => plain(Command::Flatten),
        3 => plain(Command::Resume),
        4 => plain(Command::Login),
        5 => {
            of.only(&["op", "action", "sym", "qty", "strategy"])?;
            let (symbol, qty, strategy) =
                (of.name("sym")?, of.signed("qty")?, of.name("strategy")?);
            Ok(Step::Adopt { symbol, qty, strategy })
        }
        6 | 7 => {
            of.only(&["op", "action", "strategy"])?;
            Ok(Step::Enable { strategy: of.name("strategy")?, on: action == 7 })
        }
        _ => {
            of.only(&["op", "action", "fault"])?;
            let faults = [
                ("alert_sink_fails", Broken::AlertSink),
                ("planner_ignores_fills", Broken::Planner),
            ];
            of.word("fault", &faults).map(Step::Inject)
        }
    }
}
