use crate::domain::{Cause, CurrentState, InstrumentId, InstrumentState, Transition};
use std::sync::Arc;

/// How a reading's time stands to what was already seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// Newer than everything before it: the only kind that may change the state.
    Fresh,
    /// Older than the newest: history only.
    Late,
    /// The same time as the newest: dropped.
    Duplicate,
}

/// Turns verdicts and silences into transitions.
///
/// Invariants, held by proptests: intervals tile time (each transition begins strictly after the one before it),
/// sequence numbers grow by one, no transition leads from a state to itself, and nothing but silence leads to
/// `offline`.
#[derive(Clone, Debug)]
pub(crate) struct StateMachine {
    instrument: InstrumentId,
    current: CurrentState,
    newest_ms: i64,
}

impl StateMachine {
    pub(crate) fn new(instrument: InstrumentId, current: CurrentState) -> Self {
        let newest_ms = i64::MIN;
        Self { instrument, current, newest_ms }
    }

    /// Readings up to this time were seen in an earlier run, or will be seen once more.
    pub(crate) fn seen_to(&mut self, newest_ms: i64) {
        self.newest_ms = newest_ms;
    }

    /// The time of the newest reading.
    pub(crate) fn newest_ms(&self) -> i64 {
        self.newest_ms
    }

    /// Notes a reading's time and says whether the reading may change the state.
    pub(crate) fn admit(&mut self, ts_ms: i64) -> Freshness {
        match ts_ms.cmp(&self.newest_ms) {
            std::cmp::Ordering::Greater => {
                self.newest_ms = ts_ms;
                Freshness::Fresh
            }
            std::cmp::Ordering::Equal => Freshness::Duplicate,
            std::cmp::Ordering::Less => Freshness::Late,
        }
    }

    /// The classifier's verdict on the reading at `ts_ms`: that `to` has held since `since_ms`.
    pub(crate) fn verdict(
        &mut self,
        to: InstrumentState,
        confidence: f32,
        since_ms: i64,
        ts_ms: i64,
        model: &Arc<str>,
    ) -> Option<Transition> {
        // What the classifier believed before a silence says nothing about the silence: out of it, the new state
        // begins with the reading that ended it.
        let begins = match self.current.state {
            InstrumentState::Unknown | InstrumentState::Offline => ts_ms,
            _ => since_ms.min(ts_ms),
        };
        self.change(to, (begins, ts_ms), confidence, Cause::Model, model)
    }

    /// The sensor has been silent past its deadline at `at_ms`.
    pub(crate) fn silence(&mut self, at_ms: i64, cause: Cause, model: &Arc<str>) -> Option<Transition> {
        self.change(InstrumentState::Offline, (at_ms, at_ms), 1.0, cause, model)
    }

    /// The server was down from `at_ms` on for so long that the state over that span is unknown.
    pub(crate) fn server_was_down(&mut self, at_ms: i64, model: &Arc<str>) -> Option<Transition> {
        match self.current.state {
            InstrumentState::Unknown | InstrumentState::Offline => None,
            _ => self.change(InstrumentState::Unknown, (at_ms, at_ms), 0.0, Cause::Restart, model),
        }
    }

