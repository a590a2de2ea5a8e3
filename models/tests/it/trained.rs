//! The trained model on signals whose truth is known, and on anything at all.

use std::ops::ControlFlow;
use std::sync::LazyLock;

use dayi_models::network::ComputeDevice;
use dayi_models::trained::{PrepareError, assemble, prepare};
use dayi_models::training::{TrainingConfig, train_stacked};
use dayi_models::{Classifier, Level, Sample, TrainedClassifier, TrainedModel};
use proptest::prelude::*;

use crate::signal::{Signal, samples};

fn train(samples: &[Sample], labels: &[Option<Level>]) -> TrainedModel {
    let prepared = prepare(samples, labels, None, 1).unwrap();
    let config = TrainingConfig { threads: 1, epochs: 10, ..TrainedModel::training() };
    let sets = [(1, prepared.training_set())];
    let trained = train_stacked(&sets, &config, &ComputeDevice::flex(), &|_| ControlFlow::Continue(()));
    assemble(&prepared, trained.into_iter().next().unwrap().unwrap())
}

fn labels(signal: &Signal) -> Vec<Option<Level>> {
    signal.levels.iter().copied().map(Some).collect()
}

/// Three days of off, standby and on, and the model trained on the first two.
static DAYS: LazyLock<(Signal, TrainedModel)> = LazyLock::new(|| {
    let mut signal = Signal::every_s(5);
    signal.working_days(2, (0.0, 0.0), (0.8, 0.02), (3.0, 0.4));
    let known = signal.samples.len();
    signal.working_days(1, (0.0, 0.0), (0.8, 0.02), (3.0, 0.4));
    let model = train(&signal.samples[..known], &labels(&signal)[..known]);
    (signal, model)
});

#[test]
fn three_levels_are_learned() {
    let (signal, model) = &*DAYS;
    let mut classifier = TrainedClassifier::new(model.clone());
    let known = signal.samples.len() / 3 * 2;
    let said: Vec<_> = signal.samples.iter().map(|&s| classifier.observe(s).unwrap()).collect();
    let right = said[known..].iter().zip(&signal.levels[known..]).filter(|(v, l)| v.level == **l).count();
    assert!(right as f64 > 0.995 * (said.len() - known) as f64, "{right}");
    let changes = |levels: &[Level]| levels.windows(2).filter(|pair| pair[0] != pair[1]).count();
    let levels: Vec<_> = said[known..].iter().map(|v| v.level).collect();
    assert_eq!(changes(&levels), changes(&signal.levels[known..]));
    assert_eq!(classifier.name(), "mlp-v1");
    let sum: f32 = classifier.posterior().unwrap().iter().sum();
    assert!((sum - 1.0).abs() < 1e-3);
    assert!(classifier.last_features().is_some());
}

#[test]
fn a_current_never_seen_is_told_without_confidence() {
    let (signal, model) = &*DAYS;
    let mut classifier = TrainedClassifier::new(model.clone());
    for &s in &signal.samples {
        classifier.observe(s);
    }
    let last_ms = signal.samples.last().unwrap().ts_ms;
    let far: Vec<_> =
        (1..200).map(|i| classifier.observe(Sample { ts_ms: last_ms + i * 5_000, current_a: 40.0 }).unwrap()).collect();
    assert!(far.last().unwrap().confidence <= 0.55, "{:?}", far.last());
}

#[test]
fn off_is_told_at_zero_though_no_label_showed_it() {
    let mut signal = Signal::every_s(5);
    for _ in 0..8 {
        signal.hold(Level::Standby, 0.3, 0.02, 5_400.0).hold(Level::On, 2.6, 0.2, 7_200.0);
    }
    let model = train(&signal.samples, &labels(&signal));
    assert!(!model.has_seen(Level::Off));
    signal.hold(Level::Off, 0.0, 0.0, 3_600.0);
    let mut classifier = TrainedClassifier::new(model);
    let last = signal.samples.iter().filter_map(|&s| classifier.observe(s)).last().unwrap();
    assert_eq!(last.level, Level::Off);
    assert!(last.confidence <= 0.5, "{last:?}");
}

