//! PUBLISH: check, read, hand over, and acknowledge only then, in the order of arrival.

use super::authorise::Verdict;
use super::codec::{Published, Qos, Version};
use super::encode::{self, code};
use super::exchange::Message;
use super::session::{End, Session};
use super::topic;
use crate::domain::{InstrumentId, Reading};
use crate::ingest::dialect::{Ask, Heard, Moment, Target, Unreadable};
use crate::ingest::port::DeliverError;
use crate::ingest::refusal::Reason;
use futures::StreamExt;
use futures::future::BoxFuture;
use futures::stream::FuturesOrdered;
use std::collections::HashSet;
use std::sync::Arc;

/// QoS 2 publishes of one v3.1.1 client that may wait for their release; a v5 client is told its receive maximum.
const MAX_UNRELEASED: usize = 1024;
/// Readings handed over at a time.
const MAX_BATCH: usize = 1024;

/// How one publish is answered.
#[derive(Debug)]
pub(super) struct Receipt {
    qos: Qos,
    pkid: u16,
    code: u8,
    /// Whether it brought readings, so that it fails when their hand-over does.
    delivers: bool,
}

/// Publishes that are handed over together: neighbours about the same instrument.
#[derive(Default)]
struct Batch {
    instrument: Option<InstrumentId>,
    readings: Vec<Reading>,
    last_will: Option<InstrumentId>,
    receipts: Vec<Receipt>,
    messages: Vec<Message>,
}

impl Batch {
    fn is_empty(&self) -> bool {
        self.receipts.is_empty() && self.readings.is_empty() && self.last_will.is_none() && self.messages.is_empty()
    }
}

/// A batch that was handed over.
pub(super) struct Done {
    receipts: Vec<Receipt>,
    result: Result<(), DeliverError>,
}

/// The publishes of one client that are under way.
#[derive(Default)]
pub(super) struct Inbox {
    batch: Batch,
    handing_over: FuturesOrdered<BoxFuture<'static, Done>>,
    under_way: usize,
    heard: Heard,
    unreleased: HashSet<u16>,
}

impl Inbox {
    pub(super) fn has_room(&self, window: usize) -> bool {
        self.under_way < window.max(1)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.handing_over.is_empty()
    }

    /// The next batch that was handed over, in order.
    pub(super) async fn next(&mut self) -> Option<Done> {
        self.handing_over.next().await
    }

    /// Goes on with the QoS 2 publishes an earlier connection did not release.
    pub(super) fn resume(&mut self, unreleased: HashSet<u16>) {
        self.unreleased = unreleased;
    }

    /// The QoS 2 publishes the client has not released.
    pub(super) fn into_unreleased(self) -> HashSet<u16> {
        self.unreleased
    }

    /// Takes the PUBREL of a QoS 2 publish; whether it was waited for.
    pub(super) fn release(&mut self, pkid: u16) -> bool {
        self.unreleased.remove(&pkid)
    }
}

impl Session {
    /// Takes a message the client published.
    pub(super) fn publish(&mut self, mut published: Published, received_ms: i64) -> Result<(), End> {
        self.name_topic(&mut published)?;
        let topic = match str::from_utf8(&published.topic) {
            Ok(topic) if topic::is_topic(topic) && topic.len() == published.topic.len() => topic,
            _ => return Err(self.invalid_topic(&published)),
        };
        if published.qos == Qos::ExactlyOnce {
            if !self.inbox.unreleased.insert(published.pkid) {
                self.enqueue(&published, code::SUCCESS, false);
                return Ok(());
            }
            if self.inbox.unreleased.len() > self.most_unreleased() {
                return Err(End::breach(code::RECEIVE_MAXIMUM_EXCEEDED, "too many QoS 2 publishes without a PUBREL"));
            }
        }
        let verdict = self.authority.of_topic(topic);
        match verdict {
            Verdict::Denied => return self.denied(&published),
            Verdict::Ignored => self.enqueue(&published, code::SUCCESS, false),
            Verdict::Unbound => {
                self.unreadable(&published, Unreadable::unbound());
                self.enqueue(&published, code::SUCCESS, false);
            }
            Verdict::Sensor(target) => {
                self.sensor(&published, &target, received_ms);
                if self.gate.exchange.wants(topic) {
                    self.forward(published, false);
                }
            }
            Verdict::Message => {
                self.enqueue(&published, code::SUCCESS, false);
                if published.retain || self.gate.exchange.wants(topic) {
                    self.forward(published, true);
                }
            }
        }
        Ok(())
    }

