//! Instruments for tests.

use super::model::{Card, InstitutionView, Row};
use crate::domain::{CurrentState, InstrumentState, UnitPath};
use std::sync::Arc;

pub(super) fn card(id: &str, unit: &str) -> Card {
    let institution = InstitutionView {
        id: "a".into(),
        name: "甲".into(),
        name_en: "A".into(),
        city: "杭州市".into(),
        city_en: "Hangzhou".into(),
    };
    Card {
        id: id.parse().unwrap(),
        name: "电镜".into(),
        name_en: "SEM".into(),
        institution,
        unit: unit.split('/').fold(UnitPath::root(), |path, id| path.child(id)),
        class: "030101".into(),
        words: format!("{id} 电镜 sem"),
    }
}

pub(super) fn row(id: &str, unit: &str, state: InstrumentState) -> Row {
    let state = CurrentState {
        state,
        since_ms: 1_700_000_000_000,
        seq: 3,
        confidence: 0.5,
        model: "threshold-v1".into(),
        ..CurrentState::unknown()
    };
    Row { card: Arc::new(card(id, unit)), state }
}
