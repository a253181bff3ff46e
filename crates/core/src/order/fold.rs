//! What follows from the evidence about one order: a pure function of the set (law 3).
//!
//! Filled quantity = executions at their latest revision, without busts, plus what cumulative
//! reports show beyond all executions ever told of.
//!
//! Executions are told apart by what they cover, not by their ids alone:
//! 1. With CumQty, an execution covers the span from `cum - qty` to `cum`. Equal spans are one
//!    execution under any ids; equal ids with different spans are two.
//! 2. Without CumQty it is the id that counts; an id that a spanned execution carries is that one.
//! 3. With neither, quantity, price and time together are the id.
//! 4. Of several executions under one id with one span, the latest by time is the revision in
//!    force. Spans that overlap without being equal contradict each other: the excess over the
//!    order is not booked and `overfill` is set.

use super::AmendEnd;
use super::amends::{self, Terms};
use super::evidence::{Evidence, Item};
use crate::config::{CancelProof, Descriptor, FillIds};
use crate::ids::VenueText;
use crate::num::{Amount, Qty};
use crate::report::{BustReport, FillReport, OrdStatus, RejectCode};
use crate::time::Nanos;

/// What is known of an order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Known {
    /// Which quantity and price are in force, and which may be.
    pub terms: Terms,
    /// An amend was refused, and no read asked since has shown the order.
    pub unchecked: bool,
    /// CumQty that is believed, never above the largest OrderQty that may be in force.
    pub filled: Qty,
    /// Sum of quantity × price of the executions (without the part known by CumQty only).
    pub notional: Amount,
    /// Part of `filled` that only a cumulative report shows: no price is known for it.
    pub unpriced: Qty,
    /// After a bust, what a cumulative number shows beyond the executions told of: it may be
    /// filled or taken back. Not booked, but exposure until the trades are read.
    pub unproven: Qty,
    /// Fees told of, positive is a cost.
    pub fees: Amount,
    /// The broker has or had it.
    pub exists: bool,
    /// Nothing of it can fill any more, as far as anything can be proven.
    pub done: bool,
    /// A terminal status was claimed and is not proven yet.
    pub claimed: bool,
    /// Its request has or had no certain outcome.
    pub doubtful: bool,
    /// The broker says there is nothing to cancel.
    pub gone: bool,
    /// The broker ended it as refused after it had taken it.
    pub rejected: bool,
    /// The reason it told for that.
    pub rejected_code: Option<RejectCode>,
    /// Another order took its place, or is said to have.
    pub replaced: bool,
    /// Part of the executions that the broker kept in kind.
    pub kept: Qty,
    /// Refused for sure, with the reason.
    pub refused: Option<RejectCode>,
    /// Never sent, for sure.
    pub unsent: bool,
    /// Proven not to be there.
    pub absent: bool,
    /// After a bust, what a read of the trades has shown to be taken back without being told of.
    pub unheard: Qty,
    /// Executions told of, each once.
    pub executions: u32,
    /// Executions claimed more than the order.
    pub overfill: bool,
    /// Executions were taken back: cumulative numbers alone prove nothing any more.
    pub busted: bool,
}

/// How far a broker's words and ids are believed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Trust {
    /// What proves that an order is finished.
    pub proof: CancelProof,
    /// Ids of executions that differ only after the last dot are revisions of one.
    pub revisions: bool,
}

impl From<CancelProof> for Trust {
    fn from(proof: CancelProof) -> Self {
        Self { proof, revisions: false }
    }
}

impl From<&Descriptor> for Trust {
    fn from(of: &Descriptor) -> Self {
        Self { proof: of.cancel_proof, revisions: of.fill_ids == Some(FillIds::Revisions) }
    }
}

/// One execution as it is booked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Execution {
    /// The report in force.
    pub report: FillReport,
    /// When it happened: the earliest time it was ever told with. A correction is later.
    pub time: Nanos,
    /// Other ids under which it was told of.
    pub other_ids: Vec<VenueText>,
    /// Taken back.
    pub busted: bool,
}

impl Execution {
    /// It was told of under this id.
    fn is_called(&self, id: &VenueText) -> bool {
        self.report.exec_id == *id || self.other_ids.contains(id)
    }

    fn new(report: &FillReport) -> Self {
        Self { time: report.time, report: report.clone(), other_ids: Vec::new(), busted: false }
    }
}

