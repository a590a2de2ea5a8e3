//! From labelled readings to what is trained on.

use super::augment::{blur, swap_histories};
use super::error::PrepareError;
use super::familiar::Familiar;
use super::off_rule::OffRule;
use super::prior::Prior;
use super::replay::Replay;
use super::select::{Moment, select};
use crate::features::{FeatureWindow, Scale};
use crate::sample::{Level, Sample};
use crate::training::TrainingSet;

/// One instrument's labelled readings, made ready: the set its network is trained on, and what a model needs
/// beside the network.
#[derive(Debug, Clone, PartialEq)]
pub struct Prepared {
    set: TrainingSet,
    pub(super) scale: Scale,
    pub(super) prior: Prior,
    pub(super) familiar: Familiar,
    pub(super) off_rule: OffRule,
    pub(super) replay: Replay,
}

impl Prepared {
    /// What the network is to be trained on.
    #[must_use]
    pub fn training_set(&self) -> &TrainingSet {
        &self.set
    }

    /// The levels among the labels, in the order off, standby, on.
    #[must_use]
    pub fn levels_seen(&self) -> [bool; 3] {
        self.prior.seen()
    }
}

/// Readings with a label needed at least.
const LEAST: usize = 100;

/// Learns the scale from the readings (in the order of time; `labels` by index, `None` where there is none) and
/// takes a few thousand windows to train on, more of them around changes and from rare levels. `rated_a` is the
/// rated current (A), where known: it parts high from low where the labels show no edge of `on`. The same seed
/// gives the same windows.
///
/// # Errors
/// [`PrepareError`]: lengths that differ, or too few labels. A level that is missing is no error: the model
/// will not say it, but for `off` by a rule.
pub fn prepare(
    samples: &[Sample],
    labels: &[Option<Level>],
    rated_a: Option<f32>,
    seed: u64,
) -> Result<Prepared, PrepareError> {
    if samples.len() != labels.len() {
        return Err(PrepareError::Lengths { samples: samples.len(), labels: labels.len() });
    }
    let scale = Scale::learn(samples, labels, fallback_high_a(samples, labels, rated_a));
    let mut window = FeatureWindow::new();
    let (mut familiar, mut off_rule) = (Familiar::default(), OffRule::default());
    let mut moments = Vec::with_capacity(samples.len());
    let mut times = Vec::with_capacity(samples.len());
    for ((&s, &label), from_change_s) in samples.iter().zip(labels).zip(from_changes_s(samples, labels)) {
        let Some(row) = window.push_bare(s, &scale).filter(|row| row.iter().all(|f| f.is_finite())) else { continue };
        let present = window.present();
        times.push((s.ts_ms, present.covered_s, row, label));
        if let Some(level) = label {
            familiar.add(present.place);
            off_rule.learn(&present, level);
            moments.push(Moment { row, level, from_change_s });
        }
    }
    if moments.len() < LEAST {
        return Err(PrepareError::TooFew { labelled: moments.len(), needed: LEAST });
    }
    let mut set = select(&moments, seed);
    let prior = Prior::of(&moments);
    let scale = scale.normalised(&set.rows, &set.weights);
    set.rows.iter_mut().for_each(|row| *row = scale.apply(*row));
    swap_histories(&mut set, seed);
    blur(&mut set, seed);
    let mut replay = Replay::default();
    for (ts_ms, covered_s, row, label) in times {
        replay.push(ts_ms, covered_s, scale.apply(row), label);
    }
    Ok(Prepared { set, scale, prior, familiar, off_rule, replay })
}

/// How far (s) each reading is from the nearest change of its label.
fn from_changes_s(samples: &[Sample], labels: &[Option<Level>]) -> Vec<f32> {
    let apart_s = |a: i64, b: i64| b.saturating_sub(a).saturating_abs() as f32 / 1e3;
    let mut far_s = vec![f32::MAX; samples.len()];
    let mut change_ms = None;
    for i in 0..samples.len() {
        if i > 0 && labels[i] != labels[i - 1] {
            change_ms = Some(samples[i].ts_ms);
        }
        far_s[i] = change_ms.map_or(f32::MAX, |at_ms| apart_s(at_ms, samples[i].ts_ms));
    }
    change_ms = None;
    for i in (0..samples.len()).rev() {
        far_s[i] = change_ms.map_or(far_s[i], |at_ms| far_s[i].min(apart_s(samples[i].ts_ms, at_ms)));
        if i > 0 && labels[i] != labels[i - 1] {
            change_ms = Some(samples[i].ts_ms);
        }
    }
    far_s
}

/// The cut (A) between high and low where the labels show no edge of `on`: a fifth of the rated current, else
/// half of what is drawn where it is on, else twice what it draws where it is not.
fn fallback_high_a(samples: &[Sample], labels: &[Option<Level>], rated_a: Option<f32>) -> f32 {
    if let Some(rated_a) = rated_a.filter(|a| a.is_finite() && *a > 0.0) {
        return 0.2 * rated_a;
    }
    let middle = |on: bool| {
        let mut drawn: Vec<f32> = samples
            .iter()
            .zip(labels)
            .filter(|(_, label)| label.is_some_and(|l| (l == Level::On) == on))
            .filter_map(|(s, _)| s.plausible_current())
            .collect();
        let half = drawn.len() / 2;
        (!drawn.is_empty()).then(|| *drawn.select_nth_unstable_by(half, f32::total_cmp).1)
    };
    match (middle(true), middle(false)) {
        (Some(on_a), _) => 0.5 * on_a,
        (None, Some(low_a)) => 2.0 * low_a + 0.02,
        (None, None) => 1.0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn distances_are_to_the_nearest_change() {
        let samples: Vec<Sample> = (0..6).map(|i| Sample { ts_ms: i * 10_000, current_a: 0.0 }).collect();
        let (a, b) = (Some(Level::Off), Some(Level::On));
        assert_eq!(from_changes_s(&samples, &[a, a, a, b, b, b]), [30.0, 20.0, 10.0, 0.0, 10.0, 20.0]);
        assert_eq!(from_changes_s(&samples, &[a; 6]), [f32::MAX; 6]);
    }

    #[test]
    fn too_few_labels_are_refused() {
        let s = Sample { ts_ms: 0, current_a: 1.0 };
        assert_eq!(prepare(&[s], &[], None, 1), Err(PrepareError::Lengths { samples: 1, labels: 0 }));
        assert_eq!(
            prepare(&[s], &[Some(Level::On)], None, 1),
            Err(PrepareError::TooFew { labelled: 1, needed: LEAST })
        );
    }

    #[test]
    fn one_level_alone_can_be_prepared() {
        let samples: Vec<Sample> = (0..5_000).map(|i| Sample { ts_ms: i * 5_000, current_a: 2.0 }).collect();
        let prepared = prepare(&samples, &vec![Some(Level::On); 5_000], None, 1).unwrap();
        assert_eq!(prepared.levels_seen(), [false, false, true]);
        assert_eq!(prepared.training_set().check(), Ok(()));
        assert!((prepared.scale.high_a() - 1.0).abs() < 1e-3);
    }
}
