use super::plan::{Outcome, Planner};
use super::row::{Mistake, Wanted};
use crate::catalog::change::write_changes;
use crate::catalog::codes::Codes;
use crate::catalog::credentials::NewToken;
use crate::catalog::details::Details;
use crate::catalog::entity::{import, import_row, instrument, sensor};
use crate::catalog::model::{Instrument, NewSensor, SensorBinding};
use crate::catalog::store::{ROWS, Store, StoreError, insert_instruments};
use crate::domain::{Caller, InstrumentId, Reach};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::sea_query::{Expr, Query};
use sea_orm::{ConnectionTrait, ExprTrait, FromQueryResult, QueryOrder, QuerySelect, Statement};
use std::collections::HashSet;
use std::sync::Arc;
use ulid::Ulid;

/// How long what was never written is kept, in milliseconds: a week.
const KEPT_MS: i64 = 7 * 24 * 3_600_000;

/// How an import stands.
pub(super) const READ: &str = "read";
pub(super) const APPLIED: &str = "applied";
pub(super) const UNDONE: &str = "undone";

/// An import and its rows: the line of each and what it wants.
pub(super) struct Import {
    pub(super) row: import::Model,
    pub(super) lines: Vec<(u32, Wanted)>,
}

/// What was written.
#[derive(Default)]
pub(super) struct Applied {
    pub(super) added: Vec<Arc<Instrument>>,
    pub(super) changed: Vec<InstrumentId>,
    /// The new sensors' client ids and tokens.
    pub(super) tokens: Vec<(InstrumentId, String)>,
}

/// Why an import was not written, or not taken back.
#[derive(Debug, thiserror::Error)]
pub(super) enum NotDone {
    #[error("there is no import {0:?}")]
    Missing(String),
    #[error("the import is {0} already")]
    Is(String),
    #[error("{0} rows are wrong: correct the file, or write the others with ?skip_bad=true")]
    Wrong(usize),
    #[error("it cannot be taken back")]
    Kept(Vec<(u32, Mistake)>),
    #[error(transparent)]
    Store(#[from] StoreError),
}

impl From<DbErr> for NotDone {
    fn from(error: DbErr) -> Self {
        Self::Store(error.into())
    }
}

#[derive(FromQueryResult)]
struct Known {
    instrument_id: String,
}

impl Store {
    /// Keeps what a file wants.
    pub(super) async fn keep_import(
        &self,
        caller: &Caller,
        file: String,
        now_ms: i64,
        lines: Vec<(u32, Wanted)>,
    ) -> Result<Import, StoreError> {
        let row = import::Model {
            id: Ulid::new().to_string(),
            created_ms: now_ms,
            account: caller.account.to_string(),
            account_name: caller.name.to_string(),
            file,
            status: READ.into(),
            applied_ms: None,
            undone_ms: None,
        };
        let transaction = self.db.begin().await?;
        import::Entity::delete_many()
            .filter(import::Column::Status.eq(READ))
            .filter(import::Column::CreatedMs.lt(now_ms - KEPT_MS))
            .exec(&transaction)
            .await?;
        import::Entity::insert(import::ActiveModel::from(row.clone()).reset_all())
            .exec_without_returning(&transaction)
            .await?;
        let rows = lines.iter().map(|(line, wanted)| to_row(&row.id, *line, "", wanted, None, None));
        insert_rows(&transaction, rows.collect::<Result<_, _>>()?).await?;
        transaction.commit().await?;
        Ok(Import { row, lines })
    }

    /// The imports of an account, or of all, newest first.
    pub(super) async fn imports(
        &self,
        account: Option<&str>,
        (limit, offset): (u64, u64),
    ) -> Result<Vec<import::Model>, StoreError> {
        let mut find =
            import::Entity::find().order_by_desc(import::Column::CreatedMs).order_by_desc(import::Column::Id);
        if let Some(account) = account {
            find = find.filter(import::Column::Account.eq(account));
        }
        Ok(find.limit(limit).offset(offset).all(self.db.reader()).await?)
    }

    /// An import with its rows, if there is one.
    pub(super) async fn import(&self, id: &str) -> Result<Option<Import>, StoreError> {
        let Some(row) = import::Entity::find_by_id(id).one(self.db.reader()).await? else { return Ok(None) };
        let lines = self.import_rows(id).await?.into_iter().map(|row| Ok((line(&row), wanted(&row)?)));
        Ok(Some(Import { row, lines: lines.collect::<Result<_, DbErr>>()? }))
    }

    async fn import_rows(&self, id: &str) -> Result<Vec<import_row::Model>, DbErr> {
        let find = import_row::Entity::find().filter(import_row::Column::ImportId.eq(id));
        find.order_by_asc(import_row::Column::Line).all(self.db.reader()).await
    }

