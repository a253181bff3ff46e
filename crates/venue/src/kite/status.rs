//! Every status of an order, as the book, the history, pushes and postbacks write it.

use truefill_core::report::OrdStatus;

/// What a status means. An unknown one is an error of its row: it may be the end of an order.
///
/// A partly filled order reads `OPEN`. `TRIGGER PENDING` is a stop order at rest. `UPDATE` and
/// `CANCEL` are words of pushes. Statuses of a modification say that the order works, with old or
/// new terms.
pub fn status_of(text: &str) -> Option<OrdStatus> {
    Some(match text {
        "PUT ORDER REQ RECEIVED"
        | "PUT ORDER REQUEST RECEIVED"
        | "VALIDATION PENDING"
        | "OPEN PENDING"
        | "AMO REQ RECEIVED"
        | "AMO REQUEST RECEIVED" => OrdStatus::Pending,
        "OPEN"
        | "TRIGGER PENDING"
        | "MODIFY VALIDATION PENDING"
        | "MODIFY PENDING"
        | "MODIFIED"
        | "MODIFY AMO REQ RECEIVED"
        | "UPDATE" => OrdStatus::Open,
        "CANCEL PENDING" | "CANCEL VALIDATION PENDING" | "CANCEL AMO REQ RECEIVED" => {
            OrdStatus::CancelPending
        }
        "COMPLETE" => OrdStatus::Filled,
        "CANCELLED" | "CANCELED" | "CANCEL" | "CANCELLED AMO" => OrdStatus::Canceled,
        "REJECTED" => OrdStatus::Rejected,
        "LAPSED" | "EXPIRED" => OrdStatus::Expired,
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_the_end_of_an_order_is_terminal() {
        for text in ["OPEN", "UPDATE", "CANCEL PENDING", "TRIGGER PENDING", "MODIFIED"] {
            assert!(status_of(text).is_some_and(|status| !status.is_terminal()), "{text}");
        }
        for text in ["COMPLETE", "CANCELLED", "CANCEL", "REJECTED"] {
            assert!(status_of(text).is_some_and(OrdStatus::is_terminal), "{text}");
        }
        for text in ["", "open", "OPEN ", "SHINY NEW STATUS"] {
            assert_eq!(status_of(text), None, "{text}");
        }
    }
}
