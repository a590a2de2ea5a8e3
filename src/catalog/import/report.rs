//! What became, or would become, of a file, row by row.

use super::plan::{Outcome, Planner};
use super::row::Mistake;
use super::store::Import;
use crate::catalog::details::Details;
use crate::catalog::entity::import;
use crate::catalog::store::Store;
use crate::domain::Reach;
use serde::Serialize;
use serde_json::Value;
use utoipa::ToSchema;

/// A file of instruments that was sent.
#[derive(Clone, Serialize, ToSchema)]
#[schema(as = Import)]
pub(super) struct ImportView {
    id: String,
    /// UTC milliseconds.
    created: i64,
    /// Who sent it: the name to show.
    by: String,
    /// The file's name, as it was told.
    file: String,
    /// `read`, `applied` or `undone`.
    #[schema(example = "read")]
    status: String,
    /// When it was written, UTC milliseconds.
    #[schema(required = true)]
    applied: Option<i64>,
    /// When it was taken back, UTC milliseconds.
    #[schema(required = true)]
    undone: Option<i64>,
}

impl From<import::Model> for ImportView {
    fn from(row: import::Model) -> Self {
        let import::Model { id, created_ms, account: _, account_name, file, status, applied_ms, undone_ms } = row;
        Self { id, created: created_ms, by: account_name, file, status, applied: applied_ms, undone: undone_ms }
    }
}

/// What would become of each row as the catalogue is now.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportPlan)]
pub(super) struct Report {
    import: ImportView,
    added: usize,
    changed: usize,
    unchanged: usize,
    wrong: usize,
    /// Columns whose names nobody knows: they are passed over. Told when the file is sent.
    ignored: Vec<String>,
    /// In the order of the file.
    rows: Vec<RowReport>,
}

/// What would become of one row.
#[derive(Serialize, ToSchema)]
#[schema(as = ImportRow)]
struct RowReport {
    /// The line of the file it begins on; the header's is 1.
    line: u32,
    /// The instrument; null where it is not known.
    #[schema(required = true)]
    instrument: Option<String>,
    /// `added`, `changed`, `unchanged` or `wrong`.
    #[schema(example = "added")]
    outcome: &'static str,
    /// The fields that change.
    changes: Vec<String>,
    /// All that is wrong with it.
    mistakes: Vec<Mistake>,
}

impl Report {
    pub(super) fn of(store: &Store, reach: Reach, import: Import, ignored: Vec<String>) -> Self {
        let mut planner = Planner::new(store.catalog(), store.credentials(), reach);
        let rows: Vec<RowReport> = import.lines.iter().map(|(line, wanted)| row(*line, planner.plan(wanted))).collect();
        let count = |outcome: &str| rows.iter().filter(|row| row.outcome == outcome).count();
        Self {
            import: import.row.into(),
            added: count("added"),
            changed: count("changed"),
            unchanged: count("unchanged"),
            wrong: count("wrong"),
            ignored,
            rows,
        }
    }
}

fn row(line: u32, outcome: Outcome) -> RowReport {
    let row = |instrument: Option<String>, outcome| RowReport {
        line,
        instrument,
        outcome,
        changes: Vec::new(),
        mistakes: Vec::new(),
    };
    match outcome {
        Outcome::Added(instrument) => row(Some(instrument.id.to_string()), "added"),
        Outcome::Changed(before, after) => RowReport {
            changes: changes(&before.details, &after.details),
            ..row(Some(before.id.to_string()), "changed")
        },
        Outcome::Same(id) => row(Some(id.to_string()), "unchanged"),
        Outcome::Wrong(id, mistakes) => RowReport { mistakes, ..row(id.map(|id| id.to_string()), "wrong") },
    }
}

/// The fields in which two differ.
fn changes(before: &Details, after: &Details) -> Vec<String> {
    match (serde_json::to_value(before), serde_json::to_value(after)) {
        (Ok(Value::Object(before)), Ok(Value::Object(after))) => after
            .into_iter()
            .filter(|(field, value)| before.get(field) != Some(value))
            .map(|(field, _)| field)
            .collect(),
        _ => Vec::new(),
    }
}
