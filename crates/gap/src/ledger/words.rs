//! The closed vocabularies of the ledger: stages, reasons, mark sources and books.
//!
//! Entry points: [`Stage`], [`Reason`], [`MarkSource`], [`Book`].

use std::fmt;

/// A closed set of words, as a field of the ledger allows them.
pub(crate) trait Word: Copy + 'static {
    /// Every member, in the order in which an error lists them.
    const WORDS: &'static [Self];

    /// The word in the ledger.
    fn word(self) -> &'static str;

    /// The member that `text` names.
    fn from_word(text: &str) -> Option<Self> {
        Self::WORDS.iter().copied().find(|member| member.word() == text)
    }
}

macro_rules! vocabulary {
    (
        $(#[$docs:meta])*
        $name:ident { $($(#[$member_docs:meta])* $member:ident = $word:literal,)+ }
    ) => {
        $(#[$docs])*
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum $name {
            $($(#[$member_docs])* $member,)+
        }

        impl $name {
            /// Every member, in its natural order.
            pub const ALL: &'static [$name] = &[$($name::$member,)+];

            /// The word that stands for it in a ledger.
            pub fn as_str(self) -> &'static str {
                match self {
                    $($name::$member => $word,)+
                }
            }
        }

        impl Word for $name {
            const WORDS: &'static [Self] = $name::ALL;

            fn word(self) -> &'static str {
                self.as_str()
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.pad(self.as_str())
            }
        }

        impl serde::Serialize for $name {
            fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
                serializer.serialize_str(self.as_str())
            }
        }
    };
}

vocabulary! {
    /// A rung of the ladder: the position if everything up to it had been instantaneous.
    Stage {
        /// Q0, the theoretical book; moved by theoretical fills.
        Theory = "theory",
        /// Q1, the same strategy on the data that really arrived.
        Twin = "twin",
        /// Q2, the targets the live strategy emitted.
        Emitted = "emitted",
        /// Q3, after rounding to lots and minimum sizes.
        Rounded = "rounded",
        /// Q4, admitted by risk, margin and market hours.
        Admitted = "admitted",
        /// Q5, released by the rate limiter.
        Released = "released",
        /// Q6, accepted by the broker.
        Accepted = "accepted",
        /// Q7, filled by our orders.
        Filled = "filled",
        /// Q8, the broker's truth; moved by fills, external trades and crosses.
        Broker = "broker",
    }
}

vocabulary! {
    /// Why units wait before a stage, where one stage knows several causes.
    Reason {
        /// At `emitted`: the target depends on the strategy's own fills.
        Feedback = "feedback",
        /// At `released`: waiting for a slot of the rate limiter.
        Queue = "queue",
        /// At `released`: sending is paused after a refusal, an error or a time-out.
        Backoff = "backoff",
        /// At `accepted`: on the way to the broker.
        Wire = "wire",
        /// At `accepted`: the broker refused.
        Rejected = "rejected",
        /// At `filled`: the order works.
        Work = "work",
        /// At `filled`: the remainder was cancelled or expired.
        Dropped = "dropped",
        /// At `filled`: more was filled than ordered.
        Overfill = "overfill",
    }
}

vocabulary! {
    /// Where a mark comes from, the best first.
    MarkSource {
        /// The middle of a fresh two-sided quote.
        Mid = "mid",
        /// The last trade.
        Last = "last",
        /// The close of a bar.
        Close = "close",
    }
}

vocabulary! {
    /// One of the two books that a ledger compares.
    Book {
        /// The theoretical book.
        Theory = "theory",
        /// The live book.
        Live = "live",
    }
}

impl Stage {
    /// The stages that a `stage` line may set; the ends of the ladder move by trades.
    pub const SETTABLE: &'static [Stage] = &[
        Stage::Twin,
        Stage::Emitted,
        Stage::Rounded,
        Stage::Admitted,
        Stage::Released,
        Stage::Accepted,
        Stage::Filled,
    ];

    /// The reasons that may be given for units waiting before this stage.
    pub fn reasons(self) -> &'static [Reason] {
        match self {
            Stage::Emitted => &[Reason::Feedback],
            Stage::Released => &[Reason::Queue, Reason::Backoff],
            Stage::Accepted => &[Reason::Wire, Reason::Rejected],
            Stage::Filled => &[Reason::Work, Reason::Dropped, Reason::Overfill],
            Stage::Theory | Stage::Twin | Stage::Rounded | Stage::Admitted | Stage::Broker => &[],
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_reason_belongs_to_exactly_one_stage() {
        for reason in Reason::ALL {
            let owners = Stage::ALL.iter().filter(|stage| stage.reasons().contains(reason)).count();
            assert_eq!(owners, 1, "{reason}");
        }
    }

    #[test]
    fn words_read_back_and_case_matters() {
        for stage in Stage::ALL {
            assert_eq!(Stage::from_word(stage.as_str()), Some(*stage));
        }
        assert_eq!(Stage::from_word("Twin"), None);
        assert_eq!(Stage::SETTABLE.len(), Stage::ALL.len() - 2);
    }
}
