use super::book::{Entry, What};
use super::model::Row;
use super::policy::View;
use crate::domain::{AlertEvent, AlertKind, InstrumentId, InstrumentState};
use std::collections::HashMap;
use std::sync::Arc;

/// A change as one client sees it.
#[derive(Clone, Copy, Debug)]
pub(super) enum Seen<'a> {
    /// An instrument of the set has another state.
    State { number: u32, from: InstrumentState, row: &'a Row },
    /// An instrument came into the set, or the catalogue says something else of it.
    Row { number: u32, row: &'a Row },
    /// An instrument is not in the set any more.
    Left { number: u32, id: &'a InstrumentId },
    /// Something about an alert.
    Alert { event: &'a AlertEvent },
}

/// What the view's client sees of a change.
pub(super) fn seen<'a>(view: &View, entry: &'a Entry) -> Option<Seen<'a>> {
    match &entry.what {
        What::Row { before, after } => between(view, entry.number, before.as_deref(), after.as_deref()),
        What::Alert { row, event } => view.tells_alerts(&row.card).then_some(Seen::Alert { event }),
    }
}

/// What it sees of the way from one row to another.
fn between<'a>(view: &View, number: u32, before: Option<&'a Row>, after: Option<&'a Row>) -> Option<Seen<'a>> {
    let held = |row: &&Row| view.holds(row);
    match (before.filter(held), after.filter(held)) {
        (Some(before), Some(row)) if Arc::ptr_eq(&before.card, &row.card) => {
            Some(Seen::State { number, from: before.state.state, row })
        }
        (_, Some(row)) => Some(Seen::Row { number, row }),
        (Some(before), None) => Some(Seen::Left { number, id: &before.card.id }),
        (None, None) => None,
    }
}

/// The way that several changes make together.
struct Way<'a> {
    first: &'a Entry,
    last: &'a Entry,
}

/// What comes of changes in the end: at most one of an instrument, and one of each kind of its alerts, in the order of the
/// last of each; and how many are left out by that.
pub(super) fn latest<'a>(view: &View, entries: &'a [Arc<Entry>]) -> (Vec<Seen<'a>>, u64) {
    let mut ways: HashMap<(u32, Option<AlertKind>), Way<'a>> = HashMap::new();
    let mut visible = 0;
    for entry in entries {
        visible += u64::from(seen(view, entry).is_some());
        let alert = match &entry.what {
            What::Row { .. } => None,
            What::Alert { event, .. } => Some(event.alert.kind),
        };
        ways.entry((entry.number, alert))
            .and_modify(|way| way.last = entry)
            .or_insert(Way { first: entry, last: entry });
    }
    let mut ways: Vec<_> = ways.into_values().collect();
    ways.sort_unstable_by_key(|way| way.last.offset);
    let seen: Vec<_> = ways
        .into_iter()
        .filter_map(|way| match (&way.first.what, &way.last.what) {
            (What::Row { before, .. }, What::Row { after, .. }) => {
                between(view, way.last.number, before.as_deref(), after.as_deref())
            }
            _ => seen(view, way.last),
        })
        .collect();
    let left_out = visible - seen.len() as u64;
    (seen, left_out)
}
