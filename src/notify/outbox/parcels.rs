use super::state::{Outbox, State};
use crate::notify::book::read_json;
use crate::notify::entity::attempt;
use crate::notify::entity::delivery::{Column, Entity, Model};
use crate::notify::notice::Notice;
use crate::notify::policy::Fate;
use crate::notify::send::Outcome;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::sea_query::{Expr, ExprTrait};
use sea_orm::{QueryOrder, QuerySelect, UpdateMany};

/// Notices in one message, at most.
const MOST: u64 = 100;

/// What of a subscription comes next.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::notify) struct Line {
    /// When, UTC milliseconds.
    pub(in crate::notify) due_ms: i64,
    /// Whether it failed before.
    pub(in crate::notify) troubled: bool,
}

/// What is sent together, as one message.
pub(in crate::notify) struct Batch {
    /// The message's id.
    pub(in crate::notify) message: String,
    /// When it was first to be sent, UTC milliseconds.
    pub(in crate::notify) first_ms: i64,
    /// Attempts so far.
    pub(in crate::notify) attempts: u32,
    pub(in crate::notify) items: Vec<Taken>,
}

/// One notice of a message.
pub(in crate::notify) struct Taken {
    pub(in crate::notify) id: i64,
    pub(in crate::notify) notice: Notice,
}

impl Outbox {
    /// The subscriptions for which something waits.
    pub(in crate::notify) async fn waiting(&self) -> Result<Vec<String>, DbErr> {
        let query = Entity::find().select_only().column(Column::SubscriptionId).distinct();
        query.filter(Column::State.eq(State::Waiting.word())).into_tuple().all(self.db.reader()).await
    }

    /// What comes next for a subscription; `None` while nothing waits. A message that was begun holds back all others.
    pub(in crate::notify) async fn next(&self, subscription: &str) -> Result<Option<Line>, DbErr> {
        let waiting = waiting_of(subscription);
        if let Some(begun) = begun(waiting.clone()).one(self.db.reader()).await? {
            return Ok(Some(Line { due_ms: begun.due_ms, troubled: begun.attempts > 0 }));
        }
        let first = waiting.order_by_asc(Column::DueMs).one(self.db.reader()).await?;
        Ok(first.map(|first| Line { due_ms: first.due_ms, troubled: false }))
    }

    /// What is to be sent now: the message that was begun, or a new one. What was held waits for one message; the rest is one
    /// message each, or with `merged` one together.
    pub(in crate::notify) async fn take(
        &self,
        subscription: &str,
        now_ms: i64,
        merged: bool,
    ) -> Result<Option<Batch>, DbErr> {
        let transaction = self.db.begin().await?;
        let waiting = waiting_of(subscription);
        let mut rows = match begun(waiting.clone()).one(&transaction).await? {
            Some(begun) if begun.due_ms > now_ms => return Ok(None),
            Some(begun) => in_order(waiting.filter(Column::MessageId.eq(begun.message_id))).all(&transaction).await?,
            None => in_order(waiting.filter(Column::DueMs.lte(now_ms))).limit(MOST).all(&transaction).await?,
        };
        let Some(first) = rows.first().cloned() else { return Ok(None) };
        let (message, first_ms) = match (first.message_id, first.first_ms) {
            (Some(message), Some(first_ms)) => (message, first_ms),
            _ => {
                match (merged, first.held) {
                    (true, _) => {}
                    (false, true) => rows.retain(|row| row.held),
                    (false, false) => rows.truncate(1),
                }
                let message = ulid::Ulid::new().to_string();
                update(&rows.iter().map(|row| row.id).collect::<Vec<_>>())
                    .col_expr(Column::MessageId, Expr::value(message.as_str()))
                    .col_expr(Column::FirstMs, Expr::value(now_ms))
                    .exec(&transaction)
                    .await?;
                (message, now_ms)
            }
        };
        transaction.commit().await?;
        let attempts = first.attempts.cast_unsigned();
        let items = rows.into_iter().map(taken).collect::<Result<_, _>>()?;
        Ok(Some(Batch { message, first_ms, attempts, items }))
    }