/// The executions in the evidence, each once, busted ones included and marked.
#[must_use]
pub fn executions(evidence: &Evidence) -> Vec<Execution> {
    executions_by(evidence, false)
}

/// Two ids are of one execution: equal, or revisions of one where the broker numbers them.
#[must_use]
pub fn are_alike(a: &VenueText, b: &VenueText, revisions: bool) -> bool {
    let stem = |id: &VenueText| id.as_str().rsplit_once('.').map(|(stem, _)| stem.to_owned());
    a == b || (revisions && stem(a).is_some() && stem(a) == stem(b))
}

/// The number of a revision.
fn revision(id: &VenueText) -> Option<u64> {
    id.as_str().rsplit_once('.').and_then(|(_, number)| number.parse().ok())
}

pub(crate) fn executions_by(evidence: &Evidence, revisions: bool) -> Vec<Execution> {
    let mut found: Vec<Execution> = Vec::new();
    let fills = || {
        evidence.items().iter().filter_map(|item| match item {
            // An execution of nothing says nothing.
            Item::Fill(fill) if fill.qty.0 > 0 => Some(fill),
            _ => None,
        })
    };
    let taken_back = taken_back(evidence);
    // After a bust CumQty goes back, and an execution since may cover what the busted one did.
    let since_its_bust = |early: &Execution, late: Nanos| {
        let busts = taken_back.iter().filter(|bust| early.is_called(&bust.exec_id));
        busts.into_iter().any(|bust| bust.time >= early.report.time && late > bust.time)
    };
    let refilled = |e: &Execution, fill: &FillReport| {
        let other = || Execution::new(fill);
        !e.is_called(&fill.exec_id)
            && !taken_back.is_empty()
            && (since_its_bust(e, fill.time) || since_its_bust(&other(), e.report.time))
    };
    for fill in fills().filter(|f| f.cum.is_some()) {
        let same_span = |e: &&mut Execution| {
            let same = e.report.cum == fill.cum && e.report.qty == fill.qty;
            let same = same && !refilled(e, fill);
            same || e.is_called(&fill.exec_id) && crate::planted!(OneIdIsOneFill)
        };
        match found.iter_mut().find(same_span) {
            Some(known) if !crate::planted!(EveryMessageIsAFill) => revise(known, fill, revisions),
            _ => found.push(Execution::new(fill)),
        }
    }
    let spanned = found.len();
    let mut ids_of_spans: Vec<VenueText> =
        fills().filter(|f| f.cum.is_some()).map(|f| f.exec_id).collect();
    ids_of_spans.sort_unstable();
    let mut reads: Vec<&FillReport> = Vec::new();
    for fill in fills().filter(|f| f.cum.is_none()) {
        if !fill.exec_id.is_empty() && ids_of_spans.binary_search(&fill.exec_id).is_ok() {
            reads.push(fill);
            continue;
        }
        if revisions && !fill.exec_id.is_empty() {
            let alike = |e: &&mut Execution| are_alike(&e.report.exec_id, &fill.exec_id, true);
            if let Some(known) = found[..spanned].iter_mut().find(alike) {
                revise(known, fill, true);
                continue;
            }
        }
        let nameless = fill.exec_id.is_empty();
        let same = |e: &&mut Execution| {
            if nameless {
                (e.report.qty, e.report.px, e.report.time) == (fill.qty, fill.px, fill.time)
            } else {
                are_alike(&e.report.exec_id, &fill.exec_id, revisions)
            }
        };
        let among = if nameless { 0 } else { spanned };
        match found[among..].iter_mut().find(same) {
            Some(known) => revise(known, fill, revisions),
            None => found.push(Execution::new(fill)),
        }
    }
    corrected_by_reads(&mut found[..spanned], reads);
    for execution in &mut found {
        execution.busted = taken_back.iter().any(|bust| execution.is_called(&bust.exec_id));
    }
    found
}

/// Executions that were taken back. Without an id nobody knows which one is meant: a read of the
/// trades tells.
fn taken_back(evidence: &Evidence) -> Vec<&BustReport> {
    let busts = evidence.items().iter().filter_map(|item| match item {
        Item::Bust(bust) => Some(bust),
        _ => None,
    });
    busts.filter(|bust| !bust.exec_id.is_empty()).collect()
}

