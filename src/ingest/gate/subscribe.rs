//! SUBSCRIBE and UNSUBSCRIBE: rights first, then the exchange; and what comes of it for the client.

use super::authorise::{Authority, Filtering};
use super::codec::{Qos, Version};
use super::encode::{self, code};
use super::exchange::{Delivery, Exchange, Limit, Mailbox, Message, Options, Target};
use super::session::{End, HIGH_WATER, Session};
use super::topic;
use crate::domain::InstrumentId;
use crate::ingest::refusal::Reason;
use bytes::Bytes;
use rumqttd::protocol::{Filter, RetainForwardRule};
use std::collections::VecDeque;
use std::sync::Arc;

/// Commands that wait for a sensor.
const SENSOR_QUEUE: usize = 16;
/// Messages given to a client between two looks at its socket.
const AT_A_TIME: usize = 4096;

/// A filter the client subscribed to.
struct Subscription {
    target: Target,
    options: Options,
}

/// A retained message that is still to be sent.
enum Owed {
    /// The state of this instrument as it is when it is sent.
    State(InstrumentId),
    /// A message that was kept.
    Kept(Arc<Message>),
}

/// What the client subscribed to, and where messages for it wait. Outlives the connection when the session does.
pub(super) struct Subscriptions {
    exchange: Arc<Exchange>,
    mailbox: Arc<Mailbox>,
    list: Vec<Subscription>,
    /// Retained messages a subscription owes, by its filter's options.
    owed: VecDeque<(Options, Owed)>,
    /// Messages were dropped: the states are owed again once the rest was sent.
    lagged: bool,
}

impl Subscriptions {
    fn new(exchange: Arc<Exchange>, mailbox: Arc<Mailbox>) -> Self {
        Self { exchange, mailbox, list: Vec::new(), owed: VecDeque::new(), lagged: false }
    }

    /// Returns when a message may be there.
    pub(super) async fn arrived(&self) {
        self.mailbox.arrived().await;
    }

    /// Whether something could be sent now.
    pub(super) fn has_some(&self) -> bool {
        !self.owed.is_empty() || !self.mailbox.is_empty()
    }

    /// The client is back: it keeps the subscriptions it may still have.
    pub(super) fn resume(&mut self, authority: &Authority) {
        let Self { exchange, mailbox, list, .. } = self;
        list.retain(|one| {
            let keeps = authority.of_filter(&one.target.filter) == Filtering::Allowed;
            if !keeps {
                exchange.unsubscribe(&one.target, mailbox);
            }
            keeps
        });
        mailbox.set_audience(authority.audience());
        mailbox.connected();
    }

    /// The client is gone, the session is not.
    pub(super) fn suspend(&mut self) {
        self.owed = VecDeque::new();
        self.mailbox.disconnected();
    }
}

impl Drop for Subscriptions {
    fn drop(&mut self) {
        for one in &self.list {
            self.exchange.unsubscribe(&one.target, &self.mailbox);
        }
    }
}

impl Session {
    pub(super) fn subscribe(&mut self, pkid: u16, filters: Vec<Filter>, id: Option<usize>) -> Result<(), End> {
        if id == Some(0) {
            return Err(End::breach(code::PROTOCOL_ERROR, "a subscription id of 0"));
        }
        let mut codes = Vec::with_capacity(filters.len());
        for filter in filters {
            codes.push(self.subscribe_one(&filter, id)?);
        }
        encode::filter_ack(&mut self.out, self.version, encode::SUBACK, pkid, &codes);
        Ok(())
    }

