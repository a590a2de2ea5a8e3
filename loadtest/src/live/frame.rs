//! The frames of `docs/live-protocol.md`, as far as a measurement needs them.

use crate::mqtt::Secret;
use serde::Deserialize;
use serde::de::IgnoredAny;
use serde_json::json;

/// The states in the order of their code.
const STATES: [&str; 5] = ["unknown", "offline", "off", "standby", "on"];

/// A state that the server announced.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Told {
    /// Whose.
    pub instrument: String,
    /// The transition's sequence number.
    pub seq: u64,
    /// The state that began.
    pub state: String,
    /// When it began, UTC milliseconds.
    pub start_ms: i64,
}

/// A frame that says something about states.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) told: Vec<Told>,
    pub(super) kind: Kind,
}

/// What a frame says of states.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(super) enum Kind {
    /// That they changed.
    News,
    /// How they are.
    Snapshot,
    /// Nothing.
    #[default]
    Other,
}

#[derive(Deserialize)]
#[serde(tag = "type", rename_all = "kebab-case")]
enum Raw {
    Snapshot {
        instruments: Vec<Row>,
    },
    Delta {
        changes: Vec<Change>,
    },
    #[serde(other)]
    Other,
}

/// id, name, name_en, institution, state, since, seq, confidence, current_a.
#[derive(Deserialize)]
struct Row(String, IgnoredAny, IgnoredAny, IgnoredAny, usize, i64, u64, IgnoredAny, IgnoredAny);

#[derive(Deserialize)]
#[serde(tag = "kind", rename_all = "kebab-case")]
enum Change {
    State {
        id: String,
        seq: u64,
        state: String,
        at: i64,
    },
    #[serde(other)]
    Other,
}

/// What a client that has this token says first: who it is, and that it wants everything.
pub(crate) fn first_frames(token: &Secret) -> [String; 2] {
    [json!({"type": "auth", "token": token.expose()}), json!({"type": "subscribe"})].map(|frame| frame.to_string())
}

/// The states that a frame tells.
pub(crate) fn read_told(text: &str) -> Result<Vec<Told>, serde_json::Error> {
    read(text).map(|frame| frame.told)
}

/// Reads a frame.
pub(super) fn read(text: &str) -> Result<Frame, serde_json::Error> {
    Ok(match serde_json::from_str(text)? {
        Raw::Snapshot { instruments } => {
            // Nothing has been decided about an instrument of sequence number 0.
            let rows = instruments.into_iter().filter(|Row(_, _, _, _, _, _, seq, ..)| *seq > 0);
            let told = rows.map(|Row(instrument, _, _, _, state, start_ms, seq, ..)| Told {
                instrument,
                seq,
                state: STATES.get(state).copied().unwrap_or("?").to_owned(),
                start_ms,
            });
            Frame { told: told.collect(), kind: Kind::Snapshot }
        }
        Raw::Delta { changes } => {
            let told = changes.into_iter().filter_map(|change| match change {
                Change::State { id, seq, state, at } => Some(Told { instrument: id, seq, state, start_ms: at }),
                Change::Other => None,
            });
            Frame { told: told.collect(), kind: Kind::News }
        }
        Raw::Other => Frame::default(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_protocols_own_examples_are_understood() {
        let examples = concat!(env!("CARGO_MANIFEST_DIR"), "/../tests/fixtures/live-frames.jsonl");
        let frames: Vec<Frame> =
            std::fs::read_to_string(examples).unwrap().lines().map(|line| read(line).unwrap()).collect();
        for kind in [Kind::News, Kind::Snapshot] {
            assert!(frames.iter().any(|frame| frame.kind == kind && !frame.told.is_empty()), "{kind:?}");
        }
    }

    #[test]
    fn a_change_and_a_row_say_the_same() {
        let delta = r#"{"type":"delta","after":2,"offset":3,"changes":[{"kind":"state","id":"a","seq":2,"from":"on","state":"off",
            "at":7,"confidence":0.9,"cause":"model","model":"m"},{"kind":"row"}]}"#;
        let snapshot = r#"{"type":"snapshot","epoch":"e","offset":3,"page":0,"pages":1,"institutions":[],
            "instruments":[["a","n","n",0,2,7,2,0.9,1.5],["b","n","n",0,0,0,0,0,null]]}"#;
        assert_eq!(read(delta).unwrap().told, read(snapshot).unwrap().told);
    }
}
