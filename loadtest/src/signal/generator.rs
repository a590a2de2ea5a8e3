//! Schedule, losses and waveform put together.

use super::losses::{Loss, Losses};
use super::profile::SignalProfile;
use super::schedule::{Phase, Schedule, TrueState};
use super::waveform;
use crate::fleet::InstrumentSpec;
use crate::seed::hash_text;

/// The current of one instrument: a pure function of seed, instrument and time that remembers where it is.
///
/// Asking for rising times is cheap (tens of nanoseconds); a jump, also back, costs at most a day's worth of phases
/// and gives what an own signal asked for that time alone would give.
#[derive(Clone, Debug)]
pub struct Signal {
    seed: u64,
    rated_a: f32,
    profile: SignalProfile,
    schedule: Schedule,
    losses: Losses,
    phase: Option<Phase>,
    lost: Option<Loss>,
}

impl Signal {
    /// The current of this instrument as the time of day and the weekday in Asia/Shanghai make it.
    #[must_use]
    pub fn new(instrument: &InstrumentSpec, seed: u64) -> Self {
        Self::with_activity(instrument, seed, 0.0)
    }

    /// The same, with every time of the week at least as busy as `activity` says: 0 leaves nights and weekends quiet,
    /// 1 makes every hour as busy as a working morning. Values outside are cut.
    #[must_use]
    pub fn with_activity(instrument: &InstrumentSpec, seed: u64, activity: f32) -> Self {
        let seed = hash_text(seed, &instrument.id);
        let activity = if activity.is_finite() { activity.clamp(0.0, 1.0) } else { 0.0 };
        Self {
            seed,
            rated_a: instrument.rated_current_a,
            profile: instrument.profile.clone(),
            schedule: Schedule::new(seed, activity),
            losses: Losses::new(seed),
            phase: None,
            lost: None,
        }
    }

    /// The current in ampere at this time (UTC milliseconds): finite, not negative, in whole steps of the sensor.
    /// `None` while the sensor is lost.
    pub fn at(&mut self, ts_ms: i64) -> Option<f32> {
        let phase = self.schedule.at(ts_ms, &self.profile);
        self.phase = Some(phase);
        self.lost = self.losses.at(ts_ms, &self.profile);
        match self.lost {
            Some(_) => None,
            None => Some(waveform::current_a(self.seed, self.rated_a, &self.profile, phase, ts_ms)),
        }
    }

    /// What the instrument truly did at the time last asked for, whether its sensor was lost or not. `None` before
    /// the first [`Signal::at`].
    #[must_use]
    pub fn truth(&self) -> Option<TrueState> {
        self.phase.map(|phase| phase.state)
    }

    /// Since when it does that, in UTC milliseconds. A state that lasts over the instrument's daily new beginning
    /// counts from there.
    #[must_use]
    pub fn since_ms(&self) -> Option<i64> {
        self.phase.map(|phase| phase.from_ms)
    }

    /// How the sensor was lost at the time last asked for; `None` while it was there.
    #[must_use]
    pub fn loss(&self) -> Option<Loss> {
        self.lost
    }
}