    fn most_unreleased(&self) -> usize {
        if self.version == Version::V5 { self.gate.config().in_flight.max(1) } else { MAX_UNRELEASED }
    }

    fn sensor(&mut self, published: &Published, target: &Target<'_>, received_ms: i64) {
        let mut heard = std::mem::take(&mut self.inbox.heard);
        let moment = Moment { received_ms, zone: self.gate.zone };
        self.authority.hear(target, &published.payload, moment, &mut heard);
        if let Some(bad) = heard.bad.take() {
            self.unreadable(published, bad);
        }
        self.gate.received.increment(heard.readings.len() as u64);
        for of_one in heard.readings.chunk_by(|(a, _), (b, _)| a == b) {
            let Some(binding) = of_one.first().and_then(|(at, _)| self.authority.binding(*at)) else { continue };
            let instrument = binding.instrument.clone();
            let full = self.inbox.batch.readings.len() + of_one.len() > MAX_BATCH;
            let other = self.inbox.batch.instrument.as_ref().is_some_and(|present| *present != instrument);
            if other || full {
                self.seal();
            }
            let batch = &mut self.inbox.batch;
            batch.instrument = Some(instrument);
            batch.readings.extend(of_one.iter().map(|(_, reading)| *reading));
        }
        for at in &heard.gone {
            self.seal();
            self.inbox.batch.last_will = self.authority.binding(*at).map(|binding| binding.instrument.clone());
        }
        if let Some(ask) = heard.ask.take() {
            self.ask(ask);
        }
        self.enqueue(published, code::SUCCESS, !heard.readings.is_empty());
        if !heard.gone.is_empty() {
            self.seal();
        }
        // One long payload does not cost its memory for as long as the session lives.
        if heard.readings.capacity() <= MAX_BATCH {
            self.inbox.heard = heard;
        }
    }

    /// Sends a question to the sensor itself, if it listens.
    fn ask(&mut self, ask: Ask) {
        let Ask { topic, payload } = ask;
        if self.gate.exchange.wants(&topic) {
            let (qos, topic) = (Qos::AtMostOnce, topic.into());
            let message = Message { topic, payload, qos, retain: false, publisher: 0, expires: None, properties: None };
            self.inbox.batch.messages.push(message);
        }
    }

    /// Counted and kept, but acknowledged: a sensor that got no PUBACK would send the same for ever.
    fn unreadable(&self, published: &Published, bad: Unreadable) {
        let refusal = self.gate.refusal(bad.reason, bad.detail.into_owned());
        self.gate.refusals.record(&self.client, refusal.about(&published.topic).with_payload(&published.payload));
    }

    fn denied(&mut self, published: &Published) -> Result<(), End> {
        let detail = format!("none of the client's own topics: {}", self.authority.describe());
        let refusal = self.gate.refusal(Reason::TopicNotAllowed, detail).about(&published.topic);
        self.gate.refusals.record(&self.client, refusal.with_payload(&published.payload));
        if self.version == Version::V4 {
            // 3.1.1 has no way to refuse one message.
            return Err(End::Refused(code::NOT_AUTHORIZED));
        }
        self.inbox.unreleased.remove(&published.pkid);
        self.enqueue(published, code::NOT_AUTHORIZED, false);
        Ok(())
    }