    /// Writes an import's good rows, all in one; none when one is wrong, unless those are skipped.
    pub(super) async fn apply_import(
        &self,
        id: &str,
        reach: Reach,
        skip_bad: bool,
        now_ms: i64,
    ) -> Result<Applied, NotDone> {
        let _turn = self.turn.lock().await;
        let import = self.import(id).await?.ok_or_else(|| NotDone::Missing(id.to_owned()))?;
        if import.row.status != READ {
            return Err(NotDone::Is(import.row.status));
        }
        let mut planner = Planner::new(self.catalog(), self.credentials(), reach);
        let outcomes: Vec<_> = import.lines.iter().map(|(_, wanted)| planner.plan(wanted)).collect();
        let wrong = outcomes.iter().filter(|outcome| matches!(outcome, Outcome::Wrong(..))).count();
        if wrong > 0 && !skip_bad {
            return Err(NotDone::Wrong(wrong));
        }
        let mut applied = Applied::default();
        let (mut added, mut changed, mut rows) = (Vec::new(), Vec::new(), Vec::new());
        for ((line, wanted), outcome) in import.lines.iter().zip(outcomes) {
            rows.push(match outcome {
                Outcome::Added(instrument) => {
                    let token = NewToken::generate();
                    let sensor = NewSensor {
                        client_id: instrument.id.to_string(),
                        token_sha256: token.sha256,
                        binding: SensorBinding::own(&instrument.id),
                    };
                    applied.tokens.push((instrument.id.clone(), token.token));
                    let row = to_row(id, *line, instrument.id.as_str(), wanted, None, Some(1))?;
                    added.push((Arc::new(instrument), sensor));
                    row
                }
                Outcome::Changed(before, mut after) => {
                    after.version += 1;
                    let version = Some(after.version);
                    changed.push(Arc::new(after));
                    to_row(id, *line, before.id.as_str(), wanted, Some(&before.details), version)?
                }
                Outcome::Same(of) => to_row(id, *line, of.as_str(), wanted, None, None)?,
                Outcome::Wrong(..) => to_row(id, *line, "", wanted, None, None)?,
            });
        }
        let transaction = self.db.begin().await?;
        insert_instruments(&transaction, &added).await?;
        write_changes(&transaction, &changed).await?;
        import_row::Entity::delete_many().filter(import_row::Column::ImportId.eq(id)).exec(&transaction).await?;
        insert_rows(&transaction, rows).await?;
        set_status(&transaction, id, APPLIED, now_ms).await?;
        transaction.commit().await?;
        for (instrument, sensor) in added {
            self.credentials().set_token(&sensor.client_id, &sensor.token_sha256);
            self.credentials().bind([sensor.bound(&instrument.id)]);
            self.catalog().insert(instrument.clone());
            applied.added.push(instrument);
        }
        for instrument in changed {
            applied.changed.push(instrument.id.clone());
            self.catalog().insert(instrument);
        }
        Ok(applied)
    }

    /// Takes an import back: what it changed is as it was, what it added is gone. `busy` are instruments that have readings.
    pub(super) async fn undo_import(
        &self,
        id: &str,
        reach: Reach,
        busy: &(dyn Fn(&InstrumentId) -> bool + Send + Sync),
        now_ms: i64,
    ) -> Result<(Vec<InstrumentId>, Vec<InstrumentId>), NotDone> {
        let _turn = self.turn.lock().await;
        let import = import::Entity::find_by_id(id).one(self.db.reader()).await?;
        let import = import.ok_or_else(|| NotDone::Missing(id.to_owned()))?;
        if import.status != APPLIED {
            return Err(NotDone::Is(import.status));
        }
        let written = self.import_rows(id).await?.into_iter().filter(|row| row.written_version.is_some());
        let written: Vec<_> = written.collect();
        let recorded = self.recorded(&written).await?;
        let (mut removed, mut changed, mut kept) = (Vec::new(), Vec::new(), Vec::new());
        let mut codes = Codes::of(self.catalog());
        for row in &written {
            let instrument = row.instrument_id.parse().ok().and_then(|id: InstrumentId| self.catalog().get(&id));
            let mistake = match instrument {
                Some(now) if !reach.holds(&self.catalog().path(&now)) => Some("you may not change this instrument"),
                Some(now) if Some(now.version) != row.written_version => Some("somebody changed it since"),
                Some(now) => match &row.before {
                    None if recorded.contains(&row.instrument_id) || busy(&now.id) => {
                        Some("it has readings: retire it instead")
                    }
                    None if self.serves_others(&now.id) => Some("its sensor reports for other instruments now"),
                    None => {
                        removed.push(now.id.clone());
                        None
                    }
                    Some(before) => {
                        let details: Details =
                            serde_json::from_str(before).map_err(|error| DbErr::Type(error.to_string()))?;
                        match self.next(Instrument { details, ..Instrument::clone(&now) }, &mut codes) {
                            Ok(after) => {
                                changed.push(after);
                                None
                            }
                            Err(StoreError::Db(error)) => return Err(error.into()),
                            Err(_) => Some("what it was cannot be any more: its unit is gone, or another has its code"),
                        }
                    }
                },
                None => Some("it is not there any more"),
            };
            kept.extend(
                mistake.map(|message| (line(row), Mistake::new("", format!("{}: {message}", row.instrument_id)))),
            );
        }
        if !kept.is_empty() {
            return Err(NotDone::Kept(kept));
        }
        let transaction = self.db.begin().await?;
        write_changes(&transaction, &changed).await?;
        for part in removed.chunks(ROWS) {
            let ids = || part.iter().map(InstrumentId::as_str);
            // Their codes and bindings go with them; and what was set for them, in case the ids come again.
            for (table, column) in [("alert_rule", "scope_id"), ("maintenance", "instrument_id")] {
                let gone =
                    Query::delete().from_table(table).and_where(ExprTrait::is_in(Expr::col(column), ids())).to_owned();
                transaction.execute(&gone).await?;
            }
            instrument::Entity::delete_many().filter(instrument::Column::Id.is_in(ids())).exec(&transaction).await?;
            sensor::Entity::delete_many().filter(sensor::Column::ClientId.is_in(ids())).exec(&transaction).await?;
        }
        set_status(&transaction, id, UNDONE, now_ms).await?;
        transaction.commit().await?;
        for instrument in &removed {
            self.credentials().remove(instrument.as_str());
            self.credentials().unbind(instrument);
            self.catalog().remove(instrument);
        }
        let changed = changed.into_iter().map(|instrument| {
            self.catalog().insert(instrument.clone());
            instrument.id.clone()
        });
        Ok((removed, changed.collect()))
    }

