use super::entity::audit::{ActiveModel, Column, Entity, Model};
use super::model::{Entry, Write};
use crate::domain::Reach;
use crate::platform::audit::Changed;
use crate::platform::db::Db;
use sea_orm::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{ActiveValue::Set, Condition, QueryOrder, QuerySelect};
use serde_json::Value;

/// The log of writes. Cheap to clone.
#[derive(Clone)]
pub struct Log {
    db: Db,
}

/// Which entries are wanted.
#[derive(Clone, Default)]
pub(super) struct Wanted {
    pub(super) account: Option<String>,
    pub(super) operation: Option<String>,
    pub(super) path: Option<String>,
    pub(super) from_ms: Option<i64>,
    pub(super) to_ms: Option<i64>,
}

impl Log {
    /// Keeps the log in `db`.
    #[must_use]
    pub fn new(db: Db) -> Self {
        Self { db }
    }

    /// Forgets what was written down before, UTC milliseconds; the newest entry stays, for the numbers to go on from.
    ///
    /// # Errors
    /// When the database does not do it.
    pub(super) async fn forget(&self, before_ms: i64) -> Result<(), DbErr> {
        let newest = Entity::find().select_only().column_as(Column::Number.max(), "newest");
        let newest = newest.into_tuple::<Option<i64>>().one(self.db.reader()).await?.flatten().unwrap_or(0);
        let old = Condition::all().add(Column::AtMs.lt(before_ms)).add(Column::Number.lt(newest));
        Entity::delete_many().filter(old).exec(self.db.writer()).await?;
        Ok(())
    }

    /// Writes down that this is about to be done, and returns its number.
    ///
    /// # Errors
    /// When the database does not do it: then the write must not be done either.
    pub async fn begin(&self, write: Write) -> Result<i64, DbErr> {
        let transaction = self.db.begin().await?;
        let last = Entity::find().select_only().column_as(Column::Number.max(), "last");
        let last = last.into_tuple::<Option<i64>>().one(&transaction).await?.flatten().unwrap_or(0);
        let row = ActiveModel {
            number: Set(last + 1),
            at_ms: Set(write.at_ms),
            account_id: Set(write.account),
            account_name: Set(write.name),
            address: Set(write.address),
            operation: Set(write.operation),
            method: Set(write.method),
            path: Set(write.path),
            unit_path: Set(write.unit),
            request: Set(write.request),
            status: Set(None),
            before_json: Set(None),
            after_json: Set(None),
        };
        Entity::insert(row).exec_without_returning(&transaction).await?;
        transaction.commit().await?;
        Ok(last + 1)
    }

    /// Writes down how it went; `who` is the account's id and name, if that was not known before.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn finish(
        &self,
        number: i64,
        status: u16,
        changed: Option<&Changed>,
        who: Option<(&str, &str)>,
    ) -> Result<(), DbErr> {
        let mut update = Entity::update_many()
            .col_expr(Column::Status, Expr::value(i32::from(status)))
            .filter(Column::Number.eq(number));
        if let Some(Changed { before, after, unit }) = changed {
            update = update
                .col_expr(Column::BeforeJson, Expr::value(before.to_string()))
                .col_expr(Column::AfterJson, Expr::value(after.to_string()));
            if let Some(unit) = unit {
                update = update.col_expr(Column::UnitPath, Expr::value(unit.as_str()));
            }
        }
        if let Some((account, name)) = who {
            update = update
                .col_expr(Column::AccountId, Expr::value(account))
                .col_expr(Column::AccountName, Expr::value(name));
        }
        let transaction = self.db.begin().await?;
        update.exec(&transaction).await?;
        transaction.commit().await
    }

    /// How many entries there are of these, and some of them, the newest first.
    pub(super) async fn find(
        &self,
        wanted: &Wanted,
        reach: &Reach,
        limit: u64,
        offset: u64,
    ) -> Result<(u64, Vec<Entry>), DbErr> {
        let query = Entity::find().filter(condition(wanted, reach));
        let total = query.clone().count(self.db.reader()).await?;
        let rows = query.order_by_desc(Column::Number).limit(limit).offset(offset).all(self.db.reader()).await?;
        Ok((total, rows.into_iter().map(Entry::from).collect()))
    }

    /// Entries with numbers below `before`, the newest first: to read all of a long log in parts.
    pub(super) async fn before(
        &self,
        wanted: &Wanted,
        reach: &Reach,
        before: i64,
        limit: u64,
    ) -> Result<Vec<Entry>, DbErr> {
        let query = Entity::find().filter(condition(wanted, reach)).filter(Column::Number.lt(before));
        let rows = query.order_by_desc(Column::Number).limit(limit).all(self.db.reader()).await?;
        Ok(rows.into_iter().map(Entry::from).collect())
    }
}

fn condition(wanted: &Wanted, reach: &Reach) -> Condition {
    let starts = |column: Column, text: &String| column.starts_with(text);
    Condition::all()
        .add(reach.filter(Column::UnitPath))
        .add_option(wanted.account.as_ref().map(|account| Column::AccountId.eq(account)))
        .add_option(wanted.operation.as_ref().map(|operation| Column::Operation.eq(operation)))
        .add_option(wanted.path.as_ref().map(|path| starts(Column::Path, path)))
        .add_option(wanted.from_ms.map(|from_ms| Column::AtMs.gte(from_ms)))
        .add_option(wanted.to_ms.map(|to_ms| Column::AtMs.lt(to_ms)))
}

impl From<Model> for Entry {
    fn from(row: Model) -> Self {
        let json = |text: Option<String>| text.and_then(|text| serde_json::from_str(&text).ok()).unwrap_or(Value::Null);
        Self {
            number: row.number,
            at: row.at_ms,
            account: row.account_id,
            name: row.account_name,
            address: row.address,
            operation: row.operation,
            method: row.method,
            path: row.path,
            unit: row.unit_path,
            request: json(Some(row.request)),
            status: row.status.and_then(|status| u16::try_from(status).ok()),
            before: json(row.before_json),
            after: json(row.after_json),
        }
    }
}
