//! Drift on made-up instruments: what is found, when, and what is left alone.

use dayi_models::Level;
use dayi_models::drift::{Drift, DriftWatch, Reference, ReferenceBuilder};
use dayi_models::features::{FEATURES, NAMES};
use dayi_models::network::Generator;
use proptest::prelude::*;

const MINUTE_MS: i64 = 60_000;
const DAY_MS: i64 = 24 * 60 * MINUTE_MS;

/// An instrument that is on in working hours, on standby around them and off at night; 5 A when on.
struct Instrument {
    generator: Generator,
    noise: f32,
}

impl Instrument {
    fn new(seed: u64) -> Self {
        Self { generator: Generator::new(seed), noise: 0.05 }
    }

    fn level(day: i64, minute: i64) -> Level {
        let weekend = day % 7 >= 5;
        match minute {
            540..720 | 780..1_020 if !weekend => Level::On,
            480..1_080 if !weekend => Level::Standby,
            _ => Level::Off,
        }
    }

    /// Logarithms in the even features, multiples of the rated current in the odd ones.
    fn features(&mut self, level: Level, factor: f32) -> [f32; FEATURES] {
        let current_a = match level {
            Level::Off => 0.0,
            Level::Standby => 0.8,
            Level::On => 5.0,
        };
        let current_a = current_a * factor * (1.0 + self.generator.symmetric(self.noise));
        std::array::from_fn(|i| if i % 2 == 0 { (current_a + 0.01).ln() } else { current_a / 6.0 })
    }

    fn posterior(level: Level, sure: f32) -> [f32; 3] {
        std::array::from_fn(|i| if i == level.index() { sure } else { (1.0 - sure) / 2.0 })
    }

    /// Two working days.
    fn reference(&mut self) -> Reference {
        let mut builder = ReferenceBuilder::default();
        for minute in 0..2 * 1_440 {
            let level = Self::level(minute / 1_440, minute % 1_440);
            builder.add(&self.features(level, 1.0), Self::posterior(level, 0.99));
        }
        builder.build()
    }

    /// Watches days `from..to`, the current multiplied by `factor`.
    fn watch(&mut self, watch: &mut DriftWatch, days: std::ops::Range<i64>, factor: f32, sure: f32) -> Vec<Drift> {
        let mut told = Vec::new();
        for day in days {
            for minute in 0..1_440 {
                let level = Self::level(day, minute);
                let features = self.features(level, factor);
                let ts_ms = day * DAY_MS + minute * MINUTE_MS;
                told.extend(watch.observe(ts_ms, &features, Self::posterior(level, sure)));
            }
        }
        told
    }
}

#[test]
fn a_shift_of_30_percent_is_found_within_a_day() {
    let mut instrument = Instrument::new(1);
    let mut watch = DriftWatch::new(instrument.reference());
    assert_eq!(instrument.watch(&mut watch, 2..4, 1.0, 0.99), []);
    let told = instrument.watch(&mut watch, 7..10, 1.3, 0.99);
    assert_eq!(told.len(), 1, "said once");
    let drift = &told[0];
    assert!(drift.at_ms < 8 * DAY_MS, "within a day");
    let change = &drift.features[0];
    assert!(NAMES.contains(&change.feature.as_str()) && change.level != Level::Off);
    assert!(change.to > change.from.1, "{change:?}");
    assert!(drift.entropy.is_empty() && drift.untaught.is_empty());
    assert!(drift.to_string().contains("in training"), "{drift}");
    assert!(watch.has_drifted());
}

#[test]
fn a_drop_of_30_percent_is_found_within_a_day() {
    let mut instrument = Instrument::new(2);
    let mut watch = DriftWatch::new(instrument.reference());
    let told = instrument.watch(&mut watch, 7..8, 0.7, 0.99);
    assert!(told[0].features.iter().any(|c| c.level == Level::On && c.to < c.from.0), "{told:?}");
}

#[test]
fn noise_and_ordinary_weeks_are_no_drift() {
    for seed in 0..10 {
        let mut instrument = Instrument::new(seed);
        let mut watch = DriftWatch::new(instrument.reference());
        assert_eq!(instrument.watch(&mut watch, 2..30, 1.0, 0.98), []);
    }
}