/// A read repeats what was pushed, unless the price was corrected and the message of that is lost.
/// Where it was corrected and corrected back, the latest read speaks, whatever the price is.
/// One id may stand for several executions: then nobody knows which one is meant.
fn corrected_by_reads(spans: &mut [Execution], mut reads: Vec<&FillReport>) {
    reads.sort_by_key(|fill| fill.time);
    for fill in reads {
        let is_meant = |e: &&mut Execution| e.is_called(&fill.exec_id) && e.report.qty == fill.qty;
        let mut meant = spans.iter_mut().filter(is_meant);
        if let (Some(known), None) = (meant.next(), meant.next())
            && fill.time > known.report.time
            && fill.px != known.report.px
        {
            revise(known, fill, false);
        }
    }
}

/// The later report is in force; a missing detail is taken from the other one.
fn revise(known: &mut Execution, fill: &FillReport, revisions: bool) {
    let other_id = if known.is_called(&fill.exec_id) { None } else { Some(fill.exec_id) };
    known.time = known.time.min(fill.time);
    let old = &known.report;
    let numbers = (revision(&fill.exec_id), revision(&old.exec_id));
    let newer = match numbers {
        (Some(new), Some(known)) if revisions && new != known => new > known,
        _ => (fill.time, fill) > (old.time, old),
    };
    let mut report = if newer { fill.clone() } else { old.clone() };
    let other = if newer { old } else { fill };
    report.liquidity = report.liquidity.or(other.liquidity);
    report.touch = report.touch.or(other.touch);
    report.fee = report.fee.or(other.fee);
    report.kept = report.kept.or(other.kept);
    if report.cum.is_none() && other.cum.is_some() {
        // What it covers was told with the other one.
        (report.qty, report.cum) = (other.qty, other.cum);
    }
    // Whichever report is in force, no id is forgotten.
    let dropped_id = known.report.exec_id;
    let gained = other_id.is_some_and(|id| id == report.exec_id);
    known.other_ids.extend(if gained { Some(dropped_id) } else { other_id });
    known.report = report;
}

/// What the items say besides executions.
#[derive(Default)]
struct Words {
    cum_max: Qty,
    absences: u32,
    /// When the broker first said that there is nothing to cancel.
    gone: Option<Nanos>,
    /// A terminal status other than "filled" that is proven.
    ended: bool,
    /// Another order took its place.
    succeeded: bool,
    /// A read said "filled": true only when the quantity says so too.
    read_filled: bool,
    claimed: Option<Nanos>,
    seen_alive: Option<Nanos>,
    has_fills: bool,
    void: bool,
    /// When the trades were last read after a bust, and what was not in them.
    audit: Option<(Nanos, Qty)>,
    amended: bool,
}

fn words(evidence: &Evidence, proof: CancelProof, known: &mut Known) -> Words {
    let mut words = Words::default();
    for item in evidence.items() {
        match item {
            Item::Ack(_) => known.exists = true,
            Item::Seen(seen) => {
                known.exists = true;
                words.seen_alive = words.seen_alive.max(seen.asked);
            }
            Item::Refusal(refusal) => known.refused = Some(refusal.code),
            Item::Unsent(_) => known.unsent = true,
            Item::Doubt(_) => known.doubtful = true,
            Item::Fill(fill) if fill.qty.0 <= 0 => {}
            Item::Fill(fill) => {
                words.has_fills = true;
                words.cum_max = words.cum_max.max(fill.cum.unwrap_or_default());
            }
            Item::Bust(_) => known.busted = true,
            Item::Cum(_) if crate::planted!(CumIgnored) => {}
            Item::Cum(report) => words.cum_max = words.cum_max.max(report.cum),
            Item::Claim(claim) => {
                words.claimed = words.claimed.max(Some(claim.time));
                if claim.status == OrdStatus::Filled && crate::planted!(FilledMeansAll) {
                    words.cum_max = Qty::whole(i64::MAX);
                }
                known.exists |= claim.status != OrdStatus::Rejected;
                known.rejected |= claim.status == OrdStatus::Rejected;
                known.replaced |= claim.status == OrdStatus::Replaced;
                let word = proof == CancelProof::Word || crate::planted!(ClaimFreesQuantity);
                words.ended |= word && claim.status != OrdStatus::Filled;
            }
            Item::Proof(read) => {
                known.exists = true;
                known.rejected |= read.status == OrdStatus::Rejected;
                known.rejected_code = read.code.or(known.rejected_code);
                known.replaced |= read.status == OrdStatus::Replaced;
                words.read_filled |= read.status == OrdStatus::Filled;
                words.ended |= read.status != OrdStatus::Filled;
            }
            Item::Absence(_) => words.absences += 1,
            Item::Void(_) => words.void = true,
            Item::Gone(gone) => {
                let at = gone.at.unwrap_or(Nanos(i64::MIN));
                words.gone = Some(words.gone.map_or(at, |first| first.min(at)));
            }
            Item::Audit(audit) => words.audit = words.audit.max(Some((audit.asked, audit.gone))),
            Item::AmendSent(_) => words.amended = true,
            Item::Succeeded(_) => {
                (known.exists, known.replaced, words.succeeded) = (true, true, true);
            }
            Item::AmendNews(news) => known.exists |= news.end == AmendEnd::Taken,
        }
    }
    known.exists |= words.has_fills || words.cum_max > Qty::ZERO;
    known.gone = words.gone.is_some();
    words
}

