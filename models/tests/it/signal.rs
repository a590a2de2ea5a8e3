//! Signals made up for tests.

use dayi_models::{Level, Sample};
use proptest::prelude::*;

/// A signal in the making: samples at a steady interval, the level each was made for.
pub struct Signal {
    pub samples: Vec<Sample>,
    pub levels: Vec<Level>,
    pub interval_ms: i64,
    ts_ms: i64,
    seed: u64,
}

impl Signal {
    pub fn every_s(interval_s: i64) -> Self {
        Self {
            samples: Vec::new(),
            levels: Vec::new(),
            interval_ms: interval_s * 1_000,
            ts_ms: 1_700_000_000_000,
            seed: 1,
        }
    }

    /// Uniform in -1..1, the same for the same calls.
    fn noise(&mut self) -> f32 {
        self.seed = self.seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.seed >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }

    /// Uniform in from..to.
    pub fn pick(&mut self, from: f32, to: f32) -> f32 {
        from + (to - from) * 0.5 * (self.noise() + 1.0)
    }

    /// Adds `seconds` of a level at a current with some play (A).
    pub fn hold(&mut self, level: Level, current_a: f32, play_a: f32, seconds: f32) -> &mut Self {
        for _ in 0..(seconds * 1e3) as i64 / self.interval_ms {
            let current_a = (current_a + play_a * self.noise()).max(0.0);
            self.samples.push(Sample { ts_ms: self.ts_ms, current_a });
            self.levels.push(level);
            self.ts_ms += self.interval_ms;
        }
        self
    }

    /// Lets time pass without samples.
    pub fn gap(&mut self, seconds: i64) -> &mut Self {
        self.ts_ms += seconds * 1_000;
        self
    }

    /// Days of an instrument with the three levels (current, play): off at night, standby by day, and six
    /// runs of half an hour to two hours.
    pub fn working_days(&mut self, days: usize, off: (f32, f32), standby: (f32, f32), on: (f32, f32)) -> &mut Self {
        for _ in 0..days {
            self.hold(Level::Off, off.0, off.1, 10.0 * 3_600.0);
            for _ in 0..6 {
                let (idle_s, run_s) = (self.pick(1_800.0, 5_400.0), self.pick(1_800.0, 7_200.0));
                self.hold(Level::Standby, standby.0, standby.1, idle_s);
                self.hold(Level::On, on.0, on.1, run_s);
            }
        }
        self
    }
}

/// Any current and time at all, and plausible ones at plausible times before `end_ms`.
pub fn samples(end_ms: i64) -> impl Strategy<Value = Vec<Sample>> {
    let wild = (any::<i64>(), any::<f32>()).prop_map(|(ts_ms, current_a)| Sample { ts_ms, current_a });
    let tame = (0..end_ms, prop_oneof![Just(0.0_f32), 0.0_f32..0.05, 0.1_f32..40.0])
        .prop_map(|(ts_ms, current_a)| Sample { ts_ms, current_a });
    let sorted = proptest::collection::vec(tame.clone(), 0..400).prop_map(|mut all| {
        all.sort_by_key(|s| s.ts_ms);
        all
    });
    prop_oneof![proptest::collection::vec(prop_oneof![tame, wild], 0..200), sorted]
}