#[test]
fn one_level_alone_is_learned_and_no_label_is_an_error() {
    let mut signal = Signal::every_s(5);
    signal.hold(Level::On, 2.0, 0.3, 20_000.0);
    let model = train(&signal.samples, &labels(&signal));
    let mut classifier = TrainedClassifier::new(model);
    assert!(signal.samples.iter().filter_map(|&s| classifier.observe(s)).all(|v| v.level == Level::On));
    let none = prepare(&signal.samples, &vec![None; signal.samples.len()], None, 1);
    assert!(matches!(none, Err(PrepareError::TooFew { labelled: 0, .. })));
}

#[test]
fn the_same_seed_gives_the_same_model() {
    let mut signal = Signal::every_s(10);
    signal.working_days(1, (0.0, 0.0), (0.8, 0.02), (3.0, 0.4));
    assert_eq!(train(&signal.samples, &labels(&signal)), train(&signal.samples, &labels(&signal)));
}

#[test]
fn another_model_is_taken_over_without_losing_the_window() {
    let (signal, model) = &*DAYS;
    let (first, second) = signal.samples.split_at(9_000);
    let mut swapped = TrainedClassifier::new(model.clone());
    for &s in first {
        swapped.observe(s);
    }
    let mut kept = swapped.clone();
    swapped.set_model(model.clone());
    let level = |v: Option<dayi_models::Verdict>| v.map(|v| v.level);
    assert!(second.iter().all(|&s| level(swapped.observe(s)) == level(kept.observe(s))));
}

#[test]
fn a_snapshot_goes_on_where_it_was() {
    let (signal, model) = &*DAYS;
    let (first, second) = signal.samples.split_at(9_000);
    let mut classifier = TrainedClassifier::new(model.clone());
    for &s in first {
        classifier.observe(s);
    }
    let mut thawed: TrainedClassifier = serde_json::from_str(&serde_json::to_string(&classifier).unwrap()).unwrap();
    assert!(second.iter().all(|&s| thawed.observe(s) == classifier.observe(s)));
}

proptest! {
    #[test]
    fn any_samples_give_sane_verdicts(samples in samples(90_000_000), cut in 0_usize..200) {
        let mut classifier = TrainedClassifier::new(DAYS.1.clone());
        let mut last_since_ms = i64::MIN;
        let mut all = Vec::new();
        for &s in &samples {
            let verdict = classifier.observe(s);
            all.push(verdict);
            let Some(verdict) = verdict else { continue };
            prop_assert!(s.plausible_current().is_some());
            prop_assert!((0.0..=1.0).contains(&verdict.confidence), "{verdict:?}");
            prop_assert!(verdict.since_ms <= s.ts_ms && verdict.since_ms >= last_since_ms);
            prop_assert!(classifier.last_features().unwrap().iter().all(|f| f.is_finite()));
            last_since_ms = verdict.since_ms;
        }
        // Causal: what comes later changes nothing.
        let cut = cut.min(samples.len());
        let mut part = TrainedClassifier::new(DAYS.1.clone());
        let first: Vec<_> = samples[..cut].iter().map(|&s| part.observe(s)).collect();
        prop_assert_eq!(&all[..cut], &first[..]);
        let frozen = serde_json::to_string(&classifier).unwrap();
        prop_assert_eq!(serde_json::from_str::<TrainedClassifier>(&frozen).unwrap(), classifier);
    }

    #[test]
    fn any_labels_can_be_prepared_or_are_refused(samples in samples(90_000_000), picks in proptest::collection::vec(0_usize..4, 400)) {
        let labels: Vec<_> = samples.iter().zip(&picks).map(|(_, &p)| Level::ALL.get(p).copied()).collect();
        if let Ok(prepared) = prepare(&samples, &labels, None, 1) {
            prop_assert_eq!(prepared.training_set().check(), Ok(()));
        }
    }
}
