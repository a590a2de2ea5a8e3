//! SUBSCRIBE: rights, then a link to the router (services) or a mailbox (sensors), opened with the first filter.

use super::authorise::Authority;
use super::codec::{Qos, Version};
use super::encode::{self, Outgoing, code};
use super::exchange::{Forwarded, Link, Message};
use super::post::Mailbox;
use super::session::{End, HIGH_WATER, Session};
use super::topic;
use crate::domain::InstrumentId;
use crate::ingest::refusal::Reason;
use rumqttd::protocol::{Filter, RetainForwardRule};
use std::collections::VecDeque;

/// A filter the client subscribed to.
#[derive(Debug)]
struct Subscription {
    /// The number under which the router knows it.
    number: usize,
    filter: String,
    qos: Qos,
    /// The client does not want to hear itself.
    no_local: bool,
    /// The client's own id for it.
    id: Option<usize>,
    /// The place of the last message in the filter's log.
    place: Option<u64>,
}

/// What the client subscribed to, and where messages for it come from.
#[derive(Default)]
pub(super) struct Subscriptions {
    list: Vec<Subscription>,
    last_number: usize,
    link: Option<Link>,
    mailbox: Option<Mailbox>,
    /// States that are still to be sent as retained messages: the subscription's number, and whose.
    retained: VecDeque<(usize, InstrumentId)>,
}

/// A message for the client.
pub(super) enum Delivery {
    Forwarded(Forwarded),
    Command(Message),
}

impl Subscriptions {
    /// The next message; may be abandoned at any point without losing one.
    pub(super) async fn next(&mut self) -> Result<Delivery, End> {
        let Self { link, mailbox, .. } = self;
        tokio::select! {
            forwarded = async { match link { Some(link) => link.next().await, None => std::future::pending().await } } => {
                forwarded.map(Delivery::Forwarded).map_err(|_| End::Unavailable)
            }
            command = async { match mailbox { Some(mailbox) => mailbox.next().await, None => std::future::pending().await } } => {
                command.map(Delivery::Command).ok_or(End::Unavailable)
            }
        }
    }

    pub(super) fn has_retained(&self) -> bool {
        !self.retained.is_empty()
    }
}

impl Drop for Subscriptions {
    fn drop(&mut self) {
        if let Some(link) = &self.link {
            for subscription in &self.list {
                link.forget(&subscription.filter);
            }
        }
    }
}

impl Session {
    pub(super) async fn subscribe(&mut self, pkid: u16, filters: Vec<Filter>, id: Option<usize>) -> Result<(), End> {
        if id == Some(0) {
            return Err(End::breach(code::PROTOCOL_ERROR, "a subscription id of 0"));
        }
        let mut codes = Vec::with_capacity(filters.len());
        for filter in filters {
            codes.push(self.subscribe_one(filter, id).await?);
        }
        encode::filter_ack(&mut self.out, self.version, encode::SUBACK, pkid, &codes);
        Ok(())
    }

    /// The code for the SUBACK.
    async fn subscribe_one(&mut self, filter: Filter, id: Option<usize>) -> Result<u8, End> {
        let refuse = |reason, code, detail: &str| {
            self.gate.refusals.record(&self.client, self.gate.refusal(reason, detail).about(filter.path.as_bytes()));
            Ok(if self.version == Version::V4 { 0x80 } else { code })
        };
        if !topic::is_filter(&filter.path) {
            return refuse(Reason::InvalidFilter, code::FILTER_INVALID, "no valid filter");
        }
        if filter.path.starts_with("$share/") {
            return refuse(
                Reason::FilterNotAllowed,
                code::SHARED_NOT_SUPPORTED,
                "shared subscriptions are not offered",
            );
        }
        if !self.authority.allows_filter(&filter.path) {
            return refuse(Reason::FilterNotAllowed, code::NOT_AUTHORIZED, "none of the client's own topics");
        }
        let known =
            self.subscriptions.as_ref().and_then(|own| own.list.iter().position(|one| one.filter == filter.path));
        let full = self.subscriptions.as_ref().map_or(0, |own| own.list.len()) >= self.gate.config().max_subscriptions;
        if known.is_none() && full {
            return refuse(Reason::TooManyFilters, code::QUOTA_EXCEEDED, "more filters than configured");
        }
        let own = self.subscriptions.get_or_insert_default();
        let at = match known {
            Some(at) => at,
            None => {
                own.last_number += 1;
                let number = own.last_number;
                if let Some(address) = self.authority.command_address(&filter.path) {
                    own.mailbox.get_or_insert_with(|| self.gate.exchange.post.open(self.number)).add(address);
                } else {
                    if own.link.is_none() {
                        own.link = self.gate.exchange.link().await.ok();
                    }
                    let Some(link) = &mut own.link else { return Err(End::Unavailable) };
                    link.subscribe(&filter.path, number).await.map_err(|_| End::Unavailable)?;
                }
                let path = filter.path.clone();
                own.list.push(Subscription {
                    number,
                    filter: path,
                    qos: Qos::AtMostOnce,
                    no_local: false,
                    id: None,
                    place: None,
                });
                own.list.len() - 1
            }
        };
        let one = &mut own.list[at];
        (one.qos, one.no_local, one.id) = (Qos::from(filter.qos), filter.nolocal, id);
        let (number, qos) = (one.number, one.qos);
        let retained = match filter.retain_forward_rule {
            RetainForwardRule::OnEverySubscribe => true,
            RetainForwardRule::OnNewSubscribe => known.is_none(),
            RetainForwardRule::Never => false,
        };
        if retained && matches!(self.authority, Authority::Service { .. }) {
            self.queue_retained(&filter.path, number);
        }
        Ok(qos.bits())
    }

