//! Runs a threshold model over an instrument's samples.

use serde::{Deserialize, Serialize};

use super::activity::Activity;
use super::model::{LowRule, ThresholdModel};
use crate::sample::{Classifier, Level, Sample, Verdict};
use crate::signal::{Cadence, Median3};

/// A level that may come: what is asked for, since when, and for how much covered time.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Pending {
    level: Level,
    since_ms: i64,
    covered_ms: i64,
}

/// Applies a [`ThresholdModel`] to samples as they come: a median of three against spikes, the cuts, then
/// holds: a new level counts only when it lasts without a break. Two samples pass before the first verdict.
///
/// Constant time and less than 200 bytes. A gap keeps the level and starts every hold afresh.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThresholdClassifier {
    model: ThresholdModel,
    cadence: Cadence,
    median: Median3,
    activity: Activity,
    held: Option<Held>,
    pending: Option<Pending>,
    confidence: f32,
}

/// The level believed now and when it began.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
struct Held {
    level: Level,
    since_ms: i64,
}

impl ThresholdClassifier {
    /// A classifier that has seen nothing yet.
    #[must_use]
    pub fn new(model: ThresholdModel) -> Self {
        Self {
            model,
            cadence: Cadence::default(),
            median: Median3::default(),
            activity: Activity::default(),
            held: None,
            pending: None,
            confidence: 0.0,
        }
    }

    /// The model it runs.
    #[must_use]
    pub fn model(&self) -> &ThresholdModel {
        &self.model
    }

    /// Goes over to a new model (a later calibration) and keeps the current level until the new
    /// model's evidence says otherwise.
    pub fn set_model(&mut self, model: ThresholdModel) {
        self.model = model;
        self.pending = None;
    }

    /// What the cuts say of a current, without holds.
    fn raw_level(&mut self, unguarded_a: f32, current_a: f32, covered_ms: i64) -> Level {
        if current_a >= self.model.on_cut_a() {
            return Level::On;
        }
        let above = current_a >= self.model.off_cut_a();
        match self.model.low_rule() {
            LowRule::Off => Level::Off,
            LowRule::Standby => Level::Standby,
            LowRule::Cut if above => Level::Standby,
            LowRule::Cut => Level::Off,
            LowRule::Activity => {
                let from = self.model.standby_share();
                // What is far above the share asked for says no more than a little above it, so that the
                // end of a standby is noticed in time.
                self.activity.observe(unguarded_a >= self.model.off_cut_a(), covered_ms, Activity::ENOUGH * from);
                let before = self.held.map(|h| h.level);
                let asked = if before == Some(Level::Standby) { Activity::LEAVE * from } else { from };
                if self.activity.share() >= asked { Level::Standby } else { Level::Off }
            }
        }
    }

    /// Moves the held level on after a sample at `ts_ms`.
    fn settle(&mut self, raw: Level, ts_ms: i64, covered_ms: i64) -> Held {
        let Some(held) = self.held else {
            return Held { level: raw, since_ms: ts_ms };
        };
        if raw == held.level {
            self.pending = None;
            return held;
        }
        let pending = match self.pending {
            // While `on` is being left, off and standby may alternate: the rest goes on.
            Some(p) if p.level == raw || (p.level != Level::On && raw != Level::On && held.level == Level::On) => {
                Pending { level: raw, since_ms: p.since_ms, covered_ms: p.covered_ms.saturating_add(covered_ms) }
            }
            _ => Pending { level: raw, since_ms: ts_ms, covered_ms: 0 },
        };
        let holds = self.model.holds();
        let hold_ms = match (held.level, raw) {
            (_, Level::On) => holds.enter_on_ms,
            (Level::On, _) => holds.leave_on_ms,
            _ => holds.low_ms,
        };
        if pending.covered_ms >= hold_ms {
            self.pending = None;
            return Held { level: raw, since_ms: pending.since_ms };
        }
        self.pending = Some(pending);
        held
    }
}

impl Classifier for ThresholdClassifier {
    fn observe(&mut self, s: Sample) -> Option<Verdict> {
        let current_a = s.plausible_current()?;
        let step = self.cadence.advance(s.ts_ms)?;
        if step.gap {
            self.median.clear();
            self.pending = None;
        }
        let unguarded_a = current_a;
        let current_a = self.median.push(unguarded_a);
        let raw = self.raw_level(unguarded_a, current_a, step.covered_ms);
        if self.held.is_none() && !self.median.is_full() {
            return None;
        }
        let held = self.settle(raw, s.ts_ms, step.covered_ms);
        let before = self.held.replace(held);
        let now = self.model.confidence(held.level, current_a);
        // A few samples' mean, so that the confidence falls while another level is pending; of a new level's samples
        // only.
        let weight = if before.is_some_and(|before| before.level == held.level) { 0.2 } else { 1.0 };
        self.confidence += weight * (now - self.confidence);
        Some(Verdict { level: held.level, confidence: self.confidence.clamp(0.0, 1.0), since_ms: held.since_ms })
    }

    fn name(&self) -> &str {
        "threshold-v1"
    }
}
