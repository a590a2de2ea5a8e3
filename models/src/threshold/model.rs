//! What the threshold classifier knows of an instrument.

use serde::{Deserialize, Serialize};

use crate::sample::Level;
use crate::signal::to_scale;

/// Where a model's numbers come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Origin {
    /// From the rated current alone: a guess, of low confidence.
    Rated,
    /// Learned from readings that showed a single level; its name is a guess.
    SingleLevel,
    /// Learned from the instrument's own readings, two levels or more.
    Calibrated,
}

/// How off and standby are told apart below the `on` cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LowRule {
    /// Off below the off cut, standby from there.
    Cut,
    /// The standby current lies at the sensor's resolution: standby while enough of the last minutes'
    /// samples reach the off cut, off while nearly none does.
    Activity,
    /// Only off was ever seen below the `on` cut.
    Off,
    /// Only standby was ever seen below the `on` cut.
    Standby,
}

/// How long (ms) a new level must hold, without a break, before it is believed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holds {
    /// Before `on` begins.
    pub enter_on_ms: i64,
    /// Before `on` ends: longer than the pauses inside a run.
    pub leave_on_ms: i64,
    /// Between off and standby.
    pub low_ms: i64,
}

impl Default for Holds {
    fn default() -> Self {
        Self { enter_on_ms: 6_000, leave_on_ms: 10_000, low_ms: 30_000 }
    }
}

/// What currents a level usually shows, on the scale ln(I + 10 mA).
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub struct LevelStats {
    /// Usual current, A (time-weighted mean on the scale).
    pub typical_a: f32,
    /// Standard deviation on the scale (0.1 is about 10 % of the current).
    pub spread: f32,
    /// Share of the time seen at this level, 0 to 1.
    pub share: f32,
}

/// Two cuts, the holds around them and what is known of each level, for one instrument.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct ThresholdModel {
    origin: Origin,
    off_cut_a: f32,
    on_cut_a: f32,
    low_rule: LowRule,
    holds: Holds,
    trust: f32,
    levels: [Option<LevelStats>; 3],
    standby_share: f32,
}

impl ThresholdModel {
    /// A first guess before any reading was seen: off below 5 % and on from 20 % of the rated current
    /// (A). A rated current that is not finite and positive counts as 10 A.
    #[must_use]
    pub fn from_rated(rated_a: f32) -> Self {
        let rated_a = usable_rated(Some(rated_a)).unwrap_or(10.0);
        Self {
            origin: Origin::Rated,
            off_cut_a: 0.05 * rated_a,
            on_cut_a: 0.2 * rated_a,
            low_rule: LowRule::Cut,
            holds: Holds::default(),
            trust: 0.5,
            levels: [None; 3],
            standby_share: Self::STANDBY_SHARE,
        }
    }

    /// A model from learned numbers. Cuts (A) are put in order and made finite; `trust` (0 to 1) is the
    /// highest confidence the model may give; `levels` in the order off, standby, on, `None` for a level
    /// never seen.
    #[must_use]
    pub fn calibrated(
        origin: Origin,
        cuts_a: (f32, f32),
        low_rule: LowRule,
        holds: Holds,
        trust: f32,
        levels: [Option<LevelStats>; 3],
    ) -> Self {
        let finite = |v: f32| if v.is_finite() { v.max(0.0) } else { 0.0 };
        let (a, b) = (finite(cuts_a.0), finite(cuts_a.1));
        let trust = finite(trust).min(1.0);
        Self {
            origin,
            off_cut_a: a.min(b),
            on_cut_a: a.max(b),
            low_rule,
            holds,
            trust,
            levels,
            standby_share: Self::STANDBY_SHARE,
        }
    }

    /// The share of samples at or above the off cut from which [`LowRule::Activity`] says standby, where
    /// none was learned.
    pub const STANDBY_SHARE: f32 = 0.14;

    /// The same with a learned share for [`LowRule::Activity`], kept within 0.05 to 0.5.
    #[must_use]
    pub fn with_standby_share(mut self, share: f32) -> Self {
        self.standby_share = share.clamp(0.05, 0.5);
        self
    }

    /// The same with other holds.
    #[must_use]
    pub fn with_holds(mut self, holds: Holds) -> Self {
        self.holds = holds;
        self
    }

    /// The share of the last minutes' samples at or above the off cut from which [`LowRule::Activity`]
    /// says standby.
    #[must_use]
    pub fn standby_share(&self) -> f32 {
        self.standby_share
    }

    /// Where the numbers come from.
    #[must_use]
    pub fn origin(&self) -> Origin {
        self.origin
    }

    /// Below this current (A) the instrument is off, as far as [`Self::low_rule`] asks for it.
    #[must_use]
    pub fn off_cut_a(&self) -> f32 {
        self.off_cut_a
    }

    /// At or above this current (A) the instrument is on.
    #[must_use]
    pub fn on_cut_a(&self) -> f32 {
        self.on_cut_a
    }

    /// How off and standby are told apart.
    #[must_use]
    pub fn low_rule(&self) -> LowRule {
        self.low_rule
    }

    /// The holds.
    #[must_use]
    pub fn holds(&self) -> Holds {
        self.holds
    }

    /// What is known of a level; `None` if it was never seen.
    #[must_use]
    pub fn level(&self, level: Level) -> Option<LevelStats> {
        self.levels[level.index()]
    }

    /// How far a current speaks for a level, 0 to [`Self::trust`]: half way at a cut, full at the
    /// level's usual current, less where the current lies outside what was seen of the level, and at
    /// most half for a level never seen.
    #[must_use]
    pub fn confidence(&self, level: Level, current_a: f32) -> f32 {
        let x = to_scale(current_a);
        let Some(stats) = self.level(level) else { return 0.5 * self.trust };
        let typical = to_scale(stats.typical_a);
        let cut = match level {
            Level::On => to_scale(self.on_cut_a),
            Level::Standby if x < typical && self.low_rule == LowRule::Cut => to_scale(self.off_cut_a),
            Level::Standby => to_scale(self.on_cut_a),
            Level::Off if self.low_rule == LowRule::Cut => to_scale(self.off_cut_a),
            Level::Off => to_scale(self.on_cut_a),
        };
        // 0 at the cut, 1 at the usual current; negative on the wrong side.
        let margin = if (typical - cut).abs() > f32::EPSILON { (x - cut) / (typical - cut) } else { 1.0 };
        let towards = 0.5 + 0.5 * margin.clamp(-1.0, 1.0);
        let outside = ((x - typical).abs() - 4.0 * stats.spread.max(0.1)).max(0.0);
        self.trust * towards / (1.0 + 0.5 * outside)
    }

    /// The highest confidence the model gives, 0 to 1.
    #[must_use]
    pub fn trust(&self) -> f32 {
        self.trust
    }
}

/// A rated current that can be used: finite and positive.
pub(crate) fn usable_rated(rated_a: Option<f32>) -> Option<f32> {
    rated_a.filter(|a| a.is_finite() && *a > 0.0)
}