    /// The code for the SUBACK.
    fn subscribe_one(&mut self, filter: &Filter, id: Option<usize>) -> Result<u8, End> {
        let refuse = |reason, code, detail: &str| {
            self.gate.refusals.record(&self.client, self.gate.refusal(reason, detail).about(filter.path.as_bytes()));
            Ok(if self.version == Version::V4 { 0x80 } else { code })
        };
        let Some((group, path)) = topic::parse_filter(&filter.path) else {
            return refuse(Reason::InvalidFilter, code::FILTER_INVALID, "no valid filter");
        };
        if group.is_some() && filter.nolocal {
            return Err(End::breach(code::PROTOCOL_ERROR, "a shared subscription without the client's own messages"));
        }
        match self.authority.of_filter(path) {
            Filtering::Allowed => {}
            Filtering::Denied => {
                return refuse(Reason::FilterNotAllowed, code::NOT_AUTHORIZED, "none of the client's own topics");
            }
            Filtering::Closed => {
                return refuse(Reason::FilterNotAllowed, code::UNSPECIFIED_ERROR, "a filter closed to guests");
            }
        }
        let target = self.target(group, path);
        let known = self.subscriptions.as_ref().is_some_and(|own| own.list.iter().any(|one| one.target == target));
        let count = self.subscriptions.as_ref().map_or(0, |own| own.list.len());
        if !known && count >= self.gate.config().max_subscriptions {
            return refuse(Reason::TooManyFilters, code::QUOTA_EXCEEDED, "more filters than configured");
        }
        let options = Options {
            qos: Qos::from(filter.qos),
            no_local: filter.nolocal,
            retain_as_published: filter.preserve_retain,
            id,
        };
        let mailbox = self.mailbox();
        self.gate.exchange.subscribe(&target, &mailbox, options);
        if let Some(own) = &mut self.subscriptions {
            match own.list.iter_mut().find(|one| one.target == target) {
                Some(one) => one.options = options,
                None => own.list.push(Subscription { target, options }),
            }
        }
        let retained = match filter.retain_forward_rule {
            RetainForwardRule::OnEverySubscribe => true,
            RetainForwardRule::OnNewSubscribe => !known,
            RetainForwardRule::Never => false,
        };
        // A shared subscription is owed none (MQTT 5, 3.3.1.3).
        if retained && group.is_none() {
            self.owe(path, options);
        }
        Ok(options.qos.bits())
    }

    fn target(&self, group: Option<&str>, filter: &str) -> Target {
        let audience = self.authority.audience();
        Target { group: group.map(|group| audience.group(group)), filter: filter.into() }
    }

    fn mailbox(&mut self) -> Arc<Mailbox> {
        let Self { gate, number, authority, subscriptions, .. } = self;
        let own = subscriptions.get_or_insert_with(|| {
            let config = gate.config();
            let messages = if authority.is_sensor() { SENSOR_QUEUE } else { config.queue_messages };
            let limit = Limit { messages, bytes: config.queue_bytes };
            let mailbox = gate.exchange.mailbox(*number, authority.audience(), limit);
            Box::new(Subscriptions::new(gate.exchange.clone(), mailbox))
        });
        own.mailbox.clone()
    }

    /// Notes the retained messages and states a filter selects.
    fn owe(&mut self, filter: &str, options: Options) {
        if self.authority.is_sensor() {
            return;
        }
        self.owe_states(filter, options);
        let mut kept = self.gate.exchange.retained(filter);
        let audience = self.authority.audience();
        kept.retain(|message| str::from_utf8(&message.topic).is_ok_and(|topic| audience.hears(topic)));
        if let Some(own) = &mut self.subscriptions {
            own.owed.extend(kept.into_iter().map(|message| (options, Owed::Kept(message))));
        }
    }

    fn owe_states(&mut self, filter: &str, options: Options) {
        if self.authority.is_guest() {
            return;
        }
        let audience = self.authority.audience();
        let selected =
            |instrument: &InstrumentId| audience.sees(instrument) && topic::matches(filter, &state_topic(instrument));
        let instruments = match filter.strip_prefix("dayi/v1/").and_then(|rest| rest.strip_suffix("/state")) {
            Some(instrument) if !instrument.contains(['+', '#']) => instrument.parse().into_iter().collect(),
            _ if filter.contains(['+', '#']) => self.gate.ports.states.instruments(),
            _ => Vec::new(),
        };
        if let Some(own) = &mut self.subscriptions {
            let states = instruments.into_iter().filter(selected).map(|instrument| (options, Owed::State(instrument)));
            own.owed.extend(states);
        }
    }