#[test]
fn a_weekend_and_a_holiday_do_not_hide_a_shift() {
    let mut instrument = Instrument::new(3);
    let mut watch = DriftWatch::new(instrument.reference());
    // Ten hours of the shifted level, cut by gaps of days.
    let told: Vec<_> =
        [7, 21, 35].into_iter().flat_map(|d| instrument.watch(&mut watch, d..d + 1, 1.3, 0.99)).collect();
    assert_eq!(told.len(), 1);
    assert!(told[0].at_ms < 8 * DAY_MS);
}

#[test]
fn a_network_that_became_unsure_is_told() {
    let mut instrument = Instrument::new(4);
    let mut watch = DriftWatch::new(instrument.reference());
    let told = instrument.watch(&mut watch, 2..5, 1.0, 0.6);
    assert_eq!(told.len(), 1);
    assert!(told[0].features.is_empty());
    assert!(told[0].entropy[0].to > told[0].entropy[0].from + 0.2, "{:?}", told[0]);
}

#[test]
fn a_level_that_was_never_taught_is_told_after_an_hour() {
    let mut instrument = Instrument::new(5);
    let mut builder = ReferenceBuilder::default();
    (0..500).for_each(|_| builder.add(&instrument.features(Level::On, 1.0), Instrument::posterior(Level::On, 0.99)));
    let mut watch = DriftWatch::new(builder.build());
    let told = instrument.watch(&mut watch, 2..3, 1.0, 0.99);
    assert_eq!(told.len(), 1);
    assert_eq!(told[0].untaught, [Level::Off]);
    assert_eq!(told[0].at_ms, 2 * DAY_MS + 60 * MINUTE_MS);
}

#[test]
fn it_tells_again_after_a_reset_and_for_a_new_model() {
    let mut instrument = Instrument::new(6);
    let reference = instrument.reference();
    let mut watch = DriftWatch::new(reference);
    assert_eq!(instrument.watch(&mut watch, 7..9, 1.3, 0.99).len(), 1);
    watch.reset();
    assert!(!watch.has_drifted());
    assert_eq!(instrument.watch(&mut watch, 9..11, 1.3, 0.99).len(), 1);
    let mut renewed = DriftWatch::new(reference);
    assert_eq!(instrument.watch(&mut renewed, 11..12, 1.0, 0.99), []);
}

#[test]
fn only_the_features_asked_for_are_judged() {
    let mut instrument = Instrument::new(9);
    let mut builder = ReferenceBuilder::watching(&[4, 6, 99]);
    (0..500).for_each(|_| builder.add(&instrument.features(Level::On, 1.0), Instrument::posterior(Level::On, 0.99)));
    let mut watch = DriftWatch::new(builder.build());
    let mut told = Vec::new();
    for minute in 0..1_440 {
        let mut features = instrument.features(Level::On, 1.0);
        features[3] = 9.0;
        if minute > 720 {
            features[6] = 9.0;
        }
        told.extend(watch.observe(minute * MINUTE_MS, &features, Instrument::posterior(Level::On, 0.99)));
    }
    assert_eq!(told.len(), 1);
    assert!(told[0].at_ms > 720 * MINUTE_MS);
    assert_eq!(told[0].features.iter().map(|c| c.feature.as_str()).collect::<Vec<_>>(), [NAMES[6]]);
}

#[test]
fn it_is_small_and_goes_on_after_a_restart() {
    assert!(size_of::<DriftWatch>() < 850, "{}", size_of::<DriftWatch>());
    assert_eq!(size_of::<Reference>(), 404);
    let mut instrument = Instrument::new(7);
    let mut whole = DriftWatch::new(instrument.reference());
    instrument.watch(&mut whole, 7..8, 1.0, 0.99);
    let mut again: DriftWatch = serde_json::from_str(&serde_json::to_string(&whole).unwrap()).unwrap();
    assert_eq!(again, whole);
    let (mut a, mut b) = (Instrument::new(8), Instrument::new(8));
    assert_eq!(a.watch(&mut whole, 8..9, 1.3, 0.99), b.watch(&mut again, 8..9, 1.3, 0.99));
    assert_eq!(again, whole);
}

proptest! {
    #[test]
    fn any_input_is_survived(steps in prop::collection::vec((any::<i64>(), any::<f32>(), any::<[f32; 3]>()), 0..200)) {
        let mut watch = DriftWatch::new(Instrument::new(1).reference());
        let told = steps.iter().filter_map(|&(ts, value, p)| watch.observe(ts, &[value; FEATURES], p)).count();
        prop_assert!(told <= 1);
    }
}
