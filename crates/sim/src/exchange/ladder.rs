//! What others display on one side of a book, and what is left of it for us.
//!
//! Invariant: levels are kept in order, the best one last, so that the work at the touch moves
//! no memory; no price is there twice.

use super::ThinBook;
use super::order::reaches;
use truefill_core::num::{Px, Qty};
use truefill_core::request::Side;

/// Most levels kept on a side; the worst ones are dropped beyond it.
const LEVELS_MAX: usize = 10_000;

/// A displayed level and what is left of it for us.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Level {
    pub px: Px,
    pub displayed: Qty,
    pub available: Qty,
}

impl Level {
    #[inline]
    fn fresh(px: Px, displayed: Qty) -> Self {
        Self { px, displayed, available: displayed }
    }

    /// What was taken stays taken: growth adds, shrinking caps.
    #[inline]
    fn show(&mut self, displayed: Qty) {
        if displayed > self.displayed {
            self.available += displayed - self.displayed;
        } else if displayed < self.available {
            self.available = displayed;
        }
        self.displayed = displayed;
    }
}

/// One side of a book.
#[derive(Clone, Debug)]
pub(super) struct Ladder {
    side: Side,
    levels: Vec<Level>,
}

impl Ladder {
    /// Nothing displayed: bids for [`Side::Buy`], asks for [`Side::Sell`].
    pub fn new(side: Side) -> Self {
        Self { side, levels: Vec::new() }
    }

    pub fn clear(&mut self) {
        self.levels.clear();
    }

    /// The touch.
    #[inline]
    pub fn best(&self) -> Option<&Level> {
        self.levels.last()
    }

    /// Levels from the touch outward.
    pub fn walk(&mut self) -> impl Iterator<Item = &mut Level> {
        self.levels.iter_mut().rev()
    }

    /// What is displayed at a price.
    pub fn displayed_at(&self, px: Px) -> Qty {
        self.find(px).ok().and_then(|at| self.levels.get(at)).map_or(Qty::ZERO, |l| l.displayed)
    }

    /// Others have taken so much of the touch, or of what it stands for.
    pub fn use_up(&mut self, qty: Qty) {
        if let Some(level) = self.levels.last_mut() {
            level.available -= qty.min(level.available);
        }
    }

    /// A level is displayed with this quantity from now on; zero takes it away. Returns what it
    /// displayed before.
    pub fn set(&mut self, px: Px, displayed: Qty) -> Qty {
        match self.find(px) {
            Ok(at) if displayed.is_zero() => self.levels.remove(at).displayed,
            Ok(at) => {
                let level = &mut self.levels[at];
                let before = level.displayed;
                level.show(displayed);
                before
            }
            Err(_) if displayed.is_zero() => Qty::ZERO,
            Err(at) => {
                self.levels.insert(at, Level::fresh(px, displayed));
                if self.levels.len() > LEVELS_MAX {
                    self.levels.remove(0);
                }
                Qty::ZERO
            }
        }
    }

    /// Prices that are displayed now.
    pub fn prices(&self) -> Vec<Px> {
        self.levels.iter().map(|level| level.px).collect()
    }

    /// Only the touch is known: it is this, and behind it lies what is assumed.
    #[inline]
    pub fn show_touch(&mut self, px: Px, displayed: Qty, thin: Option<&ThinBook>, tick: Px) {
        match (self.levels.as_mut_slice(), thin) {
            ([.., level], _) if level.px == px => level.show(displayed),
            ([level], None) => {
                (level.px, level.displayed, level.available) = (px, displayed, displayed)
            }
            (_, None) => {
                self.levels.clear();
                self.levels.push(Level::fresh(px, displayed));
            }
            (_, Some(thin)) => self.assume(px, displayed, thin, tick),
        }
    }

    /// The touch moved: prices that stay keep what was taken from them.
    #[cold]
    fn assume(&mut self, px: Px, displayed: Qty, thin: &ThinBook, tick: Px) {
        let was = self.clone();
        self.levels.clear();
        let step = tick.0.saturating_mul(i128::from(thin.step_ticks.max(1)));
        for behind in (0..=i128::from(thin.levels)).rev() {
            let away = step.saturating_mul(behind).saturating_mul(-self.side.sign());
            let at = Px(px.0.saturating_add(away));
            let qty = if behind == 0 { displayed } else { thin.qty };
            if at.0 <= 0 {
                continue;
            }
            let known = was.find(at).ok().and_then(|at| was.levels.get(at));
            let mut level = known.copied().unwrap_or(Level::fresh(at, qty));
            level.show(qty);
            self.levels.push(level);
        }
    }

    fn find(&self, px: Px) -> Result<usize, usize> {
        let side = self.side;
        let at = self.levels.partition_point(|l| l.px != px && reaches(side, px, l.px));
        match self.levels.get(at) {
            Some(level) if level.px == px => Ok(at),
            _ => Err(at),
        }
    }
}
