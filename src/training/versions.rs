use super::entity::{model_version, promotion};
use super::model::{NewVersion, Newest, Promotion, PromotionError, Version};
use crate::domain::InstrumentId;
use crate::platform::db::{Db, instrument_id};
use sea_orm::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait, IntoColumnRef, Query, SelectStatement};
use sea_orm::{ActiveValue::Set, QueryOrder, QuerySelect};
use std::collections::HashMap;

/// Reads and writes the models that were trained, and what serves.
#[derive(Clone)]
pub struct Versions {
    db: Db,
}

impl Versions {
    /// Keeps models in `db`.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Keeps a version, made for its number: `make` is told it. `at_ms` is when its labels were read, or it was imported.
    ///
    /// # Errors
    /// What `make` says, or when the database does not do it.
    pub async fn add<E: From<DbErr>>(
        &self,
        instrument: &InstrumentId,
        at_ms: i64,
        make: impl FnOnce(i64) -> Result<NewVersion, E>,
    ) -> Result<i64, E> {
        let transaction = self.db.begin().await?;
        let last: Option<Option<i64>> = model_version::Entity::find()
            .filter(model_version::Column::InstrumentId.eq(instrument.as_str()))
            .select_only()
            .column_as(model_version::Column::Version.max(), "last")
            .into_tuple()
            .one(&transaction)
            .await?;
        let version = last.flatten().unwrap_or(0) + 1;
        let new = make(version)?;
        let row = model_version::ActiveModel {
            instrument_id: Set(instrument.to_string()),
            version: Set(version),
            at_ms: Set(at_ms),
            artifact: Set(new.artifact),
            manifest: Set(new.manifest.to_string()),
            verdict: Set(new.verdict.to_string()),
        };
        model_version::Entity::insert(row).exec_without_returning(&transaction).await?;
        transaction.commit().await?;
        Ok(version)
    }

