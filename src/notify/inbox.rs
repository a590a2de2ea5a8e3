use super::entity::notification::{ActiveModel, Column, Entity, Model};
use crate::platform::db::Db;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{QueryOrder, QuerySelect};
use std::sync::Arc;
use tokio::sync::watch;

/// The lists that pages show, one an account. Cheap to clone.
#[derive(Clone)]
pub(super) struct Inbox {
    db: Db,
    grown: Arc<watch::Sender<()>>,
}

impl Inbox {
    pub(super) fn new(db: Db) -> Self {
        Self { db, grown: Arc::new(watch::channel(()).0) }
    }

    /// Puts these deliveries, each with what is shown of it, onto an account's list; those that are there stay as they are.
    pub(super) async fn put(&self, account: &str, items: &[(i64, String)], now_ms: i64) -> Result<(), DbErr> {
        let transaction = self.db.begin().await?;
        let last = Entity::find().select_only().column_as(Column::Number.max(), "last");
        let last = last.into_tuple::<Option<i64>>().one(&transaction).await?.flatten().unwrap_or(0);
        let rows = items.iter().zip(last + 1..).map(|((delivery, body), number)| ActiveModel {
            number: Set(number),
            account: Set(account.to_owned()),
            delivery_id: Set(*delivery),
            at_ms: Set(now_ms),
            body: Set(body.clone()),
        });
        let once = OnConflict::column(Column::DeliveryId).do_nothing().to_owned();
        Entity::insert_many(rows).on_conflict(once).exec_without_returning(&transaction).await?;
        transaction.commit().await?;
        self.grown.send_replace(());
        Ok(())
    }

    /// What came onto an account's list after this number, with or without alerts, oldest first.
    pub(super) async fn after(
        &self,
        account: &str,
        alerts: bool,
        number: i64,
        limit: u64,
    ) -> Result<Vec<Model>, DbErr> {
        let mut list = Entity::find().filter(Column::Account.eq(account)).filter(Column::Number.gt(number));
        if !alerts {
            // As `put` was given it; within a text the quotes are escaped.
            list = list.filter(Column::Body.not_like(r#"%"type":"alert.%"#));
        }
        list.order_by_asc(Column::Number).limit(limit).all(self.db.reader()).await
    }

    /// Hears whenever any list has grown.
    pub(super) fn grown(&self) -> watch::Receiver<()> {
        self.grown.subscribe()
    }
}
