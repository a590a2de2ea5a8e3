use super::entity::model_drift;
use crate::domain::InstrumentId;
use crate::platform::db::{Db, instrument_id};
use sea_orm::QueryOrder;
use sea_orm::prelude::*;
use serde_json::Value;

/// What a running model saw change since it was trained; it is raised once for a model.
#[derive(Clone, Debug, PartialEq)]
pub struct Drift {
    /// Whose.
    pub instrument: InstrumentId,
    /// The model, such as `mlp-v1@3`.
    pub model: String,
    /// When it was seen, UTC milliseconds.
    pub at_ms: i64,
    /// What changed.
    pub details: Value,
}

impl Drift {
    /// Whether it is of this version; a model's name ends with `@` and its version.
    #[must_use]
    pub fn is_of(&self, version: i64) -> bool {
        self.model.rsplit_once('@').and_then(|(_, number)| number.parse().ok()) == Some(version)
    }
}

/// Reads what running models saw drift; the recorder writes it.
#[derive(Clone)]
pub struct Drifts {
    db: Db,
}

impl Drifts {
    /// Reads from `db`.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// All that was ever seen, newest first.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub async fn all(&self) -> Result<Vec<Drift>, DbErr> {
        let rows = model_drift::Entity::find().order_by_desc(model_drift::Column::AtMs).all(self.db.reader()).await?;
        rows.into_iter()
            .map(|row| {
                Ok(Drift {
                    instrument: instrument_id(&row.instrument_id)?,
                    model: row.model,
                    at_ms: row.at_ms,
                    details: serde_json::from_str(&row.details).map_err(|error| DbErr::Type(error.to_string()))?,
                })
            })
            .collect()
    }
}
