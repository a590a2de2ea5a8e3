use super::settings::SilenceRules;
use super::state_machine::StateMachine;
use crate::domain::{CurrentState, InstrumentId, Transition};
use crate::platform::config::StatesConfig;

/// The transition that a stop of the server makes: a state that was known becomes unknown from the moment the server
/// was last alive. `None` when the stop was too short to matter or the state was not known anyway.
#[must_use]
pub fn after_restart(
    id: &InstrumentId,
    current: &CurrentState,
    last_alive_ms: i64,
    now_ms: i64,
    rules: &StatesConfig,
) -> Option<Transition> {
    if now_ms - last_alive_ms <= rules.restart_gap_ms() {
        return None;
    }
    StateMachine::new(id.clone(), current.clone()).server_was_down(last_alive_ms, &current.model)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::{Cause, InstrumentState};

    #[test]
    fn only_a_stop_longer_than_the_gap_makes_a_hole() {
        let id: InstrumentId = "i1".parse().unwrap();
        let current = CurrentState {
            state: InstrumentState::On,
            since_ms: 1_000,
            seq: 7,
            confidence: 0.9,
            cause: Cause::Model,
            model: "threshold-v1".into(),
        };
        let rules = StatesConfig::default();
        assert_eq!(after_restart(&id, &current, 100_000, 120_000, &rules), None);
        let hole = after_restart(&id, &current, 100_000, 200_000, &rules).unwrap();
        assert_eq!((hole.seq, hole.to, hole.at_ms), (8, InstrumentState::Unknown, 100_000));
    }
}
