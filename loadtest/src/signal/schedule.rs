//! What the instrument truly does: off, standby, on, by the habits of the people around it.

use super::calendar;
use super::profile::{Habit, SignalProfile};
use crate::seed::Chance;
use serde::{Deserialize, Serialize};

/// What an instrument truly does. A run is on from its first second, warm-up included.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum TrueState {
    /// 关机: it draws nearly nothing.
    Off,
    /// 待机: powered, not working.
    Standby,
    /// 开机: it runs.
    On,
}

/// A time in one state, `[from_ms, until_ms)`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Phase {
    pub(super) state: TrueState,
    pub(super) from_ms: i64,
    pub(super) until_ms: i64,
}

/// The phases of one instrument, one after the other.
///
/// The chain starts afresh once a day at a time of day of the instrument's own, from a draw that belongs to the seed
/// and that day. So a phase depends on the time asked for and not on what was asked before, and finding the first one
/// takes at most a day's worth of phases.
#[derive(Clone, Debug)]
pub(super) struct Schedule {
    seed: u64,
    /// The least busy that any time of the week is made, 0 to 1.
    activity: f32,
    chance: Chance,
    phase: Phase,
    /// The current chain ends here.
    restart_ms: i64,
}

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: f32 = 60_000.0;
/// Nobody switches an instrument faster than this after it changed its state.
const LEAST_MS: i64 = 45_000;
/// How busy queued runs keep an instrument that works around the clock.
const QUEUE: f32 = 0.6;

impl Schedule {
    pub(super) fn new(seed: u64, activity: f32) -> Self {
        let nowhere = Phase { state: TrueState::Off, from_ms: 0, until_ms: i64::MIN };
        Self { seed, activity, chance: Chance::new(seed, 0, 0), phase: nowhere, restart_ms: i64::MIN }
    }

    /// The phase that holds this time.
    pub(super) fn at(&mut self, ts_ms: i64, profile: &SignalProfile) -> Phase {
        if ts_ms >= self.restart_ms || ts_ms < self.restart_ms.saturating_sub(DAY_MS) || ts_ms < self.phase.from_ms {
            self.start(ts_ms, profile);
        }
        while ts_ms >= self.phase.until_ms {
            self.next(profile);
        }
        self.phase
    }

    fn start(&mut self, ts_ms: i64, profile: &SignalProfile) {
        let offset_ms = (self.seed % DAY_MS as u64) as i64;
        let day = (ts_ms - offset_ms).div_euclid(DAY_MS);
        let from_ms = day * DAY_MS + offset_ms;
        self.restart_ms = from_ms + DAY_MS;
        self.chance = Chance::new(self.seed, 0x5CED, day as u64);
        let state = self.usual(from_ms, profile);
        self.enter(state, from_ms, profile);
    }

    fn next(&mut self, profile: &SignalProfile) {
        let until_ms = self.phase.until_ms;
        let state = match self.phase.state {
            TrueState::Off | TrueState::On => TrueState::Standby,
            TrueState::Standby => {
                let (run, switch_off) = self.rates(until_ms, profile);
                if self.chance.unit() * (run + switch_off) < run { TrueState::On } else { TrueState::Off }
            }
        };
        self.enter(state, until_ms, profile);
    }

    fn enter(&mut self, state: TrueState, from_ms: i64, profile: &SignalProfile) {
        let until_ms = match (profile.habit, state) {
            (Habit::UnusedOff | Habit::UnusedStandby, _) => self.restart_ms,
            (_, TrueState::On) => from_ms + (self.chance.around(profile.run_min, 0.5).max(1.5) * MINUTE_MS) as i64,
            (_, TrueState::Off | TrueState::Standby) => self.waits_until(state, from_ms, profile),
        };
        self.phase = Phase { state, from_ms, until_ms: until_ms.min(self.restart_ms) };
    }

    /// When off or standby ends: a Poisson process whose rate follows the time of day, by thinning.
    fn waits_until(&mut self, state: TrueState, from_ms: i64, profile: &SignalProfile) -> i64 {
        let total = |schedule: &Self, ts_ms| match state {
            TrueState::Off => schedule.busy(ts_ms, profile) / profile.rest_min,
            TrueState::On | TrueState::Standby => {
                let (run, switch_off) = schedule.rates(ts_ms, profile);
                run + switch_off
            }
        };
        let highest = match state {
            TrueState::Off => 1.0 / profile.rest_min,
            TrueState::On | TrueState::Standby => {
                1.0 / profile.pause_min + 1.0 / profile.stay_min.min(profile.closing_min)
            }
        };
        let mut ts_ms = from_ms + LEAST_MS;
        while ts_ms < self.restart_ms {
            ts_ms += (self.chance.wait(1.0 / highest) * MINUTE_MS) as i64 + 1;
            if self.chance.unit() * highest < total(self, ts_ms) {
                break;
            }
        }
        ts_ms
    }

    /// How often a minute a run is started from standby, and how often the instrument is switched off.
    fn rates(&self, ts_ms: i64, profile: &SignalProfile) -> (f32, f32) {
        let busy = self.busy(ts_ms, profile);
        let switch_off = match profile.habit {
            Habit::RoundTheClock => 0.0,
            _ => busy / profile.stay_min + (1.0 - busy) / profile.closing_min,
        };
        (busy / profile.pause_min, switch_off)
    }

    fn busy(&self, ts_ms: i64, profile: &SignalProfile) -> f32 {
        let people = calendar::busy(ts_ms).max(self.activity);
        if profile.habit == Habit::RoundTheClock { people.max(QUEUE) } else { people }
    }

    /// A state drawn from the shares that the rates of this time lead to.
    fn usual(&mut self, ts_ms: i64, profile: &SignalProfile) -> TrueState {
        match profile.habit {
            Habit::UnusedOff => return TrueState::Off,
            Habit::UnusedStandby => return TrueState::Standby,
            Habit::Regular | Habit::RoundTheClock => {}
        }
        let (run, switch_off) = self.rates(ts_ms, profile);
        let off = switch_off * profile.rest_min / self.busy(ts_ms, profile).max(0.01);
        let on = run * profile.run_min;
        match self.chance.unit() * (off + 1.0 + on) {
            at if at < off => TrueState::Off,
            at if at < off + on => TrueState::On,
            _ => TrueState::Standby,
        }
    }
}
