//! Messages to the client: how many may be unacknowledged, and which step each is at.
//!
//! Payloads are not kept: sessions end with their connection, so nothing is ever sent again.

use super::codec::{Qos, Step, Version};
use super::encode::{self, Outgoing, code};
use bytes::BytesMut;
use std::collections::HashMap;

/// Unacknowledged messages when the client sets no limit of its own.
const WINDOW: u16 = 64;

/// The window towards one client.
pub(super) struct Outbox {
    version: Version,
    /// What the client takes, in bytes.
    max_packet: usize,
    window: usize,
    last_pkid: u16,
    waiting: HashMap<u16, Step>,
}

impl Outbox {
    pub(super) fn new(version: Version, receive_maximum: Option<u16>, max_packet: Option<u32>) -> Self {
        Self {
            version,
            max_packet: max_packet.map_or(usize::MAX, |max| usize::try_from(max).unwrap_or(usize::MAX)),
            window: usize::from(receive_maximum.unwrap_or(WINDOW).clamp(1, WINDOW)),
            last_pkid: 0,
            waiting: HashMap::new(),
        }
    }

    /// Whether one more message may be on its way.
    pub(super) fn has_room(&self) -> bool {
        self.waiting.len() < self.window
    }

    /// Writes a message; its packet id is set here. One that is larger than the client takes is dropped and counted.
    pub(super) fn write(&mut self, out: &mut BytesMut, mut message: Outgoing<'_>) {
        if message.qos != Qos::AtMostOnce {
            message.pkid = self.free_pkid();
        }
        if !encode::publish(out, self.version, &message, self.max_packet) {
            metrics::counter!("dayi_mqtt_dropped_total", "why" => "too-large").increment(1);
            return;
        }
        match message.qos {
            Qos::AtMostOnce => {}
            Qos::AtLeastOnce => drop(self.waiting.insert(message.pkid, Step::PubAck)),
            Qos::ExactlyOnce => drop(self.waiting.insert(message.pkid, Step::PubRec)),
        }
    }

    /// Takes an acknowledgement. One for a message that waits for another, or for none, changes nothing.
    pub(super) fn acknowledged(&mut self, out: &mut BytesMut, step: Step, pkid: u16, failed: bool) {
        match (step, self.waiting.get(&pkid)) {
            (Step::PubRec, Some(Step::PubRec)) if failed => drop(self.waiting.remove(&pkid)),
            (Step::PubRec, Some(Step::PubRec | Step::PubComp)) => {
                self.waiting.insert(pkid, Step::PubComp);
                encode::ack(out, self.version, encode::PUBREL, pkid, code::SUCCESS);
            }
            (Step::PubRec, _) => encode::ack(out, self.version, encode::PUBREL, pkid, code::PACKET_ID_NOT_FOUND),
            (step, Some(expected)) if step == *expected => drop(self.waiting.remove(&pkid)),
            _ => {}
        }
    }

    fn free_pkid(&mut self) -> u16 {
        loop {
            self.last_pkid = self.last_pkid.checked_add(1).unwrap_or(1);
            if !self.waiting.contains_key(&self.last_pkid) {
                return self.last_pkid;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn send(outbox: &mut Outbox, qos: Qos) -> Vec<u8> {
        let mut out = BytesMut::new();
        let message =
            Outgoing { topic: b"t", payload: b"p", qos, retain: false, pkid: 0, properties: None, subscription: None };
        outbox.write(&mut out, message);
        out.to_vec()
    }

    #[test]
    fn the_window_closes_and_opens() {
        let mut outbox = Outbox::new(Version::V4, Some(2), None);
        assert_eq!(send(&mut outbox, Qos::AtMostOnce), b"\x30\x04\x00\x01tp");
        assert_eq!(send(&mut outbox, Qos::AtLeastOnce), b"\x32\x06\x00\x01t\x00\x01p");
        assert!(outbox.has_room());
        assert_eq!(send(&mut outbox, Qos::ExactlyOnce), b"\x34\x06\x00\x01t\x00\x02p");
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
        assert!(outbox.waiting.is_empty());
    }

    #[test]
    fn packet_ids_go_round_and_skip_those_in_use() {
        let mut outbox = Outbox::new(Version::V4, None, None);
        outbox.waiting.insert(1, Step::PubAck);
        outbox.last_pkid = u16::MAX;
        assert_eq!(outbox.free_pkid(), 2);
    }

    #[test]
    fn what_a_client_cannot_take_is_dropped() {
        let mut outbox = Outbox::new(Version::V5, None, Some(5));
        assert!(send(&mut outbox, Qos::AtLeastOnce).is_empty());
        assert!(outbox.waiting.is_empty());
    }
}
