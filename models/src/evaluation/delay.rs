//! How long after a labelled transition the method follows.

use crate::sample::Level;

/// Follows the labelled transitions and times how long the method takes for each.
///
/// For a transition of the label to L at t0, valid until the label changes again or ends at t1, the
/// delay is the covered time (gaps do not count) from t0 until the method first says L; 0 if it says
/// L already at t0; the whole labelled interval if it never does.
#[derive(Debug, Default)]
pub(super) struct DelayMeter {
    label: Option<Level>,
    waiting_s: Option<f64>,
    delays_s: Vec<f64>,
}

impl DelayMeter {
    /// Takes the state at one sample and the time in seconds that it stands for.
    pub(super) fn add(&mut self, label: Option<Level>, said: Option<Level>, weight_s: f64) {
        if label != self.label {
            self.close();
            if self.label.is_some() && label.is_some() {
                self.waiting_s = Some(0.0);
            }
            self.label = label;
        }
        if let Some(waited_s) = self.waiting_s {
            if said == label {
                self.close();
            } else {
                self.waiting_s = Some(waited_s + weight_s);
            }
        }
    }

    fn close(&mut self) {
        self.delays_s.extend(self.waiting_s.take());
    }

    /// The delay in seconds of every labelled transition, sorted.
    pub(super) fn finish(mut self) -> Vec<f64> {
        self.close();
        self.delays_s.sort_by(f64::total_cmp);
        self.delays_s
    }
}

/// The p-th quantile (0..=1) of sorted values by the nearest rank; `None` of nothing.
pub(super) fn quantile(sorted: &[f64], p: f64) -> Option<f64> {
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
        meter.finish()
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
    fn quantiles_by_nearest_rank() {
        let v: Vec<f64> = (1..=20).map(f64::from).collect();
        assert_eq!((quantile(&v, 0.5), quantile(&v, 0.95), quantile(&v, 1.0)), (Some(10.0), Some(19.0), Some(20.0)));
        assert_eq!(quantile(&[], 0.5), None);
        assert_eq!(quantile(&[3.0], 0.0), Some(3.0));
    }
}