    /// Whether the client that came with an instrument reports for others.
    fn serves_others(&self, instrument: &InstrumentId) -> bool {
        let bound = self.credentials().bound_to(instrument.as_str()).unwrap_or_default();
        bound.iter().any(|bound| bound != instrument)
    }

    /// The instruments of these rows that have states in the history.
    async fn recorded(&self, rows: &[import_row::Model]) -> Result<HashSet<String>, DbErr> {
        let db = self.db.reader();
        let mut recorded = HashSet::new();
        for part in rows.chunks(ROWS) {
            let places: Vec<_> = (1..=part.len()).map(|place| format!("${place}")).collect();
            let sql = format!(
                "SELECT DISTINCT instrument_id FROM state_interval WHERE instrument_id IN ({})",
                places.join(", ")
            );
            let values = part.iter().map(|row| row.instrument_id.as_str().into());
            let ask = Statement::from_sql_and_values(db.get_database_backend(), sql, values);
            recorded.extend(Known::find_by_statement(ask).all(db).await?.into_iter().map(|row| row.instrument_id));
        }
        Ok(recorded)
    }
}

async fn set_status(
    transaction: &sea_orm::DatabaseTransaction,
    id: &str,
    status: &str,
    now_ms: i64,
) -> Result<(), DbErr> {
    let mut row = import::ActiveModel { id: Set(id.to_owned()), status: Set(status.to_owned()), ..Default::default() };
    match status {
        APPLIED => row.applied_ms = Set(Some(now_ms)),
        _ => row.undone_ms = Set(Some(now_ms)),
    }
    import::Entity::update(row).exec(transaction).await?;
    Ok(())
}

async fn insert_rows(
    transaction: &sea_orm::DatabaseTransaction,
    rows: Vec<import_row::ActiveModel>,
) -> Result<(), DbErr> {
    for part in rows.chunks(ROWS) {
        import_row::Entity::insert_many(part.to_vec()).exec_without_returning(transaction).await?;
    }
    Ok(())
}

fn to_row(
    import: &str,
    line: u32,
    instrument: &str,
    wanted: &Wanted,
    before: Option<&Details>,
    version: Option<i64>,
) -> Result<import_row::ActiveModel, DbErr> {
    let json = |error: serde_json::Error| DbErr::Type(error.to_string());
    Ok(import_row::ActiveModel {
        import_id: Set(import.to_owned()),
        line: Set(line.into()),
        instrument_id: Set(instrument.to_owned()),
        wanted: Set(serde_json::to_string(wanted).map_err(json)?),
        before: Set(before.map(serde_json::to_string).transpose().map_err(json)?),
        written_version: Set(version),
    })
}

fn line(row: &import_row::Model) -> u32 {
    u32::try_from(row.line).unwrap_or(u32::MAX)
}

fn wanted(row: &import_row::Model) -> Result<Wanted, DbErr> {
    serde_json::from_str(&row.wanted).map_err(|error| DbErr::Type(error.to_string()))
}