    /// Keeps what came of an attempt. What was dropped while it was on its way stays dropped, unless it has arrived.
    pub(in crate::notify) async fn mark(
        &self,
        batch: &Batch,
        outcome: &Outcome,
        fate: Fate,
        began_ms: i64,
        now_ms: i64,
    ) -> Result<(), DbErr> {
        let ids: Vec<i64> = batch.items.iter().map(|item| item.id).collect();
        let transaction = self.db.begin().await?;
        let attempt = attempt::ActiveModel {
            id: Set(ulid::Ulid::new().to_string()),
            message_id: Set(batch.message.clone()),
            at_ms: Set(began_ms),
            outcome: Set(outcome.verdict.name().into()),
            status: Set(outcome.status.map(i32::from)),
            answer: Set(outcome.answer.clone()),
            took_ms: Set(now_ms - began_ms),
        };
        attempt::Entity::insert(attempt).exec_without_returning(&transaction).await?;
        let update = update(&ids).col_expr(Column::Attempts, Expr::col(Column::Attempts).add(1));
        let update = match fate {
            Fate::Again(due_ms) => update.col_expr(Column::DueMs, Expr::value(due_ms)),
            Fate::Delivered => done(update, State::Delivered, None, now_ms),
            Fate::Dead => {
                let update = update.filter(Column::State.eq(State::Waiting.word()));
                done(update, State::Dead, Some(&outcome.answer), now_ms)
            }
        };
        update.exec(&transaction).await?;
        transaction.commit().await
    }

    /// Ends these without sending them.
    pub(in crate::notify) async fn drop_these(&self, ids: &[i64], why: &str, now_ms: i64) -> Result<(), DbErr> {
        done(update(ids), State::Dropped, Some(why), now_ms).exec(self.db.writer()).await.map(drop)
    }

    /// Ends everything that waits for a subscription.
    pub(in crate::notify) async fn end_all(
        &self,
        subscription: &str,
        state: State,
        why: &str,
        now_ms: i64,
    ) -> Result<(), DbErr> {
        let all = Entity::update_many()
            .filter(Column::SubscriptionId.eq(subscription))
            .filter(Column::State.eq(State::Waiting.word()));
        done(all, state, Some(why), now_ms).exec(self.db.writer()).await.map(drop)
    }

    /// Forgets what waits for a subscription that is not there any more.
    pub(in crate::notify) async fn forget(&self, subscription: &str) -> Result<(), DbErr> {
        let gone = Entity::delete_many().filter(Column::SubscriptionId.eq(subscription));
        gone.exec(self.db.writer()).await.map(drop)
    }
}

/// What waits for a subscription.
fn waiting_of(subscription: &str) -> sea_orm::Select<Entity> {
    Entity::find().filter(Column::SubscriptionId.eq(subscription)).filter(Column::State.eq(State::Waiting.word()))
}

fn in_order(some: sea_orm::Select<Entity>) -> sea_orm::Select<Entity> {
    some.order_by_asc(Column::Id)
}

/// The first of a message that was begun.
fn begun(waiting: sea_orm::Select<Entity>) -> sea_orm::Select<Entity> {
    in_order(waiting.filter(Column::MessageId.is_not_null())).limit(1)
}

fn update(ids: &[i64]) -> UpdateMany<Entity> {
    Entity::update_many().filter(Column::Id.is_in(ids.iter().copied()))
}

fn done(update: UpdateMany<Entity>, state: State, why: Option<&str>, now_ms: i64) -> UpdateMany<Entity> {
    update
        .col_expr(Column::State, Expr::value(state.word()))
        .col_expr(Column::Why, Expr::value(why.map(str::to_owned)))
        .col_expr(Column::DoneMs, Expr::value(now_ms))
}

fn taken(row: Model) -> Result<Taken, DbErr> {
    Ok(Taken { id: row.id, notice: read_json(&row.notice, "a delivery")? })
}