    fn invalid_topic(&self, published: &Published) -> End {
        let refusal = self.gate.refusal(Reason::InvalidTopic, "no valid topic");
        self.gate.refusals.record(&self.client, refusal.about(&published.topic));
        End::Refused(code::TOPIC_INVALID)
    }

    fn enqueue(&mut self, published: &Published, code: u8, delivers: bool) {
        self.inbox.under_way += 1;
        self.inbox.batch.receipts.push(Receipt { qos: published.qos, pkid: published.pkid, code, delivers });
    }

    /// On to subscribers once the batch was handed over; of sensors nothing is kept as retained, their states are.
    fn forward(&mut self, published: Published, keeps: bool) {
        let Published { topic, payload, qos, retain, properties, .. } = published;
        let (properties, publisher) = (properties.map(Box::new), self.number);
        let expires = Message::expiry(properties.as_deref());
        let message = Message { topic, payload, qos, retain, publisher, expires, properties };
        if keeps && retain {
            self.gate.exchange.retain(&message);
        }
        self.inbox.batch.messages.push(message);
    }

    /// Hands over what has been collected.
    pub(super) fn seal(&mut self) {
        let batch = std::mem::take(&mut self.inbox.batch);
        if batch.is_empty() {
            return;
        }
        let waits_for_nothing = batch.readings.is_empty() && batch.last_will.is_none();
        if waits_for_nothing && self.inbox.handing_over.is_empty() {
            for message in batch.messages {
                self.gate.exchange.publish(message);
            }
            // Cannot fail: it delivers nothing.
            let _ = self.acknowledge(Done { receipts: batch.receipts, result: Ok(()) });
            return;
        }
        let gate = Arc::clone(&self.gate);
        let Batch { instrument, readings, last_will, receipts, messages } = batch;
        self.inbox.handing_over.push_back(Box::pin(async move {
            let result = match instrument {
                Some(instrument) if !readings.is_empty() => gate.ports.handover.deliver(instrument, readings).await,
                _ => Ok(()),
            };
            if let Some(instrument) = last_will {
                gate.ports.handover.last_will(&instrument);
            }
            for message in messages {
                gate.exchange.publish(message);
            }
            Done { receipts, result }
        }));
    }

    /// Answers the publishes of a batch. When their readings could not be taken for now they are not answered, and the
    /// session ends, so that the client sends them again.
    pub(super) fn acknowledge(&mut self, done: Done) -> Result<(), End> {
        self.inbox.under_way = self.inbox.under_way.saturating_sub(done.receipts.len());
        let mut unknown = false;
        match done.result {
            Ok(()) => {}
            Err(DeliverError::Stopped) => return Err(End::Unavailable),
            Err(error @ DeliverError::NoRoom(_)) => {
                let refusal = self.gate.refusal(Reason::NoRoom, error.to_string());
                self.gate.refusals.record(&self.client, refusal);
                return Err(End::Refused(code::QUOTA_EXCEEDED));
            }
            Err(error @ DeliverError::Unknown(_)) => {
                unknown = true;
                let refusal = self.gate.refusal(Reason::UnknownInstrument, error.to_string());
                self.gate.refusals.record(&self.client, refusal);
            }
        }
        for receipt in done.receipts {
            let code = if unknown && receipt.delivers { code::IMPLEMENTATION_SPECIFIC } else { receipt.code };
            let kind = match receipt.qos {
                Qos::AtMostOnce => continue,
                Qos::AtLeastOnce => encode::PUBACK,
                Qos::ExactlyOnce => encode::PUBREC,
            };
            if receipt.qos == Qos::ExactlyOnce && code >= 0x80 && self.version == Version::V5 {
                self.inbox.unreleased.remove(&receipt.pkid);
            }
            encode::ack(&mut self.out, self.version, kind, receipt.pkid, code);
        }
        Ok(())
    }
}
