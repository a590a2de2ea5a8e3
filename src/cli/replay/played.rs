use dayi_models::Sample;

/// A gap in a recording longer than this is played as this long: nothing is learned from a gap, and recordings of
/// months have to fit into what the server takes for a sensor's sane time.
const LONGEST_GAP_MS: i64 = 10 * 60 * 1000;

/// The longest recording that can be played, in milliseconds.
const LONGEST_MS: i64 = 30 * 24 * 3600 * 1000;

/// How a recording's time is laid onto the server's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Anchor {
    /// The first reading is now: for playing in real time.
    BeginsNow,
    /// The last reading is now: for playing faster, so that no reading comes from the future.
    EndsNow,
}

/// Why a recording cannot be played.
#[derive(Debug, thiserror::Error)]
pub(super) enum PlayError {
    #[error("the trace holds no readings")]
    Empty,
    #[error("the trace covers {0} days of readings; the server takes sensor times of the last 31 days: cut it")]
    TooLong(i64),
}

/// The recording as it will be sent: long gaps shortened, moved to the present.
pub(super) fn lay_out(recorded: &[Sample], anchor: Anchor, now_ms: i64) -> Result<Vec<Sample>, PlayError> {
    let first = recorded.first().ok_or(PlayError::Empty)?;
    let mut at_ms = 0;
    let mut before_ms = first.ts_ms;
    let mut played = Vec::with_capacity(recorded.len());
    for sample in recorded {
        at_ms += sample.ts_ms.saturating_sub(before_ms).min(LONGEST_GAP_MS);
        before_ms = sample.ts_ms;
        played.push(Sample { ts_ms: at_ms, ..*sample });
    }
    let length_ms = at_ms;
    if length_ms > LONGEST_MS {
        return Err(PlayError::TooLong(length_ms / 86_400_000));
    }
    let start_ms = match anchor {
        Anchor::BeginsNow => now_ms,
        Anchor::EndsNow => now_ms - length_ms,
    };
    for sample in &mut played {
        sample.ts_ms += start_ms;
    }
    Ok(played)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(times_ms: &[i64]) -> Vec<Sample> {
        times_ms.iter().map(|&ts_ms| Sample { ts_ms, current_a: 1.0 }).collect()
    }

    fn times(samples: &[Sample]) -> Vec<i64> {
        samples.iter().map(|sample| sample.ts_ms).collect()
    }

    #[test]
    fn long_gaps_are_shortened_and_the_rest_is_kept() {
        let recorded = at(&[5_000, 6_000, 9_000_000_000, 9_000_001_000]);
        let played = lay_out(&recorded, Anchor::EndsNow, 1_000_000_000).unwrap();
        assert_eq!(times(&played), [999_398_000, 999_399_000, 999_999_000, 1_000_000_000]);
        let played = lay_out(&recorded, Anchor::BeginsNow, 0).unwrap();
        assert_eq!(times(&played), [0, 1_000, 601_000, 602_000]);
    }

    #[test]
    fn what_cannot_be_played_is_refused() {
        assert!(matches!(lay_out(&[], Anchor::EndsNow, 0), Err(PlayError::Empty)));
        let steps: Vec<i64> = (0..5_000).map(|n| n * LONGEST_GAP_MS).collect();
        assert!(matches!(lay_out(&at(&steps), Anchor::EndsNow, 0), Err(PlayError::TooLong(34))));
    }
}
