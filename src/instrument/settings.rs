use crate::platform::config::StatesConfig;
use std::time::Duration;

/// The configured times as the actors use them.
pub(crate) trait SilenceRules {
    /// How long a sensor that usually reports every `interval_ms` may be silent.
    fn offline_after(&self, interval_ms: Option<u32>) -> Duration;
    /// How long after its last will a sensor may be silent.
    fn last_will_grace(&self) -> Duration;
    /// How long after a start nobody is called offline.
    fn startup_grace(&self) -> Duration;
}

impl SilenceRules for StatesConfig {
    fn offline_after(&self, interval_ms: Option<u32>) -> Duration {
        let least = seconds(self.offline_after_min_s);
        let usual = Duration::from_millis(interval_ms.unwrap_or(0).into());
        least.max(usual.saturating_mul(self.offline_after_intervals))
    }

    fn last_will_grace(&self) -> Duration {
        seconds(self.last_will_grace_s)
    }

    fn startup_grace(&self) -> Duration {
        seconds(self.startup_grace_s)
    }
}

fn seconds(count: u32) -> Duration {
    Duration::from_secs(count.into())
}

/// The interval at which a sensor usually reports, learned as it does: a running median, so that one long silence
/// does not move it.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct UsualInterval {
    median_ms: Option<u32>,
}

impl UsualInterval {
    /// Notes the time between two readings that followed each other.
    pub(crate) fn note(&mut self, gap_ms: i64) {
        let Ok(gap_ms) = u32::try_from(gap_ms) else { return };
        self.median_ms = Some(match self.median_ms {
            None => gap_ms,
            Some(median) => {
                let step = (median / 16).max(1);
                gap_ms.clamp(median.saturating_sub(step), median.saturating_add(step))
            }
        });
    }

    /// Goes on from what an earlier run learned.
    pub(crate) fn recall(&mut self, median_ms: Option<u32>) {
        self.median_ms = median_ms;
    }

    pub(crate) fn ms(self) -> Option<u32> {
        self.median_ms
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_usual_interval_ignores_a_single_silence_and_follows_a_change() {
        let mut usual = UsualInterval::default();
        assert_eq!(usual.ms(), None);
        for _ in 0..10 {
            usual.note(10_000);
        }
        assert_eq!(usual.ms(), Some(10_000));
        usual.note(3_600_000);
        assert!(usual.ms().unwrap() < 11_000);
        for _ in 0..200 {
            usual.note(1_000);
        }
        assert_eq!(usual.ms(), Some(1_000));
        for _ in 0..200 {
            usual.note(60_000);
        }
        assert_eq!(usual.ms(), Some(60_000));
    }

    #[test]
    fn a_sensor_may_be_silent_for_three_intervals_and_at_least_thirty_seconds() {
        let rules = StatesConfig::default();
        assert_eq!(rules.offline_after(None).as_secs(), 30);
        assert_eq!(rules.offline_after(Some(1_000)).as_secs(), 30);
        assert_eq!(rules.offline_after(Some(60_000)).as_secs(), 180);
    }
}
