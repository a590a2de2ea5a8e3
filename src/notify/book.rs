use super::entity::{attempt, channel, delivery, subscription};
use super::model::{Channel, Settings, Subscription, Target};
use crate::platform::db::Db;
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use sea_orm::sea_query::{OnConflict, Query};
use serde::Serialize;
use serde::de::DeserializeOwned;
use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use tokio::sync::Mutex;

/// All channels and subscriptions, in memory, written through to the database. Cheap to clone.
#[derive(Clone)]
pub(super) struct Book {
    db: Db,
    held: Arc<RwLock<Held>>,
    /// Whose turn it is to write, so that memory hears last what the database holds.
    turn: Arc<Mutex<()>>,
}

#[derive(Default)]
struct Held {
    channels: HashMap<String, Arc<Channel>>,
    subscriptions: HashMap<String, Arc<Subscription>>,
}

/// Why something was not removed.
#[derive(Debug, thiserror::Error)]
pub(super) enum RemoveError {
    /// Subscriptions use the channel.
    #[error("subscriptions use this channel: remove them, or give them another one")]
    Used,
    /// The database.
    #[error(transparent)]
    Db(#[from] DbErr),
}

impl Book {
    /// Reads everything from `db`.
    pub(super) async fn load(db: Db) -> Result<Self, DbErr> {
        let mut held = Held::default();
        for row in channel::Entity::find().all(db.reader()).await? {
            held.channels.insert(row.id.clone(), Arc::new(read_channel(row)?));
        }
        for row in subscription::Entity::find().all(db.reader()).await? {
            held.subscriptions.insert(row.id.clone(), Arc::new(read_subscription(row)?));
        }
        Ok(Self { db, held: Arc::new(RwLock::new(held)), turn: Arc::default() })
    }

