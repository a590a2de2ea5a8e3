use crate::seed::hash;

/// A square wave of current: half a period on, half a period off, each instrument with a phase of its own.
///
/// What an instrument draws at a time can be told again from the seed, so nobody has to remember it to check it; and
/// it changes from reading to reading, so that one reading is not taken for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Wave {
    /// The same seed gives the same currents.
    pub seed: u64,
    /// How long each half lasts on the sensor's clock. The server's model wants a new level for some ten seconds before it
    /// believes it.
    pub half_period_ms: i64,
}

/// Milliampere of an instrument that works.
const ON_MA: u32 = 6_000;
/// The currents differ by up to so many milliampere from reading to reading.
const NOISE_MA: u64 = 40;
/// The same of an instrument that is off.
const OFF_NOISE_MA: u64 = 4;

impl Wave {
    /// What the instrument of this number draws at `ts_ms`, in milliampere.
    #[must_use]
    pub fn milliampere(self, instrument: u64, ts_ms: i64) -> u32 {
        let half = self.half_period_ms.max(1);
        let phase = (hash(self.seed, 0x9A5E, instrument) >> 1).cast_signed() % (2 * half);
        let noise = hash(self.seed ^ instrument, 0x4015E, ts_ms.cast_unsigned());
        let on = ts_ms.wrapping_add(phase).rem_euclid(2 * half) < half;
        // At most NOISE_MA.
        if on { ON_MA + (noise % NOISE_MA) as u32 } else { (noise % OFF_NOISE_MA) as u32 }
    }
}

/// Milliampere as the ampere that are sent.
pub(crate) fn ampere(milliampere: u32) -> f32 {
    (f64::from(milliampere) / 1e3) as f32
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn half_of_the_time_each_instrument_is_on_and_not_all_at_once() {
        let wave = Wave { seed: 7, half_period_ms: 60_000 };
        let on = |instrument, second: i64| wave.milliampere(instrument, second * 1_000) >= ON_MA;
        for instrument in 0..20 {
            let seconds_on = (0..1_200).filter(|second| on(instrument, *second)).count();
            assert_eq!(seconds_on, 600);
        }
        let at_once = (0..1_000).filter(|instrument| on(*instrument, 0)).count();
        assert!((400..600).contains(&at_once), "{at_once}");
    }
}
