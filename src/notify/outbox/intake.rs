use super::state::{Outbox, State};
use crate::notify::book::json;
use crate::notify::entity::{cursor, delivery};
use crate::notify::notice::{Notice, Source};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::sea_query::{Expr, OnConflict};
use sea_orm::{Condition, DatabaseTransaction, QuerySelect};
use std::collections::HashSet;

/// Rows in one statement: databases bound the number of its values.
const ROWS: usize = 1_000;

/// A notice that a subscription is to hear of.
pub(in crate::notify) struct NewDelivery<'a> {
    pub(in crate::notify) subscription: String,
    pub(in crate::notify) notice: &'a Notice,
    /// When, UTC milliseconds.
    pub(in crate::notify) due_ms: i64,
}

/// How far the two logs are read.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::notify) struct Places {
    pub(in crate::notify) alerts: i64,
    pub(in crate::notify) states: i64,
}

impl Outbox {
    /// How far a log is read; `None` before it ever was.
    pub(in crate::notify) async fn place(&self, source: Source) -> Result<Option<i64>, DbErr> {
        let row = cursor::Entity::find_by_id(source.cursor()).one(self.db.reader()).await?;
        Ok(row.map(|row| row.at))
    }

    /// Keeps how far the logs are read and, in the same transaction, what subscriptions are to hear of what was read. What
    /// waits of an alert that is hushed in `hushed`'s entries, and came before them, is not to be sent any more, nor tried
    /// again; what is on its way at this moment may arrive. Returns the subscriptions for which such waited.
    pub(in crate::notify) async fn record(
        &self,
        new: &[NewDelivery<'_>],
        hushed: &[&Notice],
        places: Places,
        now_ms: i64,
    ) -> Result<HashSet<String>, DbErr> {
        let transaction = self.db.begin().await?;
        let last = delivery::Entity::find().select_only().column_as(delivery::Column::Id.max(), "last");
        let last = last.into_tuple::<Option<i64>>().one(&transaction).await?.flatten().unwrap_or(0);
        // After a crash the same may be read again.
        let once = {
            use delivery::Column::{Number, Source, SubscriptionId};
            OnConflict::columns([SubscriptionId, Source, Number]).do_nothing().to_owned()
        };
        let mut id = last;
        for some in new.chunks(ROWS) {
            let mut rows = Vec::with_capacity(some.len());
            for one in some {
                id += 1;
                rows.push(row(id, one, now_ms)?);
            }
            let insert = delivery::Entity::insert_many(rows).on_conflict(once.clone());
            insert.exec_without_returning(&transaction).await?;
        }
        let mut quieter = HashSet::new();
        for notice in hushed {
            quieter.extend(hush(&transaction, notice, now_ms).await?);
        }
        for (source, at) in [(Source::Alerts, places.alerts), (Source::States, places.states)] {
            let row = cursor::ActiveModel { sink: Set(source.cursor().into()), at: Set(at), at_ms: Set(now_ms) };
            let replace = OnConflict::column(cursor::Column::Sink)
                .update_columns([cursor::Column::At, cursor::Column::AtMs])
                .to_owned();
            cursor::Entity::insert(row).on_conflict(replace).exec_without_returning(&transaction).await?;
        }
        transaction.commit().await?;
        Ok(quieter)
    }
}

fn row(id: i64, new: &NewDelivery<'_>, now_ms: i64) -> Result<delivery::ActiveModel, DbErr> {
    let notice = new.notice;
    Ok(delivery::ActiveModel {
        id: Set(id),
        subscription_id: Set(new.subscription.clone()),
        source: Set(notice.source().name().into()),
        number: Set(notice.number()),
        alert_id: Set(notice.alert_id().map(str::to_owned)),
        notice: Set(json(notice)?),
        held: Set(new.due_ms > now_ms),
        state: Set(State::Waiting.word().into()),
        message_id: Set(None),
        attempts: Set(0),
        due_ms: Set(new.due_ms),
        created_ms: Set(now_ms),
        first_ms: Set(None),
        done_ms: Set(None),
        why: Set(None),
    })
}

async fn hush(transaction: &DatabaseTransaction, notice: &Notice, now_ms: i64) -> Result<Vec<String>, DbErr> {
    use delivery::Column;
    let waiting = Condition::all()
        .add(Column::AlertId.eq(notice.alert_id()))
        .add(Column::State.eq(State::Waiting.word()))
        .add(Column::Number.lt(notice.number()));
    let subscriptions = delivery::Entity::find().select_only().column(Column::SubscriptionId).distinct();
    let subscriptions = subscriptions.filter(waiting.clone()).into_tuple().all(transaction).await?;
    delivery::Entity::update_many()
        .col_expr(Column::State, Expr::value(State::Dropped.word()))
        .col_expr(Column::Why, Expr::value("somebody has seen the alert or silenced it meanwhile"))
        .col_expr(Column::DoneMs, Expr::value(now_ms))
        .filter(waiting)
        .exec(transaction)
        .await?;
    Ok(subscriptions)
}
