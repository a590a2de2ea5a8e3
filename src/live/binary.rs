//! The compact form of the large frames, byte by byte in `docs/live-protocol.md`.

use super::frame::{AlertView, Delta, Listed, SnapshotPage};
use super::model::{InstitutionView, Row};
use super::seen::Seen;

const SNAPSHOT: u8 = 1;
const DELTA: u8 = 2;
const READING: u8 = 3;

const STATE: u8 = 0;
const ROW: u8 = 1;
const LEFT: u8 = 2;
const ALERT: u8 = 3;

pub(super) fn snapshot(page: &SnapshotPage<'_>) -> Vec<u8> {
    let mut out = Writer(vec![SNAPSHOT]);
    out.text(page.epoch);
    out.uint(page.offset);
    out.uint(page.page as u64);
    out.uint(page.pages as u64);
    out.uint(page.institutions.len() as u64);
    page.institutions.iter().for_each(|institution| out.institution(institution));
    out.uint(page.instruments.len() as u64);
    let mut base = 0;
    for listed in page.instruments {
        out.listed(listed, &mut base);
    }
    out.0
}

pub(super) fn delta(delta: &Delta<'_>) -> Vec<u8> {
    let mut out = Writer(vec![DELTA]);
    out.uint(delta.after);
    out.uint(delta.offset - delta.after);
    out.uint(delta.coalesced);
    // Most changes share one model, so each names its place in a list.
    let mut models: Vec<&str> = Vec::new();
    let mut changes = Writer(Vec::new());
    let mut base = 0;
    for change in delta.changes {
        match *change {
            Seen::State { number, from, row: Row { state, .. } } => {
                let model = models.iter().position(|model| **model == *state.model).unwrap_or_else(|| {
                    models.push(&state.model);
                    models.len() - 1
                });
                changes.0.push(STATE);
                changes.uint(number.into());
                changes.0.push(from.code() | state.state.code() << 4);
                changes.uint(state.seq);
                changes.time(state.since_ms, &mut base);
                changes.float(state.confidence);
                changes.0.push(state.cause.code());
                changes.uint(model as u64);
            }
            Seen::Row { number, row } => {
                changes.0.push(ROW);
                changes.institution(&row.card.institution);
                changes.listed(&Listed { number, row, current_a: None }, &mut base);
            }
            Seen::Left { number, .. } => {
                changes.0.push(LEFT);
                changes.uint(number.into());
            }
            Seen::Alert { event } => {
                changes.0.push(ALERT);
                changes.text(event.alert.instrument.as_str());
                changes.text(&serde_json::to_string(&AlertView::from(event)).unwrap_or_default());
            }
        }
    }
    out.uint(models.len() as u64);
    models.into_iter().for_each(|model| out.text(model));
    out.uint(delta.changes.len() as u64);
    out.0.extend(changes.0);
    out.0
}

pub(super) fn readings(id: &str, readings: &[(i64, f32)]) -> Vec<u8> {
    let mut out = Writer(vec![READING]);
    out.text(id);
    out.uint(readings.len() as u64);
    let mut base = 0;
    for (at_ms, current_a) in readings {
        out.time(*at_ms, &mut base);
        out.float(*current_a);
    }
    out.0
}

struct Writer(Vec<u8>);

impl Writer {
    /// Seven bits a byte, the lowest first; the highest bit says that more follow.
    fn uint(&mut self, mut value: u64) {
        while value >= 0x80 {
            self.0.push(value as u8 | 0x80);
            value >>= 7;
        }
        self.0.push(value as u8);
    }

    /// The difference from the time before it in the frame, its sign in the lowest bit.
    fn time(&mut self, at_ms: i64, base: &mut i64) {
        let difference = at_ms.wrapping_sub(*base);
        self.uint((difference << 1 ^ difference >> 63).cast_unsigned());
        *base = at_ms;
    }

    fn text(&mut self, text: &str) {
        self.uint(text.len() as u64);
        self.0.extend_from_slice(text.as_bytes());
    }

    fn float(&mut self, value: f32) {
        self.0.extend_from_slice(&value.to_le_bytes());
    }

    fn institution(&mut self, institution: &InstitutionView) {
        let InstitutionView { id, name, name_en, city, city_en } = institution;
        [id, name, name_en, city, city_en].into_iter().for_each(|text| self.text(text));
    }

    fn listed(&mut self, listed: &Listed<'_>, base: &mut i64) {
        let Row { card, state } = listed.row;
        self.uint(listed.number.into());
        [card.id.as_str(), &card.name, &card.name_en, &card.institution.id]
            .into_iter()
            .for_each(|text| self.text(text));
        self.0.push(state.state.code());
        self.time(state.since_ms, base);
        self.uint(state.seq);
        self.float(state.confidence);
        // No current is no number.
        self.float(listed.current_a.unwrap_or(f32::NAN));
    }
}
