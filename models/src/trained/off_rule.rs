//! Off, where no label ever showed it.

use serde::{Deserialize, Serialize};

use crate::features::Present;
use crate::sample::Level;

/// A network that was never shown `off` cannot say it. This rule says it where the instrument has become quieter
/// than it ever was while training: nearly nothing above the sensor's zero for five minutes where there always
/// was something, or at zero for much longer than the longest such rest.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(super) struct OffRule {
    /// The least share of five low minutes above zero; 1 before any was seen.
    least_activity: f32,
    /// The longest time at zero, s.
    longest_quiet_s: f32,
    /// Whether `off` was among the labels: then the network is asked alone.
    seen_off: bool,
}

impl Default for OffRule {
    fn default() -> Self {
        Self { least_activity: 1.0, longest_quiet_s: 0.0, seen_off: false }
    }
}

impl OffRule {
    /// Low time (s) of the last five minutes from which its activity counts.
    const ENOUGH_S: f32 = 240.0;
    /// Quieter is less than this part of the least activity.
    const PART: f32 = 0.5;
    /// Off at zero after this many times the longest rest, and never before [`Self::AT_LEAST_S`].
    const TIMES: f32 = 3.0;
    const AT_LEAST_S: f32 = 600.0;

    /// Learns from a labelled moment.
    pub(super) fn learn(&mut self, present: &Present, label: Level) {
        if label == Level::Off {
            self.seen_off = true;
            return;
        }
        self.longest_quiet_s = self.longest_quiet_s.max(present.quiet_s);
        if present.low_s >= Self::ENOUGH_S {
            self.least_activity = self.least_activity.min(present.activity);
        }
    }

    /// Whether the instrument must be off.
    pub(super) fn says_off(&self, present: &Present) -> bool {
        if self.seen_off {
            return false;
        }
        let rested_s = present.quiet_s;
        let quieter = present.low_s >= Self::ENOUGH_S && present.activity < Self::PART * self.least_activity;
        let never_so_quiet = quieter && rested_s > 1.5 * self.longest_quiet_s;
        never_so_quiet || rested_s > (Self::TIMES * self.longest_quiet_s).max(Self::AT_LEAST_S)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn present(activity: f32, quiet_s: f32) -> Present {
        Present { place: -4.6, covered_s: 1.0, quiet_s, low_s: 300.0, activity }
    }

    #[test]
    fn quieter_than_ever_is_off() {
        let mut rule = OffRule::default();
        for activity in [0.4, 0.3, 0.5] {
            rule.learn(&present(activity, 20.0), Level::Standby);
        }
        assert!(!rule.says_off(&present(0.2, 20.0)));
        assert!(rule.says_off(&present(0.05, 280.0)));
    }

    #[test]
    fn a_compressors_rest_is_not_off_but_a_day_is() {
        let mut rule = OffRule::default();
        rule.learn(&present(0.0, 3_000.0), Level::Standby);
        assert!(!rule.says_off(&present(0.0, 6_000.0)));
        rule.learn(&present(0.0, 300.0), Level::Standby);
        rule.longest_quiet_s = 1_000.0;
        assert!(rule.says_off(&present(0.0, 4_000.0)));
    }

    #[test]
    fn where_off_was_seen_the_network_is_asked() {
        let mut rule = OffRule::default();
        rule.learn(&present(0.0, 3_000.0), Level::Off);
        assert!(!rule.says_off(&present(0.0, 7_200.0)));
    }
}