    fn change(
        &mut self,
        to: InstrumentState,
        (at_ms, decided_ms): (i64, i64),
        confidence: f32,
        cause: Cause,
        model: &Arc<str>,
    ) -> Option<Transition> {
        if to == self.current.state {
            return None;
        }
        let transition = Transition {
            instrument: self.instrument.clone(),
            seq: self.current.seq + 1,
            from: self.current.state,
            to,
            at_ms: if self.current.seq == 0 { at_ms } else { at_ms.max(self.current.since_ms + 1) },
            decided_ms,
            confidence: if confidence.is_nan() { 0.0 } else { confidence.clamp(0.0, 1.0) },
            cause,
            model: model.clone(),
            position: 0,
        };
        self.current = CurrentState::from(&transition);
        Some(transition)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn machine() -> StateMachine {
        StateMachine::new("i1".parse().unwrap(), CurrentState::unknown())
    }

    fn model() -> Arc<str> {
        "threshold-v1".into()
    }

    #[test]
    fn a_late_reading_is_told_from_a_duplicate() {
        let mut machine = machine();
        assert_eq!(machine.admit(10), Freshness::Fresh);
        assert_eq!(machine.admit(10), Freshness::Duplicate);
        assert_eq!(machine.admit(9), Freshness::Late);
        assert_eq!(machine.admit(11), Freshness::Fresh);
    }

    #[test]
    fn a_state_begins_when_the_classifier_says_but_never_reaches_into_a_silence() {
        let mut machine = machine();
        let first = machine.verdict(InstrumentState::On, 0.9, 100, 5_000, &model()).unwrap();
        assert_eq!((first.seq, first.at_ms, first.from), (1, 5_000, InstrumentState::Unknown));
        let second = machine.verdict(InstrumentState::Standby, 0.9, 8_000, 18_000, &model()).unwrap();
        assert_eq!((second.seq, second.at_ms, second.decided_ms), (2, 8_000, 18_000));
        let silent = machine.silence(60_000, Cause::Deadline, &model()).unwrap();
        assert_eq!((silent.to, silent.at_ms), (InstrumentState::Offline, 60_000));
        assert_eq!(machine.silence(61_000, Cause::LastWill, &model()), None);
        let back = machine.verdict(InstrumentState::Standby, 0.9, 8_000, 90_000, &model()).unwrap();
        assert_eq!((back.seq, back.at_ms), (4, 90_000));
    }

    #[test]
    fn a_long_stop_of_the_server_makes_a_known_state_unknown_and_leaves_offline_alone() {
        let mut machine = machine();
        assert_eq!(machine.server_was_down(5, &model()), None);
        machine.verdict(InstrumentState::On, 0.9, 10, 10, &model()).unwrap();
        let down = machine.server_was_down(500, &model()).unwrap();
        assert_eq!((down.to, down.cause, down.at_ms), (InstrumentState::Unknown, Cause::Restart, 500));
        machine.silence(900, Cause::Deadline, &model()).unwrap();
        assert_eq!(machine.server_was_down(1_000, &model()), None);
    }

    #[derive(Clone, Debug)]
    enum Step {
        Verdict { to: InstrumentState, since: i64, ts: i64, confidence: f32 },
        Silence { at: i64 },
        Down { at: i64 },
    }

    fn step() -> impl Strategy<Value = Step> {
        let level = prop_oneof![Just(InstrumentState::Off), Just(InstrumentState::Standby), Just(InstrumentState::On)];
        prop_oneof![
            (level, -1_000_000i64..1_000_000, -1_000_000i64..1_000_000, any::<f32>())
                .prop_map(|(to, since, ts, confidence)| Step::Verdict { to, since, ts, confidence }),
            (-1_000_000i64..1_000_000).prop_map(|at| Step::Silence { at }),
            (-1_000_000i64..1_000_000).prop_map(|at| Step::Down { at }),
        ]
    }

    proptest! {
        #[test]
        fn intervals_tile_time_and_sequence_numbers_have_no_gap(steps in prop::collection::vec(step(), 0..200)) {
            let mut machine = machine();
            let mut last: Option<Transition> = None;
            for step in steps {
                let made = match step {
                    Step::Verdict { to, since, ts, confidence } => machine.verdict(to, confidence, since, ts, &model()),
                    Step::Silence { at } => machine.silence(at, Cause::Deadline, &model()),
                    Step::Down { at } => machine.server_was_down(at, &model()),
                };
                let Some(made) = made else { continue };
                prop_assert_ne!(made.from, made.to);
                prop_assert_eq!(made.to == InstrumentState::Offline, made.cause == Cause::Deadline);
                prop_assert!(!(made.confidence < 0.0 || made.confidence > 1.0));
                match &last {
                    None => prop_assert_eq!((made.seq, made.from), (1, InstrumentState::Unknown)),
                    Some(last) => {
                        prop_assert_eq!(made.seq, last.seq + 1);
                        prop_assert_eq!(made.from, last.to);
                        prop_assert!(made.at_ms > last.at_ms);
                    }
                }
                last = Some(made);
            }
        }
    }
}
