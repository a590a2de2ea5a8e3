//! The frames of the protocol. What they mean is in `docs/live-protocol.md`.

use super::hub::Row;
use crate::domain::{Cause, InstrumentState, Transition};
use serde::{Deserialize, Serialize, Serializer};

/// The protocol's version.
pub(super) const PROTOCOL: u32 = 1;

/// Server to client.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum ServerFrame<'a> {
    Hello { protocol: u32, epoch: &'a str, server_time: i64 },
    Snapshot(SnapshotPage<'a>),
    Delta { offset: u64, changes: &'a [Change] },
    Reading { id: &'a str, readings: &'a [(i64, f32)] },
    Heartbeat { offset: u64, server_time: i64 },
    Error { code: &'static str, detail: String },
}

#[derive(Serialize)]
pub(super) struct SnapshotPage<'a> {
    pub(super) epoch: &'a str,
    pub(super) offset: u64,
    pub(super) page: usize,
    pub(super) pages: usize,
    pub(super) institutions: &'a [InstitutionView],
    pub(super) instruments: Vec<InstrumentRow<'a>>,
}

/// An institution, as the wall groups by it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct InstitutionView {
    /// Names it everywhere.
    pub id: String,
    /// Its Chinese name.
    pub name: String,
    /// Its English name.
    pub name_en: String,
    /// Its city, in Chinese.
    pub city: String,
    /// Its city, in English.
    pub city_en: String,
}

/// An instrument as an array, to keep ten thousand of them small.
pub(super) struct InstrumentRow<'a> {
    pub(super) row: &'a Row,
    pub(super) institution: usize,
    pub(super) current_a: Option<f32>,
}

impl Serialize for InstrumentRow<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Row { id, name, name_en, state, .. } = self.row;
        let (code, since) = (state.state.code(), state.since_ms);
        (id, name, name_en, self.institution, code, since, state.seq, state.confidence, self.current_a)
            .serialize(serializer)
    }
}

/// One numbered change.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
pub(super) enum Change {
    State {
        id: String,
        seq: u64,
        from: InstrumentState,
        state: InstrumentState,
        at: i64,
        confidence: f32,
        cause: Cause,
        model: String,
    },
    Added {
        institution: InstitutionView,
        instrument: serde_json::Value,
    },
}

impl From<&Transition> for Change {
    fn from(transition: &Transition) -> Self {
        Self::State {
            id: transition.instrument.to_string(),
            seq: transition.seq,
            from: transition.from,
            state: transition.to,
            at: transition.at_ms,
            confidence: transition.confidence,
            cause: transition.cause,
            model: transition.model.to_string(),
        }
    }
}

/// Client to server.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum ClientFrame {
    Watch { instrument: String },
    Unwatch { instrument: String },
    Resync,
}

/// A frame as text. Our own types always become JSON; should one not, the client gets an `error` frame.
pub(super) fn text(frame: &ServerFrame<'_>) -> axum::extract::ws::Utf8Bytes {
    let json = serde_json::to_string(frame)
        .unwrap_or_else(|_| r#"{"type":"error","code":"internal","detail":"a frame could not be written"}"#.into());
    json.into()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::CurrentState;

    fn row() -> Row {
        Row {
            id: "i00001".parse().unwrap(),
            name: "电镜".into(),
            name_en: "SEM".into(),
            institution: InstitutionView {
                id: "a".into(),
                name: "甲".into(),
                name_en: "A".into(),
                city: "杭州市".into(),
                city_en: "Hangzhou".into(),
            },
            state: CurrentState {
                state: InstrumentState::On,
                since_ms: 1_700_000_000_000,
                seq: 3,
                confidence: 0.5,
                cause: Cause::Model,
                model: "threshold-v1".into(),
            },
        }
    }

    #[test]
    fn the_wire_format_is_the_documented_one() {
        let row = row();
        let transition = Transition {
            instrument: row.id.clone(),
            seq: 4,
            from: InstrumentState::On,
            to: InstrumentState::Offline,
            at_ms: 1_700_000_001_000,
            decided_ms: 1_700_000_001_000,
            confidence: 1.0,
            cause: Cause::LastWill,
            model: "threshold-v1".into(),
            position: 0,
        };
        let institutions = [row.institution.clone()];
        let page = SnapshotPage {
            epoch: "E",
            offset: 7,
            page: 0,
            pages: 1,
            institutions: &institutions,
            instruments: vec![InstrumentRow { row: &row, institution: 0, current_a: Some(1.25) }],
        };
        let added = InstrumentRow { row: &row, institution: 0, current_a: None };
        let changes = [
            Change::from(&transition),
            Change::Added { institution: row.institution.clone(), instrument: serde_json::to_value(&added).unwrap() },
        ];
        let frames = [
            ServerFrame::Hello { protocol: PROTOCOL, epoch: "E", server_time: 1 },
            ServerFrame::Snapshot(page),
            ServerFrame::Delta { offset: 9, changes: &changes },
            ServerFrame::Reading { id: "i00001", readings: &[(1_700_000_000_000, 1.5)] },
            ServerFrame::Heartbeat { offset: 9, server_time: 2 },
            ServerFrame::Error { code: "bad-frame", detail: "why".into() },
        ];
        let lines: Vec<String> = frames.iter().map(|frame| text(frame).to_string()).collect();
        let golden = include_str!("../../tests/fixtures/live-frames.jsonl");
        assert_eq!(lines.join("\n"), golden.trim_end());
    }

    #[test]
    fn client_frames_are_read_and_strange_ones_refused() {
        let read = |text| serde_json::from_str::<ClientFrame>(text);
        let watch = ClientFrame::Watch { instrument: "i1".into() };
        assert_eq!(read(r#"{"type":"watch","instrument":"i1"}"#).unwrap(), watch);
        assert_eq!(read(r#"{"type":"resync"}"#).unwrap(), ClientFrame::Resync);
        assert!(read(r#"{"type":"watch"}"#).is_err());
        assert!(read("[]").is_err());
    }
}
