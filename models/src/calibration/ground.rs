//! The sensor's own zero: where an instrument's lowest readings lie, and how they play.

use serde::{Deserialize, Serialize};

use super::histogram::{Histogram, ZERO_A};

/// Where the lowest lasting readings lie.
#[derive(Debug, Clone, Copy, PartialEq, Serialize, Deserialize)]
pub(crate) struct Ground {
    /// Their usual height, A.
    pub(crate) at_a: f32,
    /// What reaches this (A) stands out from them.
    pub(crate) cut_a: f32,
    /// Their noise (standard deviation, A); 0 where the sensor's steps hide it.
    pub(crate) noise_a: f32,
}

impl Default for Ground {
    /// A sensor without offset and noise.
    fn default() -> Self {
        Self { at_a: 0.0, cut_a: ZERO_A, noise_a: 0.0 }
    }
}

impl Ground {
    /// How much activity (share) a class of activity holds: a standby stands out of noise for a small part of the
    /// time only, so that is looked at closely.
    pub(crate) fn activity_class(&self) -> f32 {
        if self.noise_a > 0.0 { 0.05 } else { 0.1 }
    }

    /// Whether there is little noise for the height.
    pub(crate) fn is_steady(&self) -> bool {
        self.noise_a <= 0.25 * self.at_a
    }

    /// The lowest readings below `low_a` (A) of a sensor with that noise (standard deviation, A).
    pub(crate) fn of(histogram: &Histogram, noise_a: f32, low_a: f32) -> Self {
        /// The share of the low time that lasts; of a normal noise, so much lies [`BELOW`] deviations down.
        const LASTING: f32 = 0.03;
        const BELOW: f32 = 1.88;
        /// Less noise (A), or less beside the width of a bin, is as good as none.
        const NONE_A: f32 = 0.35 * ZERO_A;
        const NONE_OF_BIN: f32 = 0.25;

        let Some((from_a, to_a)) = histogram.edges_at(LASTING, low_a) else { return Self::default() };
        if noise_a < (NONE_OF_BIN * (to_a - from_a)).max(NONE_A) {
            let at_a = if from_a > 0.0 { (from_a * to_a).sqrt() } else { 0.0 };
            return Self { at_a, cut_a: to_a.max(at_a + 2.0 * noise_a), noise_a: 0.0 };
        }
        let at_a = 0.5 * (from_a + to_a) + BELOW * noise_a;
        // Within reach of the noise: a zero stands out at times, a faint standby more often.
        Self { at_a, cut_a: at_a + noise_a, noise_a }
    }
}

/// The noise of a sensor: how far the closest two of three successive readings lie apart in its quietest stretches.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub(crate) struct Noise {
    /// The last two readings, A.
    last_a: [Option<f32>; 2],
    /// The stretch at hand: readings, those that repeat another, and the summed distances (A).
    count: u8,
    repeats: u8,
    apart_a: f32,
    /// Stretches by the mean distance.
    stretches: [f32; CLASSES],
}

/// The upper edge (A) of the lowest class; three to the octave follow.
const FINEST_A: f32 = 0.0002;
const CLASSES: usize = 24;

impl Noise {
    /// Readings in a stretch.
    const STRETCH: u8 = 60;
    /// Readings closer than this (A) are the same.
    const SAME_A: f32 = 2e-5;
    /// The share of the stretches that are the quietest.
    const QUIETEST: f32 = 0.05;
    /// The standard deviation of a normal noise, in mean least distances of three.
    const DEVIATION: f32 = 2.21;

    /// Takes a low reading.
    pub(crate) fn observe(&mut self, current_a: f32) {
        let [before_a, last_a] = self.last_a;
        self.last_a = [last_a, Some(current_a)];
        let (Some(a), Some(b)) = (before_a, last_a) else { return };
        // Of three readings of a load that goes between two levels, two are of the same.
        let apart_a = (current_a - a).abs().min((current_a - b).abs()).min((a - b).abs());
        self.count += 1;
        self.repeats += u8::from(apart_a < Self::SAME_A);
        self.apart_a += apart_a;
        if self.count == Self::STRETCH {
            // A sensor whose readings often repeat has steps: what moves then is the load.
            let stepped = 4 * u16::from(self.repeats) >= u16::from(self.count);
            let mean_a = self.apart_a / f32::from(self.count);
            let class = if stepped || mean_a < FINEST_A { 0 } else { 1 + (3.0 * (mean_a / FINEST_A).log2()) as usize };
            self.stretches[class.min(CLASSES - 1)] += 1.0;
            self.restart();
        }
    }

    /// Forgets the stretch at hand: at a gap, or where the current is not low.
    pub(crate) fn close(&mut self) {
        self.last_a = [None; 2];
        self.restart();
    }

    fn restart(&mut self) {
        (self.count, self.repeats, self.apart_a) = (0, 0, 0.0);
    }

    /// Halves the weight of all that was seen.
    pub(crate) fn halve(&mut self) {
        self.stretches = self.stretches.map(|s| 0.5 * s);
    }

    /// Standard deviation, A; 0 if it is less than half a milliampere or the sensor's steps hide it.
    pub(crate) fn deviation_a(&self) -> f32 {
        let mut left = Self::QUIETEST * self.stretches.iter().sum::<f32>();
        let found = self.stretches.iter().position(|s| {
            left -= s;
            *s > 0.0 && left <= 0.0
        });
        match found {
            None | Some(0) => 0.0,
            Some(class) => Self::DEVIATION * FINEST_A * ((class as f32 - 0.5) / 3.0).exp2(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Uniform in -1..1, the same for the same seed.
    fn play(seed: &mut u64) -> f32 {
        *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (*seed >> 40) as f32 / (1_u64 << 23) as f32 - 1.0
    }

    #[test]
    fn noise_is_learned_though_the_load_comes_and_goes() {
        let (mut noise, mut seed) = (Noise::default(), 1);
        for i in 0..6_000 {
            let level_a = if i / 10 % 3 == 0 { 0.03 } else { 0.02 };
            // A sum of three, nearly normal, with a standard deviation of 1 mA.
            let sum: f32 = (0..3).map(|_| play(&mut seed)).sum();
            noise.observe(level_a + 0.001 * sum);
        }
        let found_a = noise.deviation_a();
        assert!((0.0006..0.0014).contains(&found_a), "{found_a}");
    }

    #[test]
    fn a_sensors_steps_are_no_noise() {
        let mut noise = Noise::default();
        for i in 0..6_000 {
            noise.observe(if i % 3 == 0 { 0.0087 } else { 0.0 });
        }
        assert_eq!(noise.deviation_a(), 0.0);
        assert_eq!(Noise::default().deviation_a(), 0.0);
    }

    #[test]
    fn the_ground_is_the_lowest_that_lasts() {
        let mut histogram = Histogram::new();
        assert_eq!(Ground::of(&histogram, 0.0, f32::INFINITY), Ground::default());
        for (current_a, s) in [(0.0, 1.0), (0.0105, 50.0), (0.0187, 40.0), (2.0, 100.0)] {
            histogram.add(current_a, s);
        }
        let ground = Ground::of(&histogram, 0.0, 0.1);
        assert!((ground.at_a - 0.0105).abs() < 0.001 && (0.0105..0.0187).contains(&ground.cut_a), "{ground:?}");
        let above = histogram.above(ground);
        assert_eq!(above.between_s(0.0, ZERO_A), 51.0);
        assert_eq!(above.total_s(), histogram.total_s());
    }
}
