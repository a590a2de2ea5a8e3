use super::entity::level_names;
use crate::domain::{InstrumentId, LevelName};
use crate::platform::db::Db;
use sea_orm::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, EntityTrait};
use std::collections::HashMap;

/// Reads and writes what people call an instrument's levels.
#[derive(Clone)]
pub struct LevelNames {
    db: Db,
}

impl LevelNames {
    /// Keeps names in `db`.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Every instrument's names.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub async fn all(&self) -> Result<HashMap<InstrumentId, Vec<LevelName>>, DbErr> {
        let strange = |id: &str| DbErr::Type(format!("names of levels that cannot be read: {id}"));
        let rows = level_names::Entity::find().all(self.db.reader()).await?;
        rows.into_iter()
            .map(|row| {
                let id = row.instrument_id.parse().map_err(|_| strange(&row.instrument_id))?;
                let names = serde_json::from_str(&row.names).map_err(|_| strange(&row.instrument_id))?;
                Ok((id, names))
            })
            .collect()
    }

    /// Puts names in the place of those there were; none at all takes them back.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn set(
        &self,
        instrument: &InstrumentId,
        names: &[LevelName],
        author: &str,
        at_ms: i64,
    ) -> Result<(), DbErr> {
        if names.is_empty() {
            level_names::Entity::delete_by_id(instrument.to_string()).exec(self.db.writer()).await?;
            return Ok(());
        }
        let row = level_names::ActiveModel {
            instrument_id: Set(instrument.to_string()),
            names: Set(serde_json::to_string(names).map_err(|error| DbErr::Type(error.to_string()))?),
            author: Set(author.to_owned()),
            at_ms: Set(at_ms),
        };
        let replace = OnConflict::column(level_names::Column::InstrumentId)
            .update_columns([level_names::Column::Names, level_names::Column::Author, level_names::Column::AtMs])
            .to_owned();
        level_names::Entity::insert(row).on_conflict(replace).exec_without_returning(self.db.writer()).await?;
        Ok(())
    }
}
