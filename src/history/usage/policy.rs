//! What of a state's time counts, as pure rules (docs/adr/0013-effective-hours.md).

use crate::domain::InstrumentState;
use std::ops::AddAssign;

/// Which standby belongs to the work beside it, in milliseconds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::history) struct Rules {
    /// Standby between two runs that is no longer than this is work as a whole.
    pub(in crate::history) gap_ms: i64,
    /// The most that counts of the standby directly before a run.
    pub(in crate::history) preparation_ms: i64,
    /// The most that counts of the standby directly after a run.
    pub(in crate::history) post_processing_ms: i64,
}

/// A state that held over `[start, end)`, with its neighbours in time.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::history) struct Stretch {
    pub(in crate::history) state: InstrumentState,
    pub(in crate::history) start_ms: i64,
    pub(in crate::history) end_ms: i64,
    /// The state directly before; `None` if there was none.
    pub(in crate::history) before: Option<InstrumentState>,
    /// The state directly after; `None` while nobody knows.
    pub(in crate::history) after: Option<InstrumentState>,
}

/// Time by state, and what of it is effective, in milliseconds.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::history) struct Usage {
    states: [i64; InstrumentState::ALL.len()],
    pub(in crate::history) effective_ms: i64,
}

impl Usage {
    pub(in crate::history) fn of(&self, state: InstrumentState) -> i64 {
        self.states[usize::from(state.code())]
    }

    pub(in crate::history) fn set(&mut self, state: InstrumentState, ms: i64) {
        self.states[usize::from(state.code())] = ms;
    }

    /// All states together.
    pub(in crate::history) fn total_ms(&self) -> i64 {
        self.states.iter().sum()
    }
}

impl AddAssign for Usage {
    fn add_assign(&mut self, other: Self) {
        for (sum, ms) in self.states.iter_mut().zip(other.states) {
            *sum += ms;
        }
        self.effective_ms += other.effective_ms;
    }
}

impl Stretch {
    /// What of it lies in `[from, to)`. Over windows that tile time the parts sum up to the whole.
    pub(in crate::history) fn within(&self, from_ms: i64, to_ms: i64, rules: &Rules) -> Usage {
        let overlap = |(start, end): (i64, i64)| end.min(to_ms).saturating_sub(start.max(from_ms)).max(0);
        let mut usage = Usage::default();
        usage.set(self.state, overlap((self.start_ms, self.end_ms)));
        usage.effective_ms = self.effective(rules).map(overlap).iter().sum();
        usage
    }

