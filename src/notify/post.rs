use super::access::may_use;
use super::book::Book;
use super::inbox::Inbox;
use super::model::{Channel, Language, Subscription, Target, WEBSOCKET};
use super::notice::Notice;
use super::outbox::{Batch, Outbox, State};
use super::policy::{Fate, Patience, Verdict, may_know};
use super::port::Owners;
use super::reader::{NO_OWNER, owner_of};
use super::send::{Outcome, Parcel, Sender};
use super::text::{Writer, event};
use super::times::rfc3339;
use crate::domain::{Caller, Clock, Places};
use sea_orm::DbErr;
use serde_json::{Value, json};
use std::sync::Arc;

/// Sends one message of one subscription at a time.
pub(super) struct Post {
    pub(super) book: Book,
    pub(super) outbox: Outbox,
    pub(super) inbox: Inbox,
    pub(super) sender: Sender,
    pub(super) owners: Arc<dyn Owners>,
    pub(super) places: Arc<dyn Places>,
    pub(super) writer: Writer,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) patience: Patience,
}

impl Post {
    /// Sends what is due next for a subscription, and keeps what came of it. With `crowded`, all that waits is one message.
    pub(super) async fn deliver(&self, id: &str, crowded: bool) -> Result<(), DbErr> {
        let now_ms = self.clock.now_ms();
        let Some(subscription) = self.book.subscription(id) else { return self.outbox.forget(id).await };
        if let Some(why) = &subscription.stopped {
            return self.outbox.end_all(id, State::Dead, why, now_ms).await;
        }
        if !subscription.settings.enabled {
            return self.outbox.end_all(id, State::Dropped, "the subscription is switched off", now_ms).await;
        }
        let channel = subscription.channel.as_ref().map(|id| self.book.channel(id));
        let (owner, channel) = match (owner_of(&*self.owners, &subscription), channel) {
            (Some(owner), None) => (owner, None),
            (Some(owner), Some(Some(channel))) if may_use(&owner, &channel, &*self.places) => (owner, Some(channel)),
            (Some(_), Some(_)) => {
                return self.stop(id, "the owner may not use the channel any more", State::Dropped).await;
            }
            (None, _) => return self.stop(id, NO_OWNER, State::Dropped).await,
        };
        let merged = crowded || channel.as_ref().is_none_or(|channel| channel.target.is_read_by_people());
        let Some(mut batch) = self.outbox.take(id, now_ms, merged).await? else { return Ok(()) };
        self.leave_out(&owner, &mut batch).await?;
        if batch.items.is_empty() {
            return Ok(());
        }
        self.send(&subscription, channel.as_deref(), &batch).await
    }

    async fn stop(&self, id: &str, why: &str, rest: State) -> Result<(), DbErr> {
        tracing::info!(subscription = id, why, "a subscription is stopped");
        self.book.stop(id, why).await?;
        self.outbox.end_all(id, rest, why, self.clock.now_ms()).await
    }

    /// Leaves out what the owner may not see at this moment.
    async fn leave_out(&self, owner: &Caller, batch: &mut Batch) -> Result<(), DbErr> {
        let may = |notice: &Notice| {
            self.places.place(notice.instrument()).is_some_and(|place| may_know(owner, notice, &place))
        };
        let (seen, unseen) =
            std::mem::take(&mut batch.items).into_iter().partition::<Vec<_>, _>(|one| may(&one.notice));
        batch.items = seen;
        if unseen.is_empty() {
            return Ok(());
        }
        let ids: Vec<i64> = unseen.iter().map(|one| one.id).collect();
        self.outbox.drop_these(&ids, "the owner may not see it", self.clock.now_ms()).await
    }

    async fn send(&self, subscription: &Subscription, channel: Option<&Channel>, batch: &Batch) -> Result<(), DbErr> {
        let began_ms = self.clock.now_ms();
        let outcome = match channel {
            Some(channel) => self.by_channel(&channel.target, subscription, batch, began_ms).await,
            None => {
                let items = batch.items.iter().map(|item| (item.id, event(&self.writer, &item.notice).to_string()));
                self.inbox.put(&subscription.owner, &items.collect::<Vec<_>>(), began_ms).await?;
                Outcome::new(Verdict::Delivered, None, "")
            }
        };
        let kind = channel.map_or(WEBSOCKET, |channel| channel.target.kind());
        metrics::counter!("dayi_notify_attempts_total", "channel" => kind, "outcome" => outcome.verdict.name())
            .increment(1);
        let now_ms = self.clock.now_ms();
        let fate = self.patience.fate(outcome.verdict, batch.attempts + 1, batch.first_ms, now_ms, rand::random());
        self.outbox.mark(batch, &outcome, fate, began_ms, now_ms).await?;
        if fate == Fate::Dead {
            tracing::warn!(subscription = %subscription.id, channel = kind, answer = outcome.answer, "a message is given up");
        }
        if outcome.verdict == Verdict::Gone {
            let status = outcome.status.unwrap_or(0);
            let why = format!("the receiver says that it is gone ({status}): {}", outcome.answer);
            self.stop(&subscription.id, &why, State::Dead).await?;
        }
        Ok(())
    }

    async fn by_channel(&self, target: &Target, subscription: &Subscription, batch: &Batch, now_ms: i64) -> Outcome {
        let notices: Vec<Notice> = batch.items.iter().map(|item| item.notice.clone()).collect();
        let message = self.writer.message(&notices, subscription.settings.language);
        let body = self.body(&notices, batch.first_ms);
        self.sender.send(target, &Parcel { id: &batch.message, message: &message, body: &body, now_ms }).await
    }

    /// What programs get: the notice, or several together.
    fn body(&self, notices: &[Notice], at_ms: i64) -> Value {
        match notices {
            [notice] => event(&self.writer, notice),
            notices => {
                let events: Vec<Value> = notices.iter().map(|notice| event(&self.writer, notice)).collect();
                json!({"type": "digest", "timestamp": rfc3339(at_ms), "data": {"events": events}})
            }
        }
    }

    /// Sends a test by a channel, at once.
    pub(super) async fn test(&self, target: &Target, language: Language) -> Outcome {
        let now_ms = self.clock.now_ms();
        let message = self.writer.test(now_ms, language);
        let body = json!({"type": "test", "timestamp": rfc3339(now_ms), "data": {"text": message.title}});
        let id = ulid::Ulid::new().to_string();
        self.sender.send(target, &Parcel { id: &id, message: &message, body: &body, now_ms }).await
    }
}