/// The broker has nothing to cancel and shows no such order: two witnesses, twice heard. Reads
/// asked before it said so do not count: the order may have appeared since.
fn has_left(evidence: &Evidence, gone: Nanos) -> bool {
    let absent = |item: &&Item| matches!(item, Item::Absence(absence) if absence.asked >= gone);
    evidence.items().iter().filter(absent).count() >= 2
}

/// Everything that follows from the evidence about an order of this quantity.
#[must_use]
pub fn fold(evidence: &Evidence, order_qty: Qty, trust: impl Into<Trust>) -> Known {
    let Trust { proof, revisions } = trust.into();
    let mut known = Known::default();
    let words = words(evidence, proof, &mut known);
    known.terms = if words.amended {
        amends::terms(evidence, order_qty)
    } else {
        Terms { worst: order_qty, most: order_qty, ..Terms::default() }
    };
    let most = known.terms.most;
    let (mut told, mut booked) = (Qty::ZERO, Qty::ZERO);
    if words.has_fills {
        for execution in executions_by(evidence, revisions) {
            let report = &execution.report;
            known.executions += 1;
            told += if crate::planted!(CumAddedToFills) { Qty::ZERO } else { report.qty };
            if !execution.busted || crate::planted!(BustIgnored) {
                // Beyond the order nothing is booked, and nothing is paid for.
                let qty = report.qty.min(most - booked);
                known.overfill |= qty < report.qty;
                booked += qty;
                known.notional += qty.times(report.px);
                if !crate::planted!(FeesLost) {
                    known.fees += report.fee.unwrap_or_default();
                }
                known.kept += report.kept.unwrap_or_default();
            }
        }
    }
    let beyond = (words.cum_max - told).max(Qty::ZERO);
    known.overfill |= beyond > most - booked;
    if known.busted {
        known.unheard = words.audit.map_or(Qty::ZERO, |(_, gone)| gone);
        known.unproven = (beyond - known.unheard).max(Qty::ZERO).min(most - booked);
    } else {
        known.unpriced = beyond.min(most - booked);
    }
    known.filled = booked + known.unpriced;
    known.absent = (words.absences >= 2 || words.void) && !known.exists;
    let left = words.gone.is_some_and(|at| has_left(evidence, at));
    let never_was = !known.exists && (known.refused.is_some() || known.unsent || known.absent);
    let whole = known.filled >= known.terms.worst && !known.busted
        || known.filled.0 > 0 && crate::planted!(PartIsAll);
    // It was filled once in full and something was taken back: it does not work again.
    let over = known.busted && words.read_filled && told >= known.terms.worst;
    let ended = words.ended || never_was || whole || left || over;
    known.done = ended && known.unproven.is_zero();
    // A read that shows it alive, asked after the claim was made, refutes the claim.
    let refuted = words.seen_alive.is_some() && words.seen_alive > words.claimed;
    let refused = known.terms.refused;
    known.unchecked = !known.done && refused.is_some() && words.seen_alive < refused;
    let said = words.read_filled || words.succeeded || (words.claimed.is_some() && !refuted);
    known.claimed = !known.done && said;
    known
}

/// When the order was first known to work at the exchange, by the exchange's own words.
#[must_use]
pub fn accepted_time(evidence: &Evidence) -> Option<Nanos> {
    let times = evidence.items().iter().filter_map(|item| match item {
        Item::Ack(ack) => ack.time,
        Item::Fill(fill) => Some(fill.time),
        _ => None,
    });
    times.min()
}
