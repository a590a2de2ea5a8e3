//! The one source of chance: small, fast and the same for ever.

/// The SplitMix64 generator (Steele, Lea, Flood 2014): eight bytes of state, so every instrument can have its own.
///
/// The `rand` crate does not promise the same values in its next version; a fleet must stay the same for the same
/// seed, or a measurement cannot be repeated.
#[derive(Clone, Debug)]
pub(crate) struct Chance(u64);

const GOLDEN: u64 = 0x9E37_79B9_7F4A_7C15;

/// Spreads every bit of the input over the whole output.
fn mix(mut z: u64) -> u64 {
    z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
    z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
    z ^ (z >> 31)
}

/// A number that belongs to these three and to nothing else.
pub(crate) fn hash(seed: u64, purpose: u64, item: u64) -> u64 {
    mix(mix(mix(seed.wrapping_add(GOLDEN)) ^ purpose.wrapping_mul(GOLDEN)).wrapping_add(item.wrapping_mul(GOLDEN)))
}

/// A number that belongs to this text and to nothing else (FNV-1a, mixed).
pub(crate) fn hash_text(seed: u64, text: &str) -> u64 {
    let fnv = text
        .bytes()
        .fold(0xCBF2_9CE4_8422_2325_u64, |hash, byte| (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01B3));
    hash(seed, fnv, 0)
}

/// A hash as a number in `[0, 1)`.
pub(crate) fn unit(hash: u64) -> f32 {
    (hash >> 40) as f32 / (1_u64 << 24) as f32
}

/// A hash as a number with mean 0 and standard deviation 1, at most 3.5 away (the sum of four uniform ones).
pub(crate) fn gauss(hash: u64) -> f32 {
    let sum = (hash & 0xFFFF) + (hash >> 16 & 0xFFFF) + (hash >> 32 & 0xFFFF) + (hash >> 48);
    (sum as f32 / 65_535.0 - 2.0) * 1.732_050_8
}

impl Chance {
    pub(crate) fn new(seed: u64, purpose: u64, item: u64) -> Self {
        Self(hash(seed, purpose, item))
    }

    pub(crate) fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(GOLDEN);
        mix(self.0)
    }

    /// In `[0, 1)`.
    pub(crate) fn unit(&mut self) -> f32 {
        unit(self.next())
    }

    /// In `[low, high)`.
    pub(crate) fn between(&mut self, low: f32, high: f32) -> f32 {
        low + (high - low) * self.unit()
    }

    /// True in this share of the cases.
    pub(crate) fn happens(&mut self, share: f32) -> bool {
        self.unit() < share
    }

    /// Around `median`, log-normal: two of three values lie within a factor of e^`spread`.
    pub(crate) fn around(&mut self, median: f32, spread: f32) -> f32 {
        median * (gauss(self.next()) * spread).exp()
    }

    /// A waiting time with this mean (exponential).
    pub(crate) fn wait(&mut self, mean: f32) -> f32 {
        -mean * (1.0 - self.unit()).ln()
    }

    /// One of them. `None` only of an empty slice.
    pub(crate) fn pick<'a, T>(&mut self, of: &'a [T]) -> Option<&'a T> {
        of.get((self.unit() * of.len() as f32) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_never_change() {
        let mut chance = Chance(0);
        // The reference values of SplitMix64 for seed 0.
        assert_eq!([chance.next(), chance.next()], [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4]);
    }

    #[test]
    fn shapes_are_as_promised() {
        let mut chance = Chance::new(1, 2, 3);
        let n = 20_000;
        let gauss: Vec<f32> = (0..n).map(|_| gauss(chance.next())).collect();
        let mean = gauss.iter().sum::<f32>() / n as f32;
        let variance = gauss.iter().map(|x| (x - mean).powi(2)).sum::<f32>() / n as f32;
        assert!(mean.abs() < 0.03 && (variance - 1.0).abs() < 0.05, "{mean} {variance}");
        let wait = (0..n).map(|_| chance.wait(5.0)).sum::<f32>() / n as f32;
        assert!((wait - 5.0).abs() < 0.2, "{wait}");
        let happened = (0..n).filter(|_| chance.happens(0.3)).count();
        assert!((5_700..6_300).contains(&happened), "{happened}");
    }
}
