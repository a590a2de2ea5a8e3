//! Messages to the client: how many may be unacknowledged, and which step each is at.

use super::codec::{Qos, Step, Version};
use super::encode::{self, Outgoing, code};
use super::exchange::Delivery;
use bytes::{Bytes, BytesMut};
use std::collections::{HashMap, VecDeque};
use tokio::time::Instant;

/// Unacknowledged messages when the client sets no limit of its own.
const WINDOW: u16 = 64;

/// A message that was sent and not acknowledged to the end.
struct Sent {
    order: u64,
    step: Step,
    /// The message, while it may have to be sent again.
    delivery: Option<Delivery>,
}

/// What was sent and not acknowledged, by packet id. It outlives the connection when the session does.
#[derive(Default)]
pub(super) struct Pending {
    last_pkid: u16,
    last_order: u64,
    sent: HashMap<u16, Sent>,
}

/// The window towards one client.
pub(super) struct Outbox {
    version: Version,
    /// What the client takes, in bytes.
    max_packet: usize,
    window: usize,
    /// Whether messages may have to be sent again after this connection.
    keeps: bool,
    pending: Pending,
    /// What an earlier connection left unacknowledged, in its order (MQTT 5, 4.4).
    resend: VecDeque<u16>,
    aliases: HashMap<Bytes, u16>,
    max_aliases: u16,
}

/// What a client takes, by its CONNECT.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Limits {
    pub(super) receive_maximum: Option<u16>,
    pub(super) max_packet: Option<u32>,
    pub(super) topic_aliases: u16,
}

