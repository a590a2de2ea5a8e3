//! How long after a labelled transition the method follows.

use crate::sample::Level;

/// A labelled transition counts as followed promptly up to this delay (s).
pub const PROMPT_S: f64 = 60.0;

/// The delays after labelled transitions, each part shortest first.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Delays {
    /// Of every transition, seconds; of one that was missed the whole labelled interval.
    pub all_s: Vec<f64>,
    /// Of those that the method did follow within their interval, seconds.
    pub followed_s: Vec<f64>,
}

impl Delays {
    /// Delays with nothing missed, in any order.
    #[cfg(test)]
    pub(super) fn followed(mut delays_s: Vec<f64>) -> Self {
        delays_s.sort_by(f64::total_cmp);
        Self { all_s: delays_s.clone(), followed_s: delays_s }
    }

    /// Those of many traces together.
    pub(super) fn together<'a>(of: impl IntoIterator<Item = &'a Delays>) -> Delays {
        let mut together = Delays::default();
        for delays in of {
            together.all_s.extend(&delays.all_s);
            together.followed_s.extend(&delays.followed_s);
        }
        together.sorted()
    }

    /// The p-th quantile (0..=1) over all, seconds.
    pub(super) fn quantile_s(&self, p: f64) -> Option<f64> {
        quantile(&self.all_s, p)
    }

    /// The p-th quantile (0..=1) over those followed within [`PROMPT_S`] alone, seconds.
    pub(super) fn prompt_quantile_s(&self, p: f64) -> Option<f64> {
        quantile(&self.followed_s[..self.prompt()], p)
    }

    /// The share not followed within [`PROMPT_S`], missed ones included.
    pub(super) fn late_share(&self) -> f64 {
        self.share_without(self.prompt())
    }

    /// The share never followed within its interval.
    pub(super) fn missed_share(&self) -> f64 {
        self.share_without(self.followed_s.len())
    }

    fn prompt(&self) -> usize {
        self.followed_s.partition_point(|&s| s <= PROMPT_S)
    }

    fn share_without(&self, followed: usize) -> f64 {
        let all = self.all_s.len();
        if all == 0 { 0.0 } else { all.saturating_sub(followed) as f64 / all as f64 }
    }

    fn sorted(mut self) -> Self {
        self.all_s.sort_by(f64::total_cmp);
        self.followed_s.sort_by(f64::total_cmp);
        self
    }
}

/// Follows the labelled transitions and times how long the method takes for each.
///
/// For a transition of the label to L at t0, valid until the label changes again or ends at t1, the
/// delay is the covered time (gaps do not count) from t0 until the method first says L; 0 if it says
/// L already at t0; the whole labelled interval if it never does.
#[derive(Debug, Default)]
pub(super) struct DelayMeter {
    label: Option<Level>,
    waiting_s: Option<f64>,
    delays: Delays,
}

impl DelayMeter {
    /// Takes the state at one sample and the time in seconds that it stands for.
    pub(super) fn add(&mut self, label: Option<Level>, said: Option<Level>, weight_s: f64) {
        if label != self.label {
            self.miss();
            if self.label.is_some() && label.is_some() {
                self.waiting_s = Some(0.0);
            }
            self.label = label;
        }
        if let Some(waited_s) = self.waiting_s {
            if said == label {
                self.waiting_s = None;
                self.delays.all_s.push(waited_s);
                self.delays.followed_s.push(waited_s);
            } else {
                self.waiting_s = Some(waited_s + weight_s);
            }
        }
    }

    fn miss(&mut self) {
        self.delays.all_s.extend(self.waiting_s.take());
    }

    /// The delays of all labelled transitions.
    pub(super) fn finish(mut self) -> Delays {
        self.miss();
        self.delays.sorted()
    }
}

/// The p-th quantile (0..=1) of sorted values by the nearest rank; `None` of nothing.
fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
    let rank = (p * sorted.len() as f64).ceil() as usize;
    sorted.get(rank.saturating_sub(1)).copied()
}

#[cfg(test)]
mod tests {
    use super::*;
    use Level::{Off, On, Standby};

    fn delays(steps: &[(Option<Level>, Option<Level>)]) -> Vec<f64> {
        let mut meter = DelayMeter::default();
        for &(label, said) in steps {
            meter.add(label, said, 10.0);
        }
        meter.finish().all_s
    }

    #[test]
    fn counts_until_the_new_level_is_said() {
        let s = |l, p| (Some(l), Some(p));
        // Two steps late; then early (0); then never within its interval (1 step).
        assert_eq!(delays(&[s(Off, Off), s(On, Off), s(On, Off), s(On, On)]), [20.0]);
        assert_eq!(delays(&[s(Off, On), s(On, On)]), [0.0]);
        assert_eq!(delays(&[s(Off, Off), s(Standby, Off), s(On, On)]), [0.0, 10.0]);
    }

    #[test]
    fn a_stretch_without_label_is_no_transition() {
        let on = Some(On);
        assert_eq!(delays(&[(Some(Off), on), (None, on), (on, Some(Off))]), [0.0; 0]);
    }

    #[test]
    fn late_and_missed_are_never_left_out_of_the_shares() {
        let mut meter = DelayMeter::default();
        // Each label lasts 100 s: followed after 20 s, after 80 s, never, and by the time of its change.
        for (label, followed_from_s) in [(Off, 0), (On, 20), (Off, 80), (On, 100), (Off, 0)] {
            for at_s in (0..100).step_by(10) {
                meter.add(Some(label), (at_s >= followed_from_s).then_some(label), 10.0);
            }
        }
        let delays = meter.finish();
        assert_eq!(
            (&delays.all_s[..], &delays.followed_s[..]),
            (&[0.0, 20.0, 80.0, 100.0][..], &[0.0, 20.0, 80.0][..])
        );
        assert_eq!((delays.late_share(), delays.missed_share()), (0.5, 0.25));
        assert_eq!((delays.quantile_s(1.0), delays.prompt_quantile_s(1.0)), (Some(100.0), Some(20.0)));
        let twice = Delays::together([&delays, &delays]);
        assert_eq!((twice.all_s.len(), twice.late_share(), twice.quantile_s(0.25)), (8, 0.5, Some(0.0)));
    }

    #[test]
    fn without_transitions_there_are_no_delays() {
        let none = Delays::default();
        assert_eq!((none.quantile_s(0.5), none.prompt_quantile_s(0.5)), (None, None));
        assert_eq!((none.late_share(), none.missed_share()), (0.0, 0.0));
    }

    #[test]
    fn quantiles_by_nearest_rank() {
        let v: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!((quantile(&v, 0.5), quantile(&v, 0.95), quantile(&v, 1.0)), (Some(10.0), Some(19.0), Some(20.0)));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[3.0], 0.0), Some(3.0));
    }
}