    /// The two spans of it that are effective; each may be empty.
    fn effective(&self, rules: &Rules) -> [(i64, i64); 2] {
        let run = Some(InstrumentState::On);
        let (after_a_run, before_a_run) = (self.before == run, self.after == run);
        let length = self.end_ms.saturating_sub(self.start_ms).max(0);
        let (at_its_beginning, at_its_end) = match self.state {
            InstrumentState::On => (length, 0),
            InstrumentState::Standby if after_a_run && before_a_run && length <= rules.gap_ms => (length, 0),
            InstrumentState::Standby => {
                let post_processing = if after_a_run { rules.post_processing_ms.min(length) } else { 0 };
                // What counts for the run before does not count again for the run after.
                let preparation = if before_a_run { rules.preparation_ms.min(length - post_processing) } else { 0 };
                (post_processing, preparation)
            }
            InstrumentState::Unknown | InstrumentState::Offline | InstrumentState::Off => (0, 0),
        };
        [
            (self.start_ms, self.start_ms.saturating_add(at_its_beginning)),
            (self.end_ms.saturating_sub(at_its_end), self.end_ms),
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use InstrumentState::{Off, Offline, On, Standby, Unknown};
    use proptest::prelude::*;

    const MIN: i64 = 60_000;
    const USUAL: Rules = Rules { gap_ms: 10 * MIN, preparation_ms: 30 * MIN, post_processing_ms: 10 * MIN };

    /// Minutes of `length` minutes of standby that count, and where, as the minutes left out at both ends of what does not.
    fn effective(length: i64, before: InstrumentState, after: Option<InstrumentState>) -> i64 {
        let stretch = Stretch { state: Standby, start_ms: 0, end_ms: length * MIN, before: Some(before), after };
        stretch.within(i64::MIN, i64::MAX, &USUAL).effective_ms / MIN
    }

    #[test]
    fn standby_counts_as_far_as_it_belongs_to_a_run() {
        // Between two runs: all of a short gap, of a longer one what follows the one and prepares the other.
        assert_eq!([5, 10, 11, 40, 41, 600].map(|length| effective(length, On, Some(On))), [5, 10, 11, 40, 40, 40]);
        // Only before a run, only after one, beside none.
        assert_eq!([5, 30, 31].map(|length| effective(length, Off, Some(On))), [5, 30, 30]);
        assert_eq!([5, 10, 31].map(|length| effective(length, On, Some(Off))), [5, 10, 10]);
        assert_eq!([5, 31].map(|length| effective(length, Offline, Some(Unknown))), [0, 0]);
        // While it lasts nobody knows what comes after.
        assert_eq!([5, 31].map(|length| effective(length, On, None)), [5, 10]);
    }

    #[test]
    fn what_counts_lies_at_the_runs() {
        let stretch = Stretch { state: Standby, start_ms: 0, end_ms: 60 * MIN, before: Some(On), after: Some(On) };
        let within = |from: i64, to: i64| stretch.within(from * MIN, to * MIN, &USUAL).effective_ms / MIN;
        assert_eq!([within(0, 10), within(10, 30), within(30, 60)], [10, 0, 30]);
    }

    /// States that follow each other, none itself, and how long each lasts.
    fn lived() -> impl Strategy<Value = Vec<Stretch>> {
        let part = (0usize..4, 1i64..4_000_000);
        (-3_000_000i64..3_000_000, prop::collection::vec(part, 1..40)).prop_map(|(start, parts)| {
            let mut stretches: Vec<Stretch> = Vec::new();
            let mut start_ms = start;
            for (other, length) in parts {
                let last = stretches.last().map(|stretch| stretch.state);
                let others: Vec<_> = InstrumentState::ALL.into_iter().filter(|state| Some(*state) != last).collect();
                let (state, end_ms) = (others[other], start_ms + length);
                if let Some(last) = stretches.last_mut() {
                    last.after = Some(state);
                }
                stretches.push(Stretch { state, start_ms, end_ms, before: last, after: None });
                start_ms = end_ms;
            }
            stretches
        })
    }

    fn rules() -> impl Strategy<Value = Rules> {
        (0i64..4_000_000, 0i64..4_000_000, 0i64..4_000_000).prop_map(|(gap_ms, preparation_ms, post_processing_ms)| {
            Rules { gap_ms, preparation_ms, post_processing_ms }
        })
    }

    fn sum(stretches: &[Stretch], from_ms: i64, to_ms: i64, rules: &Rules) -> Usage {
        let mut sum = Usage::default();
        for stretch in stretches {
            sum += stretch.within(from_ms, to_ms, rules);
        }
        sum
    }

    /// The rule as it is written: every millisecond of standby, asked one by one, is in a short gap or near enough to a run.
    fn by_the_letter(stretches: &[Stretch], rules: &Rules) -> i64 {
        let run = |at: Option<&Stretch>| at.is_some_and(|stretch| stretch.state == On);
        let mut effective = 0;
        for (n, stretch) in stretches.iter().enumerate() {
            let after_a_run = n > 0 && run(stretches.get(n - 1));
            let before_a_run = run(stretches.get(n + 1));
            effective += (stretch.start_ms..stretch.end_ms)
                .filter(|at| match stretch.state {
                    On => true,
                    Standby => {
                        let short = stretch.end_ms - stretch.start_ms <= rules.gap_ms;
                        (after_a_run && before_a_run && short)
                            || (after_a_run && at - stretch.start_ms < rules.post_processing_ms)
                            || (before_a_run && stretch.end_ms - at <= rules.preparation_ms)
                    }
                    _ => false,
                })
                .count() as i64;
        }
        effective
    }

    proptest! {
        #[test]
        fn states_tile_and_windows_conserve_sums(lived in lived(), rules in rules(), mut cuts in prop::collection::vec(-4_000_000i64..60_000_000, 0..20)) {
            let (start, end) = (lived[0].start_ms, lived[lived.len() - 1].end_ms);
            let whole = sum(&lived, start, end, &rules);
            prop_assert_eq!(whole.total_ms(), end - start);
            prop_assert!(whole.effective_ms >= whole.of(On));
            prop_assert!(whole.effective_ms <= whole.of(On) + whole.of(Standby));
            cuts.extend([i64::MIN, i64::MAX]);
            cuts.sort_unstable();
            let mut parts = Usage::default();
            for window in cuts.windows(2) {
                let part = sum(&lived, window[0], window[1], &rules);
                prop_assert!(part.effective_ms >= part.of(On) && part.effective_ms <= part.of(On) + part.of(Standby));
                parts += part;
            }
            prop_assert_eq!(parts, whole);
        }

        #[test]
        fn more_generous_rules_never_count_less(lived in lived(), rules in rules(), more in 0i64..1_000_000) {
            let of = |rules: Rules| sum(&lived, i64::MIN, i64::MAX, &rules).effective_ms;
            let (gap_ms, preparation_ms) = (rules.gap_ms + more, rules.preparation_ms + more);
            let post_processing_ms = rules.post_processing_ms + more;
            let least = of(rules);
            for generous in [Rules { gap_ms, ..rules }, Rules { preparation_ms, ..rules }, Rules { post_processing_ms, ..rules }] {
                prop_assert!(of(generous) >= least);
            }
        }

        #[test]
        fn it_is_the_rule_to_the_letter(lived in lived(), rules in rules()) {
            // A thousandth of the lengths, so that every millisecond can be asked.
            let short = |ms: i64| ms.div_euclid(10_000);
            let mut small = lived.clone();
            for stretch in &mut small {
                (stretch.start_ms, stretch.end_ms) = (short(stretch.start_ms), short(stretch.end_ms));
            }
            let rules = Rules {
                gap_ms: short(rules.gap_ms),
                preparation_ms: short(rules.preparation_ms),
                post_processing_ms: short(rules.post_processing_ms),
            };
            prop_assert_eq!(sum(&small, i64::MIN, i64::MAX, &rules).effective_ms, by_the_letter(&small, &rules));
        }
    }
}
