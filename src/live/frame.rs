//! The frames of the protocol. What they mean is in `docs/live-protocol.md`.

use super::model::{InstitutionView, Row};
use super::policy::Where;
use super::seen::Seen;
use crate::domain::{AlertEvent, Cause, InstrumentId, InstrumentState};
use axum::extract::ws::{Message, Utf8Bytes};
use serde::{Deserialize, Serialize, Serializer};

/// The protocol's version.
pub(super) const PROTOCOL: u32 = 2;

/// Server to client.
#[derive(Serialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum ServerFrame<'a> {
    Hello { protocol: u32, server_time: i64, name: &'a str },
    Subscribed { epoch: &'a str, recovered: bool, offset: u64 },
    Snapshot(&'a SnapshotPage<'a>),
    Delta(&'a Delta<'a>),
    Reading { id: &'a str, readings: &'a [(i64, f32)] },
    Heartbeat { after: Option<u64>, offset: Option<u64>, server_time: i64 },
    Error { code: &'static str, detail: &'a str },
}

#[derive(Serialize)]
pub(super) struct SnapshotPage<'a> {
    pub(super) epoch: &'a str,
    pub(super) offset: u64,
    pub(super) page: usize,
    pub(super) pages: usize,
    pub(super) institutions: &'a [&'a InstitutionView],
    pub(super) instruments: &'a [Listed<'a>],
}

#[derive(Serialize)]
pub(super) struct Delta<'a> {
    /// The client has to have everything up to here …
    pub(super) after: u64,
    /// … and then has it up to here.
    pub(super) offset: u64,
    /// Changes that were left out because later ones replace them.
    #[serde(skip_serializing_if = "is_zero")]
    pub(super) coalesced: u64,
    pub(super) changes: &'a [Seen<'a>],
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde wants it so")]
fn is_zero(number: &u64) -> bool {
    *number == 0
}

/// An instrument in a frame; in JSON an array, to keep ten thousand of them small.
pub(super) struct Listed<'a> {
    pub(super) number: u32,
    pub(super) row: &'a Row,
    pub(super) current_a: Option<f32>,
}

impl Serialize for Listed<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let Row { card, state } = self.row;
        let (code, since) = (state.state.code(), state.since_ms);
        (
            &card.id,
            &card.name,
            &card.name_en,
            &card.institution.id,
            code,
            since,
            state.seq,
            state.confidence,
            self.current_a,
        )
            .serialize(serializer)
    }
}

/// One change in JSON.
#[derive(Serialize)]
#[serde(tag = "kind", rename_all = "lowercase")]
enum Change<'a> {
    State {
        id: &'a InstrumentId,
        seq: u64,
        from: InstrumentState,
        state: InstrumentState,
        at: i64,
        confidence: f32,
        cause: Cause,
        model: &'a str,
    },
    Row {
        institution: &'a InstitutionView,
        instrument: Listed<'a>,
    },
    Left {
        id: &'a InstrumentId,
    },
    Alert {
        id: &'a InstrumentId,
        #[serde(flatten)]
        alert: AlertView<'a>,
    },
}

/// What is told of an alert.
#[derive(Serialize)]
pub(super) struct AlertView<'a> {
    step: &'static str,
    at: i64,
    alert: &'a str,
    about: &'static str,
    severity: &'static str,
    since: i64,
    raised: i64,
    cleared: Option<i64>,
    acknowledged_by: Option<&'a str>,
    silenced_until: Option<i64>,
}

impl<'a> From<&'a AlertEvent> for AlertView<'a> {
    fn from(event: &'a AlertEvent) -> Self {
        let alert = &event.alert;
        Self {
            step: event.step.name(),
            at: event.at_ms,
            alert: &alert.id,
            about: alert.kind.name(),
            severity: alert.severity.name(),
            since: alert.since_ms,
            raised: alert.raised_ms,
            cleared: alert.cleared_ms,
            acknowledged_by: alert.acknowledged.as_ref().map(|seen| seen.by.as_str()),
            silenced_until: alert.silenced.as_ref().map(|silenced| silenced.until_ms),
        }
    }
}

impl Serialize for Seen<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let change = match *self {
            Self::State { from, row: Row { card, state }, .. } => Change::State {
                id: &card.id,
                seq: state.seq,
                from,
                state: state.state,
                at: state.since_ms,
                confidence: state.confidence,
                cause: state.cause,
                model: &state.model,
            },
            Self::Row { number, row } => {
                Change::Row { institution: &row.card.institution, instrument: Listed { number, row, current_a: None } }
            }
            Self::Left { id, .. } => Change::Left { id },
            Self::Alert { event } => Change::Alert { id: &event.alert.instrument, alert: event.into() },
        };
        change.serialize(serializer)
    }
}

/// Client to server.
#[derive(Debug, PartialEq, Eq, Deserialize)]
#[serde(tag = "type", rename_all = "lowercase")]
pub(super) enum ClientFrame {
    Auth {
        #[serde(default)]
        token: Option<String>,
    },
    Subscribe(Box<Subscribe>),
    Watch {
        instrument: String,
    },
    Unwatch {
        instrument: String,
    },
}

#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Subscribe {
    #[serde(default, rename = "where")]
    pub(super) wanted: Where,
    #[serde(default)]
    pub(super) format: Format,
    #[serde(default)]
    pub(super) resume: Option<Resume>,
}

/// How far a client has come that was here before.
#[derive(Debug, PartialEq, Eq, Deserialize)]
pub(super) struct Resume {
    pub(super) epoch: String,
    pub(super) offset: u64,
}

/// How snapshots, deltas and readings are written; everything else is JSON.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Format {
    #[default]
    Json,
    Binary,
}

impl Format {
    pub(super) fn page(self, page: &SnapshotPage<'_>) -> Message {
        match self {
            Self::Json => text(&ServerFrame::Snapshot(page)),
            Self::Binary => Message::Binary(super::binary::snapshot(page).into()),
        }
    }

    pub(super) fn delta(self, delta: &Delta<'_>) -> Message {
        match self {
            Self::Json => text(&ServerFrame::Delta(delta)),
            Self::Binary => Message::Binary(super::binary::delta(delta).into()),
        }
    }

    pub(super) fn readings(self, id: &str, readings: &[(i64, f32)]) -> Message {
        match self {
            Self::Json => text(&ServerFrame::Reading { id, readings }),
            Self::Binary => Message::Binary(super::binary::readings(id, readings).into()),
        }
    }
}

/// A frame as text. Our own types always become JSON; should one not, the client gets an `error` frame.
pub(super) fn text(frame: &ServerFrame<'_>) -> Message {
    let json = serde_json::to_string(frame)
        .unwrap_or_else(|_| r#"{"type":"error","code":"internal","detail":"a frame could not be written"}"#.into());
    Message::Text(Utf8Bytes::from(json))
}
