use super::entity::label_edit;
use super::model::{Edit, Span};
use crate::domain::{InstrumentId, InstrumentState};
use crate::platform::db::{Db, instrument_id};
use sea_orm::prelude::*;
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// Reads and writes edits.
#[derive(Clone)]
pub struct LabelStore {
    db: Db,
}

/// Why an edit was not taken back.
#[derive(Debug, thiserror::Error)]
pub enum UndoError {
    /// There is none of this number.
    #[error("there is no edit {0}")]
    Missing(i64),
    /// Somebody did before.
    #[error("edit {number} was taken back already, by {by}")]
    Done {
        /// Which.
        number: i64,
        /// Who did.
        by: String,
    },
    /// The database did not do it.
    #[error("the database did not do it: {0}")]
    Db(#[from] DbErr),
}

impl LabelStore {
    /// Keeps edits in `db`.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Every edit of an instrument, in the order painted.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub async fn edits(&self, instrument: &InstrumentId) -> Result<Vec<Edit>, DbErr> {
        let rows = label_edit::Entity::find()
            .filter(label_edit::Column::InstrumentId.eq(instrument.as_str()))
            .order_by_asc(label_edit::Column::Number)
            .all(self.db.reader())
            .await?;
        rows.into_iter().map(edit).collect()
    }

    /// The instruments that have any edit, each with the time of its newest edit or undo, UTC milliseconds.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub async fn labelled(&self) -> Result<HashMap<InstrumentId, i64>, DbErr> {
        let rows: Vec<(String, Option<i64>, Option<i64>)> = label_edit::Entity::find()
            .select_only()
            .column(label_edit::Column::InstrumentId)
            .column_as(label_edit::Column::AtMs.max(), "painted_ms")
            .column_as(label_edit::Column::UndoneMs.max(), "undone_ms")
            .group_by(label_edit::Column::InstrumentId)
            .into_tuple()
            .all(self.db.reader())
            .await?;
        rows.into_iter()
            .map(|(id, painted, undone)| Ok((instrument_id(&id)?, painted.max(undone).unwrap_or_default())))
            .collect()
    }

    /// Paints spans, all or none, and returns the edits.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn paint(
        &self,
        instrument: &InstrumentId,
        strokes: &[(Span, Option<InstrumentState>)],
        author: &str,
        at_ms: i64,
    ) -> Result<Vec<Edit>, DbErr> {
        let transaction = self.db.begin().await?;
        let last: Option<i64> = label_edit::Entity::find()
            .filter(label_edit::Column::InstrumentId.eq(instrument.as_str()))
            .select_only()
            .column_as(label_edit::Column::Number.max(), "last")
            .into_tuple::<Option<i64>>()
            .one(&transaction)
            .await?
            .flatten();
        let mut edits = Vec::with_capacity(strokes.len());
        for (&(span, state), number) in strokes.iter().zip(last.unwrap_or(0) + 1..) {
            let edit = Edit { number, span, state, author: author.to_owned(), at_ms, undone: None };
            let row = label_edit::ActiveModel {
                instrument_id: Set(instrument.to_string()),
                number: Set(number),
                start_ms: Set(span.start_ms),
                end_ms: Set(span.end_ms),
                state: Set(state.map(|state| state.code().into())),
                author: Set(edit.author.clone()),
                at_ms: Set(at_ms),
                undone_by: Set(None),
                undone_ms: Set(None),
            };
            label_edit::Entity::insert(row).exec_without_returning(&transaction).await?;
            edits.push(edit);
        }
        transaction.commit().await?;
        Ok(edits)
    }

    /// Takes an edit back: what it painted over shows again.
    ///
    /// # Errors
    /// When there is no such edit, it was taken back before, or the database does not do it.
    pub async fn undo(
        &self,
        instrument: &InstrumentId,
        number: i64,
        author: &str,
        at_ms: i64,
    ) -> Result<Edit, UndoError> {
        let transaction = self.db.begin().await?;
        let key = (instrument.to_string(), number);
        let row = label_edit::Entity::find_by_id(key).one(&transaction).await?.ok_or(UndoError::Missing(number))?;
        if let Some(by) = row.undone_by {
            return Err(UndoError::Done { number, by });
        }
        let mut row: label_edit::ActiveModel = row.into();
        row.undone_by = Set(Some(author.to_owned()));
        row.undone_ms = Set(Some(at_ms));
        let row = row.update(&transaction).await?;
        transaction.commit().await?;
        Ok(edit(row)?)
    }
}

fn edit(row: label_edit::Model) -> Result<Edit, DbErr> {
    let strange = || DbErr::Type(format!("a label that cannot be: {} {}", row.instrument_id, row.number));
    let state = match row.state {
        None => None,
        Some(code) => Some(u8::try_from(code).ok().and_then(InstrumentState::from_code).ok_or_else(strange)?),
    };
    Ok(Edit {
        number: row.number,
        span: Span { start_ms: row.start_ms, end_ms: row.end_ms },
        state,
        author: row.author,
        at_ms: row.at_ms,
        undone: row.undone_by.zip(row.undone_ms),
    })
}