impl Outbox {
    pub(super) fn new(version: Version, limits: Limits, keeps: bool, pending: Pending) -> Self {
        let mut resend: Vec<u16> = pending.sent.keys().copied().collect();
        resend.sort_by_key(|pkid| pending.sent.get(pkid).map(|sent| sent.order));
        Self {
            version,
            max_packet: limits.max_packet.map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(usize::MAX)),
            window: usize::from(limits.receive_maximum.unwrap_or(WINDOW).clamp(1, WINDOW)),
            keeps,
            pending,
            resend: resend.into(),
            aliases: HashMap::new(),
            max_aliases: limits.topic_aliases,
        }
    }

    /// What the session has to keep.
    pub(super) fn into_pending(self) -> Pending {
        self.pending
    }

    /// Whether one more message may be on its way.
    pub(super) fn has_room(&self) -> bool {
        self.resend.is_empty() && self.pending.sent.len() < self.window
    }

    /// Sends again what an earlier connection left unacknowledged, as far as the window goes.
    pub(super) fn write_again(&mut self, out: &mut BytesMut) {
        while !self.resend.is_empty() && self.pending.sent.len() - self.resend.len() < self.window {
            let Some(pkid) = self.resend.pop_front() else { return };
            match self.pending.sent.get(&pkid) {
                Some(Sent { step: Step::PubComp, .. }) => {
                    encode::ack(out, self.version, encode::PUBREL, pkid, code::SUCCESS);
                }
                Some(Sent { delivery: Some(delivery), .. }) => {
                    let delivery = delivery.clone();
                    if !self.encode(out, &delivery, pkid, true) {
                        self.pending.sent.remove(&pkid);
                    }
                }
                _ => {}
            }
        }
    }

    /// Writes a message. One that has expired or is larger than the client takes is dropped and counted.
    pub(super) fn write(&mut self, out: &mut BytesMut, delivery: Delivery) {
        let pkid = if delivery.qos == Qos::AtMostOnce { 0 } else { self.free_pkid() };
        if !self.encode(out, &delivery, pkid, false) {
            return;
        }
        let step = match delivery.qos {
            Qos::AtMostOnce => return,
            Qos::AtLeastOnce => Step::PubAck,
            Qos::ExactlyOnce => Step::PubRec,
        };
        self.pending.last_order += 1;
        let (order, delivery) = (self.pending.last_order, self.keeps.then_some(delivery));
        self.pending.sent.insert(pkid, Sent { order, step, delivery });
    }

    fn encode(&mut self, out: &mut BytesMut, delivery: &Delivery, pkid: u16, dup: bool) -> bool {
        let (message, now) = (&*delivery.message, Instant::now());
        if message.has_expired(now) {
            metrics::counter!("dayi_mqtt_dropped_total", "why" => "expired").increment(1);
            return false;
        }
        // What is left of the interval when it is sent (MQTT 5, 3.3.2.3.3), begun seconds counted whole.
        let left = message.expires.map(|expires| expires.duration_since(now).as_secs_f64().ceil());
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "a number of 32 bits made it")]
        let expiry = left.map(|seconds| seconds as u32);
        let (alias, is_new) = self.alias(&message.topic);
        let written = encode::publish(
            out,
            self.version,
            &Outgoing {
                topic: if alias.is_some() && !is_new { b"" } else { &message.topic },
                payload: &message.payload,
                qos: delivery.qos,
                dup,
                retain: delivery.retain,
                pkid,
                properties: message.properties.as_deref(),
                expiry,
                alias,
                ids: &delivery.ids,
            },
            self.max_packet,
        );
        if !written {
            metrics::counter!("dayi_mqtt_dropped_total", "why" => "too-large").increment(1);
        } else if let Some(alias) = alias
            && is_new
        {
            self.aliases.insert(message.topic.clone(), alias);
        }
        written
    }

    /// The alias of a topic, and whether the client has yet to be told (MQTT 5, 3.3.2.3.4).
    fn alias(&self, topic: &Bytes) -> (Option<u16>, bool) {
        if let Some(alias) = self.aliases.get(topic) {
            return (Some(*alias), false);
        }
        let next = u16::try_from(self.aliases.len() + 1).ok();
        (next.filter(|next| *next <= self.max_aliases && self.version == Version::V5), true)
    }

    /// Takes an acknowledgement. One for a message that waits for another, or for none, changes nothing.
    pub(super) fn acknowledged(&mut self, out: &mut BytesMut, step: Step, pkid: u16, failed: bool) {
        let sent = &mut self.pending.sent;
        match (step, sent.get_mut(&pkid)) {
            (Step::PubRec, Some(Sent { step: Step::PubRec, .. })) if failed => drop(sent.remove(&pkid)),
            (Step::PubRec, Some(Sent { step: waits @ (Step::PubRec | Step::PubComp), delivery, .. })) => {
                (*waits, *delivery) = (Step::PubComp, None);
                encode::ack(out, self.version, encode::PUBREL, pkid, code::SUCCESS);
            }
            (Step::PubRec, _) => encode::ack(out, self.version, encode::PUBREL, pkid, code::PACKET_ID_NOT_FOUND),
            (step, Some(Sent { step: waits, .. })) if step == *waits => drop(sent.remove(&pkid)),
            _ => {}
        }
    }

    fn free_pkid(&mut self) -> u16 {
        let Pending { last_pkid, sent, .. } = &mut self.pending;
        loop {
            *last_pkid = last_pkid.checked_add(1).unwrap_or(1);
            if !sent.contains_key(last_pkid) {
                return *last_pkid;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::gate::exchange::Message;
    use std::sync::Arc;
    use std::time::Duration;

    fn outbox(version: Version, limits: Limits) -> Outbox {
        Outbox::new(version, limits, true, Pending::default())
    }

    fn send(outbox: &mut Outbox, qos: Qos, expires_s: Option<u64>) -> Vec<u8> {
        let (topic, payload) = (Bytes::from_static(b"t"), Bytes::from_static(b"p"));
        let expires = expires_s.map(|seconds| Instant::now() + Duration::from_secs(seconds));
        let message = Message { topic, payload, qos, retain: false, publisher: 0, expires, properties: None };
        let mut out = BytesMut::new();
        outbox.write(&mut out, Delivery { message: Arc::new(message), qos, retain: false, ids: Vec::new() });
        out.to_vec()
    }

    fn again(outbox: &mut Outbox) -> Vec<u8> {
        let mut out = BytesMut::new();
        outbox.write_again(&mut out);
        out.to_vec()
    }

    #[test]
    fn the_window_closes_and_opens() {
        let mut outbox = outbox(Version::V4, Limits { receive_maximum: Some(2), ..Limits::default() });
        assert_eq!(send(&mut outbox, Qos::AtMostOnce, None), b"\x30\x04\x00\x01tp");
        assert_eq!(send(&mut outbox, Qos::AtLeastOnce, None), b"\x32\x06\x00\x01t\x00\x01p");
        assert!(outbox.has_room());
        assert_eq!(send(&mut outbox, Qos::ExactlyOnce, None), b"\x34\x06\x00\x01t\x00\x02p");
        assert!(!outbox.has_room());
        let mut out = BytesMut::new();
        outbox.acknowledged(&mut out, Step::PubAck, 2, false);
        outbox.acknowledged(&mut out, Step::PubAck, 99, false);
        assert!(!outbox.has_room(), "neither is what was waited for");
        outbox.acknowledged(&mut out, Step::PubAck, 1, false);
        assert!(outbox.has_room() && out.is_empty());
        outbox.acknowledged(&mut out, Step::PubRec, 2, false);
        assert_eq!(&out[..], b"\x62\x02\x00\x02");
        outbox.acknowledged(&mut out, Step::PubComp, 2, false);
        assert!(outbox.pending.sent.is_empty());
    }

    #[test]
    fn what_was_not_acknowledged_is_sent_again_in_its_order() {
        let mut first = outbox(Version::V4, Limits::default());
        for qos in [Qos::AtLeastOnce, Qos::ExactlyOnce, Qos::AtLeastOnce, Qos::ExactlyOnce] {
            send(&mut first, qos, None);
        }
        first.acknowledged(&mut BytesMut::new(), Step::PubRec, 2, false);
        first.acknowledged(&mut BytesMut::new(), Step::PubAck, 3, false);
        let limits = Limits { receive_maximum: Some(2), ..Limits::default() };
        let mut second = Outbox::new(Version::V4, limits, true, first.into_pending());
        assert!(!second.has_room(), "what is new comes after what is old");
        assert_eq!(again(&mut second), b"\x3a\x06\x00\x01t\x00\x01p\x62\x02\x00\x02", "as much as the client takes");
        second.acknowledged(&mut BytesMut::new(), Step::PubComp, 2, false);
        assert_eq!(again(&mut second), b"\x3c\x06\x00\x01t\x00\x04p");
        assert!(again(&mut second).is_empty() && !second.has_room());
        second.acknowledged(&mut BytesMut::new(), Step::PubAck, 1, false);
        assert!(second.has_room());
    }

    #[test]
    fn a_topic_is_named_once_and_then_by_its_alias() {
        let mut outbox = outbox(Version::V5, Limits { topic_aliases: 1, ..Limits::default() });
        assert_eq!(send(&mut outbox, Qos::AtMostOnce, None), b"\x30\x08\x00\x01t\x03\x23\x00\x01p");
        assert_eq!(send(&mut outbox, Qos::AtMostOnce, None), b"\x30\x07\x00\x00\x03\x23\x00\x01p");
    }

    #[tokio::test(start_paused = true)]
    async fn a_message_says_how_long_it_still_counts() {
        let mut first = outbox(Version::V5, Limits::default());
        assert_eq!(send(&mut first, Qos::AtLeastOnce, Some(9)), b"\x32\x0c\x00\x01t\x00\x01\x05\x02\x00\x00\x00\x09p");
        tokio::time::advance(Duration::from_secs(4)).await;
        let mut second = Outbox::new(Version::V5, Limits::default(), true, first.into_pending());
        assert_eq!(again(&mut second), b"\x3a\x0c\x00\x01t\x00\x01\x05\x02\x00\x00\x00\x05p");
        tokio::time::advance(Duration::from_secs(5)).await;
        let mut third = Outbox::new(Version::V5, Limits::default(), true, second.into_pending());
        assert!(again(&mut third).is_empty() && third.pending.sent.is_empty());
        assert!(send(&mut third, Qos::AtLeastOnce, Some(0)).is_empty());
    }

    #[test]
    fn packet_ids_go_round_and_skip_those_in_use() {
        let mut outbox = outbox(Version::V4, Limits::default());
        send(&mut outbox, Qos::AtLeastOnce, None);
        outbox.pending.last_pkid = u16::MAX;
        assert_eq!(outbox.free_pkid(), 2);
    }

    #[test]
    fn what_a_client_cannot_take_is_dropped() {
        let mut outbox = outbox(Version::V5, Limits { max_packet: Some(5), ..Limits::default() });
        assert!(send(&mut outbox, Qos::AtLeastOnce, None).is_empty());
        assert!(outbox.pending.sent.is_empty());
    }
}