    /// The instrument's versions, newest first.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub async fn list(&self, instrument: &InstrumentId) -> Result<Vec<Version>, DbErr> {
        let rows: Vec<(i64, i64, String, String)> = model_version::Entity::find()
            .filter(model_version::Column::InstrumentId.eq(instrument.as_str()))
            .order_by_desc(model_version::Column::Version)
            .select_only()
            .columns([
                model_version::Column::Version,
                model_version::Column::AtMs,
                model_version::Column::Manifest,
                model_version::Column::Verdict,
            ])
            .into_tuple()
            .all(self.db.reader())
            .await?;
        rows.into_iter()
            .map(|(version, at_ms, manifest, verdict)| {
                let read = |text: &str| serde_json::from_str(text).map_err(|error| DbErr::Type(error.to_string()));
                Ok(Version { version, at_ms, manifest: read(&manifest)?, verdict: read(&verdict)? })
            })
            .collect()
    }

    /// The model itself, as it was kept; `None` if there is no such version.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn artifact(&self, instrument: &InstrumentId, version: i64) -> Result<Option<Vec<u8>>, DbErr> {
        let row = model_version::Entity::find_by_id((instrument.to_string(), version)).one(self.db.reader()).await?;
        Ok(row.map(|row| row.artifact))
    }

    /// The instrument's promotions, newest first.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn promotions(&self, instrument: &InstrumentId) -> Result<Vec<Promotion>, DbErr> {
        let rows = promotion::Entity::find()
            .filter(promotion::Column::InstrumentId.eq(instrument.as_str()))
            .order_by_desc(promotion::Column::Number)
            .all(self.db.reader())
            .await?;
        Ok(rows.into_iter().map(Promotion::from).collect())
    }

    /// Lets a version serve from now on, or with `None` the instrument's own calibration. With `after`, only if the
    /// promotion of that number still is the newest (0 before the first).
    ///
    /// # Errors
    /// When there is no such version, it serves already, another was promoted meanwhile, or the database does not do it.
    pub async fn promote(
        &self,
        instrument: &InstrumentId,
        version: Option<i64>,
        after: Option<i64>,
        author: &str,
        reason: &str,
        at_ms: i64,
    ) -> Result<Promotion, PromotionError> {
        let transaction = self.db.begin().await?;
        if let Some(version) = version {
            let key = (instrument.to_string(), version);
            let known = model_version::Entity::find_by_id(key).count(&transaction).await?;
            if known == 0 {
                return Err(PromotionError::Missing { instrument: instrument.clone(), version });
            }
        }
        let last = promotion::Entity::find()
            .filter(promotion::Column::InstrumentId.eq(instrument.as_str()))
            .order_by_desc(promotion::Column::Number)
            .one(&transaction)
            .await?;
        let (number, serving) = last.map_or((0, None), |row| (row.number, row.version));
        if after.is_some_and(|after| after != number) {
            return Err(PromotionError::Overtaken);
        }
        if serving == version {
            return Err(PromotionError::Serves);
        }
        let row = promotion::Model {
            instrument_id: instrument.to_string(),
            number: number + 1,
            version,
            author: author.to_owned(),
            reason: reason.to_owned(),
            at_ms,
        };
        promotion::Entity::insert(promotion::ActiveModel::from(row.clone()).reset_all())
            .exec_without_returning(&transaction)
            .await?;
        transaction.commit().await?;
        Ok(row.into())
    }

    /// How many promotions there ever were: grows with each.
    ///
    /// # Errors
    /// When the database does not answer.
    pub(super) async fn promotions_made(&self) -> Result<u64, DbErr> {
        promotion::Entity::find().count(self.db.reader()).await
    }

    /// When the labels of each instrument's newest version were read, UTC milliseconds; imported versions know none.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub async fn newest_ms(&self) -> Result<HashMap<InstrumentId, i64>, DbErr> {
        let rows: Vec<(String, i64)> = model_version::Entity::find()
            .filter(model_version::Column::Verdict.ne(serde_json::Value::Null.to_string()))
            .select_only()
            .column(model_version::Column::InstrumentId)
            .column_as(model_version::Column::AtMs.max(), "newest_ms")
            .group_by(model_version::Column::InstrumentId)
            .into_tuple()
            .all(self.db.reader())
            .await?;
        rows.into_iter().map(|(id, at_ms)| Ok((instrument_id(&id)?, at_ms))).collect()
    }

    /// Each instrument's newest version.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub(super) async fn newest(&self) -> Result<HashMap<InstrumentId, Newest>, DbErr> {
        let read = self.newest_ms().await?;
        let rows: Vec<(String, i64, i64)> = model_version::Entity::find()
            .select_only()
            .column(model_version::Column::InstrumentId)
            .column_as(model_version::Column::Version.max(), "newest")
            .column_as(model_version::Column::AtMs.max(), "newest_ms")
            .group_by(model_version::Column::InstrumentId)
            .into_tuple()
            .all(self.db.reader())
            .await?;
        rows.into_iter()
            .map(|(id, version, at_ms)| {
                let id = instrument_id(&id)?;
                let labels_read_ms = read.get(&id).copied();
                Ok((id, Newest { version, at_ms, labels_read_ms }))
            })
            .collect()
    }

    /// The macro-F1 of these instruments' newest versions, where they were judged.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub(super) async fn newest_scores(&self, ids: &[&InstrumentId]) -> Result<HashMap<InstrumentId, f64>, DbErr> {
        let rows: Vec<(String, String)> = model_version::Entity::find()
            .filter(model_version::Column::InstrumentId.is_in(ids.iter().map(|id| id.as_str())))
            .order_by_asc(model_version::Column::Version)
            .select_only()
            .columns([model_version::Column::InstrumentId, model_version::Column::Manifest])
            .into_tuple()
            .all(self.db.reader())
            .await?;
        let mut scores = HashMap::new();
        for (id, manifest) in rows {
            let manifest: serde_json::Value =
                serde_json::from_str(&manifest).map_err(|error| DbErr::Type(error.to_string()))?;
            let id = instrument_id(&id)?;
            // Of a later version that was not judged nothing is known, either.
            match manifest["metrics"]["candidate"]["macro_f1"].as_f64() {
                Some(score) => scores.insert(id, score),
                None => scores.remove(&id),
            };
        }
        Ok(scores)
    }

    /// What serves each instrument that ever had a promotion.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub async fn serving(&self) -> Result<HashMap<InstrumentId, Promotion>, DbErr> {
        let rows = promotion::Entity::find()
            .filter(pair(promotion::Column::InstrumentId, promotion::Column::Number).in_subquery(newest()))
            .all(self.db.reader())
            .await?;
        rows.into_iter().map(|row| Ok((instrument_id(&row.instrument_id)?, row.into()))).collect()
    }

    /// The models that serve, as they were kept: version and artifact.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub async fn serving_artifacts(&self) -> Result<HashMap<InstrumentId, (i64, Vec<u8>)>, DbErr> {
        let serving = Query::select()
            .columns([promotion::Column::InstrumentId, promotion::Column::Version])
            .from(promotion::Entity)
            .and_where(pair(promotion::Column::InstrumentId, promotion::Column::Number).in_subquery(newest()))
            .to_owned();
        let rows = model_version::Entity::find()
            .filter(pair(model_version::Column::InstrumentId, model_version::Column::Version).in_subquery(serving))
            .all(self.db.reader())
            .await?;
        rows.into_iter().map(|row| Ok((instrument_id(&row.instrument_id)?, (row.version, row.artifact)))).collect()
    }
}

/// Each instrument's newest promotion: its instrument and number.
fn newest() -> SelectStatement {
    Query::select()
        .column(promotion::Column::InstrumentId)
        .expr(Expr::col(promotion::Column::Number).max())
        .from(promotion::Entity)
        .group_by_col(promotion::Column::InstrumentId)
        .to_owned()
}

fn pair(a: impl IntoColumnRef, b: impl IntoColumnRef) -> Expr {
    Expr::tuple([Expr::col(a), Expr::col(b)])
}

impl From<promotion::Model> for Promotion {
    fn from(row: promotion::Model) -> Self {
        Self { number: row.number, version: row.version, author: row.author, reason: row.reason, at_ms: row.at_ms }
    }
}
