use super::state::{Outbox, State};
use crate::notify::book::read_json;
use crate::notify::entity::delivery::{Column, Entity, Model};
use crate::notify::entity::{attempt, notification};
use crate::notify::notice::Notice;
use sea_orm::prelude::*;
use sea_orm::sea_query::Expr;
use sea_orm::{QueryOrder, QuerySelect};

/// Which deliveries are asked for.
pub(in crate::notify) struct Wanted {
    /// Of these subscriptions.
    pub(in crate::notify) subscriptions: Vec<String>,
    pub(in crate::notify) state: Option<State>,
    /// Those with a smaller id.
    pub(in crate::notify) before: Option<i64>,
    pub(in crate::notify) limit: u64,
}

/// A delivery, as far as its log shows it.
pub(in crate::notify) struct Listed {
    pub(in crate::notify) id: i64,
    pub(in crate::notify) subscription: String,
    pub(in crate::notify) notice: Notice,
    pub(in crate::notify) state: State,
    pub(in crate::notify) message: Option<String>,
    pub(in crate::notify) attempts: i32,
    pub(in crate::notify) due_ms: i64,
    pub(in crate::notify) created_ms: i64,
    pub(in crate::notify) done_ms: Option<i64>,
    pub(in crate::notify) why: Option<String>,
}

/// An attempt to send a message.
pub(in crate::notify) type Attempted = attempt::Model;

/// How much waits or was given up.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(in crate::notify) struct Counts {
    pub(in crate::notify) waiting: u64,
    pub(in crate::notify) dead: u64,
    /// Since when what is latest is late: when it was due or, if it is being tried again, was first sent; UTC milliseconds.
    pub(in crate::notify) overdue_ms: Option<i64>,
}

impl Outbox {
    /// Deliveries, newest first.
    pub(in crate::notify) async fn list(&self, wanted: &Wanted) -> Result<Vec<Listed>, DbErr> {
        let mut query = Entity::find().filter(Column::SubscriptionId.is_in(&wanted.subscriptions));
        if let Some(state) = wanted.state {
            query = query.filter(Column::State.eq(state.word()));
        }
        if let Some(before) = wanted.before {
            query = query.filter(Column::Id.lt(before));
        }
        let rows = query.order_by_desc(Column::Id).limit(wanted.limit).all(self.db.reader()).await?;
        rows.into_iter().map(listed).collect()
    }

    /// One delivery.
    pub(in crate::notify) async fn one(&self, id: i64) -> Result<Option<Listed>, DbErr> {
        Entity::find_by_id(id).one(self.db.reader()).await?.map(listed).transpose()
    }

    /// What was tried to send a message, newest first.
    pub(in crate::notify) async fn attempts(&self, message: &str) -> Result<Vec<Attempted>, DbErr> {
        let of = attempt::Entity::find().filter(attempt::Column::MessageId.eq(message));
        of.order_by_desc(attempt::Column::AtMs)
            .order_by_desc(attempt::Column::Id)
            .limit(200)
            .all(self.db.reader())
            .await
    }

    /// Has what was given up sent again: one message, or all of a subscription. Returns how many notices that are. A message
    /// keeps its id, so a receiver that has it after all can tell.
    pub(in crate::notify) async fn replay(
        &self,
        subscription: &str,
        message: Option<&str>,
        now_ms: i64,
    ) -> Result<u64, DbErr> {
        let mut update = Entity::update_many()
            .filter(Column::SubscriptionId.eq(subscription))
            .filter(Column::State.eq(State::Dead.word()))
            .col_expr(Column::State, Expr::value(State::Waiting.word()))
            .col_expr(Column::Attempts, Expr::value(0))
            .col_expr(Column::DueMs, Expr::value(now_ms))
            .col_expr(Column::FirstMs, Expr::case(Column::MessageId.is_not_null(), now_ms).into())
            .col_expr(Column::DoneMs, Expr::value(None::<i64>))
            .col_expr(Column::Why, Expr::value(None::<String>));
        if let Some(message) = message {
            update = update.filter(Column::MessageId.eq(message));
        }
        Ok(update.exec(self.db.writer()).await?.rows_affected)
    }

    /// How much waits or was given up.
    pub(in crate::notify) async fn counts(&self, now_ms: i64) -> Result<Counts, DbErr> {
        let db = self.db.reader();
        let of = |state: State| Entity::find().filter(Column::State.eq(state.word()));
        // A message that is tried again is due later and later.
        let oldest = async |column: Column| {
            let late = of(State::Waiting).filter(column.lt(now_ms)).select_only().column_as(column.min(), "oldest");
            late.into_tuple::<Option<i64>>().one(db).await.map(Option::flatten)
        };
        let overdue = [oldest(Column::DueMs).await?, oldest(Column::FirstMs).await?];
        Ok(Counts {
            waiting: of(State::Waiting).count(db).await?,
            dead: of(State::Dead).count(db).await?,
            overdue_ms: overdue.into_iter().flatten().min(),
        })
    }

    /// Forgets what was done with, and shown, before a time; but not the newest of each, so that numbers go on.
    pub(in crate::notify) async fn expire(&self, before_ms: i64) -> Result<(), DbErr> {
        let db = self.db.writer();
        let newest = Entity::find().select_only().column_as(Column::Id.max(), "newest").into_tuple::<Option<i64>>();
        if let Some(newest) = newest.one(self.db.reader()).await?.flatten() {
            let old = Entity::delete_many().filter(Column::DoneMs.lt(before_ms)).filter(Column::Id.lt(newest));
            old.exec(db).await?;
        }
        attempt::Entity::delete_many().filter(attempt::Column::AtMs.lt(before_ms)).exec(db).await?;
        let newest = notification::Entity::find().select_only().column_as(notification::Column::Number.max(), "newest");
        if let Some(newest) = newest.into_tuple::<Option<i64>>().one(self.db.reader()).await?.flatten() {
            let old = notification::Entity::delete_many()
                .filter(notification::Column::AtMs.lt(before_ms))
                .filter(notification::Column::Number.lt(newest));
            old.exec(db).await?;
        }
        Ok(())
    }
}

fn listed(row: Model) -> Result<Listed, DbErr> {
    let notice = read_json(&row.notice, "a delivery")?;
    Ok(Listed {
        id: row.id,
        subscription: row.subscription_id,
        notice,
        state: State::read(&row.state),
        message: row.message_id,
        attempts: row.attempts,
        due_ms: row.due_ms,
        created_ms: row.created_ms,
        done_ms: row.done_ms,
        why: row.why,
    })
}