    fn queue_retained(&mut self, filter: &str, number: usize) {
        let selected = |instrument: &InstrumentId| topic::matches(filter, &state_topic(instrument));
        let instruments = match filter.strip_prefix("dayi/v1/").and_then(|rest| rest.strip_suffix("/state")) {
            Some(instrument) if !instrument.contains(['+', '#']) => instrument.parse().into_iter().collect(),
            _ if topic::covers(filter, "dayi/v1/+/state") || filter.contains(['+', '#']) => {
                self.gate.ports.states.instruments()
            }
            _ => Vec::new(),
        };
        if let Some(own) = &mut self.subscriptions {
            own.retained.extend(instruments.into_iter().filter(selected).map(|instrument| (number, instrument)));
        }
    }

    pub(super) async fn unsubscribe(&mut self, pkid: u16, filters: Vec<String>) -> Result<(), End> {
        let mut codes = Vec::with_capacity(filters.len());
        for filter in filters {
            let own = self.subscriptions.as_mut();
            let found = own.and_then(|own| Some((own.list.iter().position(|one| one.filter == filter)?, own)));
            let Some((at, own)) = found else {
                codes.push(code::NO_SUBSCRIPTION_EXISTED);
                continue;
            };
            let one = own.list.remove(at);
            own.retained.retain(|(number, _)| *number != one.number);
            if let Some(link) = &mut own.link {
                link.unsubscribe(&filter).await.map_err(|_| End::Unavailable)?;
            }
            codes.push(code::SUCCESS);
        }
        encode::filter_ack(&mut self.out, self.version, encode::UNSUBACK, pkid, &codes);
        Ok(())
    }

    /// Sends a message to the client, once for each filter that selects it.
    pub(super) fn deliver(&mut self, delivery: Delivery) {
        let Some(own) = &mut self.subscriptions else { return };
        match delivery {
            Delivery::Forwarded(forwarded) => {
                let Some(one) = own.list.iter_mut().find(|one| one.number == forwarded.subscription) else { return };
                let missed = match (one.place, forwarded.place) {
                    (Some(last), Some(place)) => place.saturating_sub(last + 1),
                    _ => 0,
                };
                one.place = forwarded.place.or(one.place);
                let (filter, number) = (one.filter.clone(), one.number);
                self.send(&forwarded.message, number);
                if missed > 0 {
                    self.lagged(&filter, number, missed);
                }
            }
            Delivery::Command(message) => {
                let Ok(topic) = str::from_utf8(&message.topic) else { return };
                let best = own.list.iter().filter(|one| topic::matches(&one.filter, topic)).max_by_key(|one| one.qos);
                if let Some(number) = best.map(|one| one.number) {
                    self.send(&message, number);
                }
            }
        }
    }

    /// The router drops what a slow subscriber has not read. It is counted, and states are sent again as they are now.
    fn lagged(&mut self, filter: &str, number: usize, missed: u64) {
        metrics::counter!("dayi_mqtt_dropped_total", "why" => "slow-subscriber").increment(missed);
        let refusal = self.gate.refusal(Reason::SlowSubscriber, format!("{missed} messages were dropped"));
        self.gate.refusals.record(&self.client, refusal.about(filter.as_bytes()));
        self.queue_retained(filter, number);
    }

    fn send(&mut self, message: &Message, number: usize) {
        let Some(own) = &self.subscriptions else { return };
        let Some(one) = own.list.iter().find(|one| one.number == number) else { return };
        let hidden = message.topic.first() == Some(&b'$') && one.filter.starts_with(['+', '#']);
        if hidden || one.no_local && message.publisher == self.number {
            return;
        }
        let outgoing = Outgoing {
            topic: &message.topic,
            payload: &message.payload,
            qos: message.qos.min(one.qos),
            retain: false,
            pkid: 0,
            properties: message.properties.as_deref(),
            subscription: one.id,
        };
        self.outbox.write(&mut self.out, outgoing);
    }

    /// Sends states that a new subscription is owed, as far as the client keeps up.
    pub(super) fn send_retained(&mut self) {
        while self.out.len() < HIGH_WATER && self.outbox.has_room() {
            let Some(own) = &mut self.subscriptions else { return };
            let Some((number, instrument)) = own.retained.pop_front() else { return };
            let Some(one) = own.list.iter().find(|one| one.number == number) else { continue };
            let Some(payload) = self.gate.ports.states.state(&instrument) else { continue };
            let topic = state_topic(&instrument);
            let outgoing = Outgoing {
                topic: topic.as_bytes(),
                payload: &payload,
                qos: one.qos.min(Qos::AtLeastOnce),
                retain: true,
                pkid: 0,
                properties: None,
                subscription: one.id,
            };
            self.outbox.write(&mut self.out, outgoing);
        }
    }
}

fn state_topic(instrument: &InstrumentId) -> String {
    format!("dayi/v1/{instrument}/state")
}
