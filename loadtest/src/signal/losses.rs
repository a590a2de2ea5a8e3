//! When the sensor itself is lost.

use super::profile::SignalProfile;
use crate::seed::Chance;
use serde::{Deserialize, Serialize};

/// How a lost sensor looks from the network.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Loss {
    /// It stays connected and says nothing: the clamp came off, the measuring part hangs.
    Silent,
    /// Its connection breaks without a DISCONNECT: power, network, gateway.
    Dropped,
}

/// The times at which one sensor is lost; like [`super::schedule::Schedule`] a chain that starts afresh once a day.
#[derive(Clone, Debug)]
pub(super) struct Losses {
    seed: u64,
    chance: Chance,
    lost: Option<Loss>,
    from_ms: i64,
    until_ms: i64,
    restart_ms: i64,
}

const DAY_MS: i64 = 86_400_000;
const MINUTE_MS: f32 = 60_000.0;
const MINUTES_A_DAY: f32 = 1_440.0;

impl Losses {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, chance: Chance::new(seed, 0, 0), lost: None, from_ms: 0, until_ms: i64::MIN, restart_ms: i64::MIN }
    }

    /// Whether and how the sensor is lost at this time.
    pub(super) fn at(&mut self, ts_ms: i64, profile: &SignalProfile) -> Option<Loss> {
        if profile.losses_per_day <= 0.0 {
            return None;
        }
        if ts_ms >= self.restart_ms || ts_ms < self.restart_ms.saturating_sub(DAY_MS) || ts_ms < self.from_ms {
            self.start(ts_ms, profile);
        }
        while ts_ms >= self.until_ms {
            let lost = self.lost.is_none();
            self.enter(lost, self.until_ms, profile);
        }
        self.lost
    }

    fn start(&mut self, ts_ms: i64, profile: &SignalProfile) {
        let offset_ms = (self.seed % DAY_MS as u64) as i64;
        let day = (ts_ms - offset_ms).div_euclid(DAY_MS);
        let from_ms = day * DAY_MS + offset_ms;
        self.restart_ms = from_ms + DAY_MS;
        self.chance = Chance::new(self.seed, 0x1055, day as u64);
        let lost_min = profile.losses_per_day * profile.loss_min;
        let lost = self.chance.happens(lost_min / (MINUTES_A_DAY + lost_min));
        self.enter(lost, from_ms, profile);
    }

    fn enter(&mut self, lost: bool, from_ms: i64, profile: &SignalProfile) {
        let (kind, minutes) = if lost {
            let kind = if self.chance.happens(0.5) { Loss::Silent } else { Loss::Dropped };
            (Some(kind), self.chance.around(profile.loss_min, 0.9).clamp(2.0, 480.0))
        } else {
            (None, self.chance.wait(MINUTES_A_DAY / profile.losses_per_day).max(1.0))
        };
        self.lost = kind;
        self.from_ms = from_ms;
        self.until_ms = from_ms + (minutes * MINUTE_MS) as i64;
    }
}