    fn held(&self) -> std::sync::RwLockReadGuard<'_, Held> {
        self.held.read().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Held)) {
        change(&mut self.held.write().unwrap_or_else(PoisonError::into_inner));
    }

    pub(super) fn channel(&self, id: &str) -> Option<Arc<Channel>> {
        self.held().channels.get(id).cloned()
    }

    /// Every channel, the oldest first.
    pub(super) fn channels(&self) -> Vec<Arc<Channel>> {
        let mut channels: Vec<_> = self.held().channels.values().cloned().collect();
        channels.sort_by(|a, b| a.id.cmp(&b.id));
        channels
    }

    pub(super) fn subscription(&self, id: &str) -> Option<Arc<Subscription>> {
        self.held().subscriptions.get(id).cloned()
    }

    /// Every subscription, the oldest first.
    pub(super) fn subscriptions(&self) -> Vec<Arc<Subscription>> {
        let mut subscriptions: Vec<_> = self.held().subscriptions.values().cloned().collect();
        subscriptions.sort_by(|a, b| a.id.cmp(&b.id));
        subscriptions
    }

    /// Keeps a channel, in place of the one of its id if there is one.
    pub(super) async fn put_channel(&self, channel: Channel) -> Result<Arc<Channel>, DbErr> {
        use channel::Column::{Name, Target, Unit};
        let _turn = self.turn.lock().await;
        let row = channel::ActiveModel {
            id: Set(channel.id.clone()),
            owner: Set(channel.owner.clone()),
            unit: Set(channel.unit.clone()),
            name: Set(channel.name.clone()),
            target: Set(json(&channel.target)?),
            created_ms: Set(channel.created_ms),
        };
        let replace = OnConflict::column(channel::Column::Id).update_columns([Name, Target, Unit]).to_owned();
        channel::Entity::insert(row).on_conflict(replace).exec_without_returning(self.db.writer()).await?;
        let channel = Arc::new(channel);
        self.change(|held| drop(held.channels.insert(channel.id.clone(), channel.clone())));
        Ok(channel)
    }

    /// Removes a channel that no subscription uses.
    pub(super) async fn remove_channel(&self, id: &str) -> Result<(), RemoveError> {
        let _turn = self.turn.lock().await;
        if self.held().subscriptions.values().any(|one| one.channel.as_deref() == Some(id)) {
            return Err(RemoveError::Used);
        }
        channel::Entity::delete_by_id(id).exec(self.db.writer()).await?;
        self.change(|held| drop(held.channels.remove(id)));
        Ok(())
    }

    /// Keeps a subscription, in place of the one of its id if there is one. `false` when its channel is not there any more.
    pub(super) async fn put_subscription(&self, subscription: Subscription) -> Result<bool, DbErr> {
        let _turn = self.turn.lock().await;
        if subscription.channel.as_ref().is_some_and(|id| !self.held().channels.contains_key(id)) {
            return Ok(false);
        }
        self.write(subscription).await?;
        Ok(true)
    }

    async fn write(&self, subscription: Subscription) -> Result<(), DbErr> {
        use subscription::Column::{AlertsFrom, ChannelId, Settings, StatesFrom, Stopped};
        let row = subscription::ActiveModel {
            id: Set(subscription.id.clone()),
            owner: Set(subscription.owner.clone()),
            channel_id: Set(subscription.channel.clone()),
            settings: Set(json(&subscription.settings)?),
            stopped: Set(subscription.stopped.clone()),
            alerts_from: Set(subscription.alerts_from),
            states_from: Set(subscription.states_from),
            created_ms: Set(subscription.created_ms),
        };
        let replace = OnConflict::column(subscription::Column::Id)
            .update_columns([ChannelId, Settings, Stopped, AlertsFrom, StatesFrom])
            .to_owned();
        subscription::Entity::insert(row).on_conflict(replace).exec_without_returning(self.db.writer()).await?;
        self.change(|held| drop(held.subscriptions.insert(subscription.id.clone(), Arc::new(subscription))));
        Ok(())
    }

    /// Stops a subscription, and says why.
    pub(super) async fn stop(&self, id: &str, why: &str) -> Result<(), DbErr> {
        let _turn = self.turn.lock().await;
        match self.subscription(id) {
            Some(subscription) if subscription.stopped.is_none() => {
                let stopped = Some(why.to_owned());
                self.write(Subscription { stopped, ..Subscription::clone(&subscription) }).await
            }
            _ => Ok(()),
        }
    }

    /// Removes a subscription, with what it was or is to be sent.
    pub(super) async fn remove_subscription(&self, id: &str) -> Result<(), DbErr> {
        let _turn = self.turn.lock().await;
        let transaction = self.db.begin().await?;
        let messages = Query::select()
            .column(delivery::Column::MessageId)
            .from(delivery::Entity)
            .and_where(delivery::Column::SubscriptionId.eq(id))
            .and_where(delivery::Column::MessageId.is_not_null())
            .to_owned();
        attempt::Entity::delete_many()
            .filter(attempt::Column::MessageId.in_subquery(messages))
            .exec(&transaction)
            .await?;
        delivery::Entity::delete_many().filter(delivery::Column::SubscriptionId.eq(id)).exec(&transaction).await?;
        subscription::Entity::delete_by_id(id).exec(&transaction).await?;
        transaction.commit().await?;
        self.change(|held| drop(held.subscriptions.remove(id)));
        Ok(())
    }
}

pub(super) fn json(value: &impl Serialize) -> Result<String, DbErr> {
    serde_json::to_string(value).map_err(|error| DbErr::Type(error.to_string()))
}

/// What a column of JSON holds. What it says is not told: it may be a secret.
pub(super) fn read_json<T: DeserializeOwned>(text: &str, whose: &str) -> Result<T, DbErr> {
    serde_json::from_str(text).map_err(|_| DbErr::Type(format!("what is kept of {whose} cannot be read")))
}

fn read_channel(row: channel::Model) -> Result<Channel, DbErr> {
    let target: Target = read_json(&row.target, &row.id)?;
    let channel::Model { id, owner, unit, name, created_ms, .. } = row;
    Ok(Channel { id, owner, unit, name, target, created_ms })
}

fn read_subscription(row: subscription::Model) -> Result<Subscription, DbErr> {
    let settings: Settings = read_json(&row.settings, &row.id)?;
    let subscription::Model { id, owner, channel_id, stopped, alerts_from, states_from, created_ms, .. } = row;
    Ok(Subscription { id, owner, channel: channel_id, settings, stopped, alerts_from, states_from, created_ms })
}
