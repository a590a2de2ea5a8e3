//! One instrument's idleness, and the order of many.

use super::model::Idle;
use super::policy::Energy;
use crate::domain::{InstrumentId, InstrumentState, UnitPath};
use serde::Deserialize;
use std::cmp::Ordering;
use utoipa::ToSchema;

/// An instrument over a span, and now.
#[derive(Clone, Debug)]
pub(super) struct Row {
    pub(super) id: InstrumentId,
    pub(super) name: String,
    pub(super) name_en: String,
    pub(super) class: String,
    pub(super) unit: UnitPath,
    /// Its state now.
    pub(super) state: InstrumentState,
    /// Since when; `None` before its first.
    pub(super) since_ms: Option<i64>,
    pub(super) current_a: Option<f32>,
    /// For how long it has been on standby, if it is.
    pub(super) standby_for_ms: Option<i64>,
    /// For how long it has not been on, if it is off or on standby.
    pub(super) not_on_for_ms: Option<i64>,
    pub(super) sums: Sums,
    /// `None` where the current on standby is not known.
    pub(super) energy: Option<Energy>,
}

/// Time over a span, of one instrument or of many.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Sums {
    pub(super) idle: Idle,
    pub(super) on_ms: i64,
    /// Time of which something is known: on, on standby or off.
    pub(super) known_ms: i64,
    /// All time.
    pub(super) passed_ms: i64,
}

impl Sums {
    pub(super) fn add(&mut self, other: &Self) {
        self.idle += other.idle;
        self.on_ms += other.on_ms;
        self.known_ms += other.known_ms;
        self.passed_ms += other.passed_ms;
    }

    pub(super) fn closed_ms(&self) -> i64 {
        self.idle.standby_ms - self.idle.open_ms
    }

    /// Standby of standby and work.
    pub(super) fn idle_rate(&self) -> Option<f64> {
        share(self.idle.standby_ms, self.idle.standby_ms + self.on_ms)
    }

    /// The share of the time of which something is known.
    pub(super) fn coverage(&self) -> Option<f64> {
        share(self.known_ms, self.passed_ms)
    }
}

fn share(part: i64, whole: i64) -> Option<f64> {
    (whole > 0).then(|| part as f64 / whole as f64)
}

/// What rows are sorted by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "snake_case")]
#[schema(as = IdleSort)]
pub(super) enum Column {
    Id,
    Name,
    NameEn,
    Class,
    Unit,
    State,
    Since,
    CurrentA,
    StandbyForMs,
    NotOnForMs,
    #[default]
    StandbyMs,
    StandbyOpenMs,
    StandbyClosedMs,
    OnMs,
    IdleRate,
    Kwh,
    Estimated,
    Coverage,
}

/// Which way rows are sorted.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = SortOrder)]
pub(super) enum Order {
    Asc,
    #[default]
    Desc,
}

enum Key<'a> {
    Text(&'a str),
    Number(Option<f64>),
}

impl Row {
    fn key(&self, column: Column) -> Key<'_> {
        let whole = |ms: i64| Some(ms as f64);
        match column {
            Column::Id => Key::Text(self.id.as_str()),
            Column::Name => Key::Text(&self.name),
            Column::NameEn => Key::Text(&self.name_en),
            Column::Class => Key::Text(&self.class),
            Column::Unit => Key::Text(self.unit.as_str()),
            Column::State => Key::Text(self.state.name()),
            Column::Since => Key::Number(self.since_ms.and_then(whole)),
            Column::CurrentA => Key::Number(self.current_a.map(f64::from)),
            Column::StandbyForMs => Key::Number(self.standby_for_ms.and_then(whole)),
            Column::NotOnForMs => Key::Number(self.not_on_for_ms.and_then(whole)),
            Column::StandbyMs => Key::Number(whole(self.sums.idle.standby_ms)),
            Column::StandbyOpenMs => Key::Number(whole(self.sums.idle.open_ms)),
            Column::StandbyClosedMs => Key::Number(whole(self.sums.closed_ms())),
            Column::OnMs => Key::Number(whole(self.sums.on_ms)),
            Column::IdleRate => Key::Number(self.sums.idle_rate()),
            Column::Kwh => Key::Number(self.energy.map(|energy| energy.kwh)),
            Column::Estimated => Key::Number(self.energy.map(|energy| energy.estimated)),
            Column::Coverage => Key::Number(self.sums.coverage()),
        }
    }
}

/// Sorts; what has no value comes last either way, and what is equal is in the order of ids.
pub(super) fn sort(rows: &mut [Row], column: Column, order: Order) {
    let directed = |ordering: Ordering| if order == Order::Desc { ordering.reverse() } else { ordering };
    rows.sort_by(|a, b| {
        let ordering = match (a.key(column), b.key(column)) {
            (Key::Text(a), Key::Text(b)) => directed(a.cmp(b)),
            (Key::Number(Some(a)), Key::Number(Some(b))) => directed(a.total_cmp(&b)),
            (Key::Number(a), Key::Number(b)) => b.is_some().cmp(&a.is_some()),
            _ => Ordering::Equal,
        };
        ordering.then_with(|| a.id.cmp(&b.id))
    });
}

#[cfg(test)]
pub(super) mod tests {
    use super::*;

    pub(in crate::idle) fn row(id: &str, standby_ms: i64, energy: Option<f64>) -> Row {
        Row {
            id: id.parse().unwrap(),
            name: id.into(),
            name_en: String::new(),
            class: "c".into(),
            unit: UnitPath::root().child("zj").child("hz").child("lab"),
            state: InstrumentState::Standby,
            since_ms: Some(1),
            current_a: None,
            standby_for_ms: Some(standby_ms),
            not_on_for_ms: Some(standby_ms),
            sums: Sums { idle: Idle { standby_ms, ..Idle::default() }, on_ms: 1, known_ms: 1, passed_ms: 2 },
            energy: energy.map(|kwh| Energy { kwh, estimated: 0.5 }),
        }
    }

    #[test]
    fn what_has_no_value_comes_last_either_way() {
        let mut rows = vec![row("b", 1, None), row("a", 1, Some(2.0)), row("c", 3, Some(1.0))];
        let ids = |rows: &[Row]| rows.iter().map(|row| row.id.to_string()).collect::<String>();
        for (column, order, expected) in [
            (Column::Kwh, Order::Asc, "cab"),
            (Column::Kwh, Order::Desc, "acb"),
            (Column::StandbyMs, Order::Desc, "cab"),
            (Column::Id, Order::Desc, "cba"),
        ] {
            sort(&mut rows, column, order);
            assert_eq!(ids(&rows), expected, "{column:?} {order:?}");
        }
    }
}