    pub(super) fn unsubscribe(&mut self, pkid: u16, filters: &[String]) {
        let mut codes = Vec::with_capacity(filters.len());
        for filter in filters {
            let parsed = topic::parse_filter(filter);
            let target = parsed.map(|(group, path)| self.target(group, path));
            let own = self.subscriptions.as_mut();
            let found = own.and_then(|own| {
                let at = own.list.iter().position(|one| Some(&one.target) == target.as_ref())?;
                Some((own.list.remove(at), own))
            });
            let Some((one, own)) = found else {
                codes.push(code::NO_SUBSCRIPTION_EXISTED);
                continue;
            };
            own.exchange.unsubscribe(&one.target, &own.mailbox);
            own.owed.retain(|(_, owed)| !topic::matches(&one.target.filter, &owed.topic()));
            codes.push(code::SUCCESS);
        }
        encode::filter_ack(&mut self.out, self.version, encode::UNSUBACK, pkid, &codes);
    }

    /// Gives the client what waits for it, as far as it keeps up: what an earlier connection left, what new
    /// subscriptions are owed, and then what has arrived.
    pub(super) fn deliver(&mut self) {
        self.outbox.write_again(&mut self.out);
        for _ in 0..AT_A_TIME {
            if self.out.len() >= HIGH_WATER || !self.outbox.has_room() {
                return;
            }
            let Some(own) = &mut self.subscriptions else { return };
            let owed = own.owed.pop_front();
            let delivery = match owed {
                Some((options, owed)) => match owed.delivery(options, &*self.gate.ports.states) {
                    Some(delivery) => delivery,
                    None => continue,
                },
                None => match own.mailbox.pop() {
                    Some(delivery) => delivery,
                    None if own.lagged => {
                        own.lagged = false;
                        self.owe_states_again();
                        continue;
                    }
                    None => return,
                },
            };
            self.outbox.write(&mut self.out, delivery);
            self.count_missed();
        }
    }

    /// What a slow client misses is counted, and states are owed again as they will be then.
    fn count_missed(&mut self) {
        let Some(own) = &mut self.subscriptions else { return };
        let missed = own.mailbox.take_missed();
        if missed > 0 {
            own.lagged = true;
            let refusal = self.gate.refusal(Reason::SlowSubscriber, format!("{missed} messages were dropped"));
            self.gate.refusals.record(&self.client, refusal);
        }
    }

    fn owe_states_again(&mut self) {
        let Some(own) = &self.subscriptions else { return };
        let alone = own.list.iter().filter(|one| one.target.group.is_none());
        let filters: Vec<_> = alone.map(|one| (one.target.filter.clone(), one.options)).collect();
        for (filter, options) in filters {
            self.owe_states(&filter, options);
        }
    }
}

impl Owed {
    fn topic(&self) -> String {
        match self {
            Self::State(instrument) => state_topic(instrument),
            Self::Kept(message) => String::from_utf8_lossy(&message.topic).into_owned(),
        }
    }

    fn delivery(self, options: Options, states: &dyn crate::ingest::port::States) -> Option<Delivery> {
        let message = match self {
            Self::Kept(message) => message,
            Self::State(instrument) => {
                let payload = states.state(&instrument)?;
                let (topic, qos) = (Bytes::from(state_topic(&instrument)), Qos::AtLeastOnce);
                let (retain, publisher, expires, properties) = (true, 0, None, None);
                Arc::new(Message { topic, payload, qos, retain, publisher, expires, properties })
            }
        };
        let (qos, ids) = (message.qos.min(options.qos), options.id.into_iter().collect());
        Some(Delivery { message, qos, retain: true, ids })
    }
}

fn state_topic(instrument: &InstrumentId) -> String {
    format!("dayi/v1/{instrument}/state")
}
