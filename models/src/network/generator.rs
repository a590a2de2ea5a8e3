//! Random numbers that are the same for ever, whatever else draws some.

/// SplitMix64: a seed gives the same numbers on every machine and in every version of this crate.
#[derive(Debug, Clone)]
pub struct Generator(u64);

impl Generator {
    /// A generator for one seed.
    #[must_use]
    pub fn new(seed: u64) -> Self {
        Self(seed)
    }

    /// A generator for one purpose of one seed; different purposes share nothing.
    #[must_use]
    pub fn for_purpose(seed: u64, purpose: u64) -> Self {
        let mut outer = Self(purpose);
        let salt = outer.next_u64();
        let mut mixed = Self(seed ^ salt);
        Self(mixed.next_u64())
    }

    /// The next 64 bits.
    pub fn next_u64(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9E37_79B9_7F4A_7C15);
        let mut z = self.0;
        z = (z ^ (z >> 30)).wrapping_mul(0xBF58_476D_1CE4_E5B9);
        z = (z ^ (z >> 27)).wrapping_mul(0x94D0_49BB_1331_11EB);
        z ^ (z >> 31)
    }

    /// A number from 0 up to, not including, 1.
    pub fn unit(&mut self) -> f32 {
        (self.next_u64() >> 40) as f32 / (1_u32 << 24) as f32
    }

    /// A number between `-bound` and `bound`.
    pub fn symmetric(&mut self, bound: f32) -> f32 {
        (2.0 * self.unit() - 1.0) * bound
    }

    /// A number below `n`, 0 if `n` is 0.
    pub fn below(&mut self, n: u32) -> u32 {
        ((u128::from(self.next_u64()) * u128::from(n)) >> 64) as u32
    }

    /// Puts the values in a random order.
    pub fn shuffle<T>(&mut self, values: &mut [T]) {
        for i in (1..values.len()).rev() {
            let other = self.below(u32::try_from(i + 1).unwrap_or(u32::MAX)) as usize;
            values.swap(i, other);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_sequence_never_changes() {
        let mut g = Generator::new(0);
        assert_eq!([g.next_u64(), g.next_u64()], [0xE220_A839_7B1D_CDAF, 0x6E78_9E6A_A1B9_65F4]);
    }

    #[test]
    fn numbers_stay_in_their_bounds() {
        let mut g = Generator::for_purpose(7, 1);
        assert!((0..10_000).all(|_| (0.0..1.0).contains(&g.unit())));
        assert!((0..10_000).all(|_| g.below(3) < 3));
        assert_eq!(g.below(0), 0);
    }

    #[test]
    fn a_shuffle_keeps_every_value() {
        let mut values: Vec<u32> = (0..100).collect();
        Generator::new(3).shuffle(&mut values);
        assert_ne!(values, (0..100).collect::<Vec<_>>());
        values.sort_unstable();
        assert_eq!(values, (0..100).collect::<Vec<_>>());
    }
}
