//! From answers to bytes: everything a server sends, for either version.
//!
//! Written here because rumqttd's writer panics on properties towards a v3.1.1 client, cannot set a packet id, and
//! appends a stray byte to a v5 DISCONNECT.

use super::codec::{Qos, Version};
use bytes::{BufMut, BytesMut};
use rumqttd::protocol::PublishProperties;

pub(super) const PUBACK: u8 = 0x40;
pub(super) const PUBREC: u8 = 0x50;
pub(super) const PUBREL: u8 = 0x62;
pub(super) const PUBCOMP: u8 = 0x70;
pub(super) const SUBACK: u8 = 0x90;
pub(super) const UNSUBACK: u8 = 0xb0;

/// Reason codes of MQTT 5.
pub(super) mod code {
    pub(in super::super) const SUCCESS: u8 = 0x00;
    pub(in super::super) const NO_SUBSCRIPTION_EXISTED: u8 = 0x11;
    pub(in super::super) const UNSPECIFIED_ERROR: u8 = 0x80;
    pub(in super::super) const MALFORMED_PACKET: u8 = 0x81;
    pub(in super::super) const PROTOCOL_ERROR: u8 = 0x82;
    pub(in super::super) const IMPLEMENTATION_SPECIFIC: u8 = 0x83;
    pub(in super::super) const CLIENT_ID_NOT_VALID: u8 = 0x85;
    pub(in super::super) const BAD_CREDENTIALS: u8 = 0x86;
    pub(in super::super) const NOT_AUTHORIZED: u8 = 0x87;
    pub(in super::super) const SERVER_UNAVAILABLE: u8 = 0x88;
    pub(in super::super) const SERVER_BUSY: u8 = 0x89;
    pub(in super::super) const SERVER_SHUTTING_DOWN: u8 = 0x8b;
    pub(in super::super) const BAD_AUTHENTICATION_METHOD: u8 = 0x8c;
    pub(in super::super) const KEEP_ALIVE_TIMEOUT: u8 = 0x8d;
    pub(in super::super) const SESSION_TAKEN_OVER: u8 = 0x8e;
    pub(in super::super) const FILTER_INVALID: u8 = 0x8f;
    pub(in super::super) const TOPIC_INVALID: u8 = 0x90;
    pub(in super::super) const PACKET_ID_NOT_FOUND: u8 = 0x92;
    pub(in super::super) const RECEIVE_MAXIMUM_EXCEEDED: u8 = 0x93;
    pub(in super::super) const TOPIC_ALIAS_INVALID: u8 = 0x94;
    pub(in super::super) const PACKET_TOO_LARGE: u8 = 0x95;
    pub(in super::super) const QUOTA_EXCEEDED: u8 = 0x97;
    pub(in super::super) const ADMINISTRATIVE_ACTION: u8 = 0x98;
    pub(in super::super) const CONNECTION_RATE_EXCEEDED: u8 = 0x9f;
}

/// What a CONNACK tells a v5 client about this server.
#[derive(Default)]
pub(super) struct Offer<'a> {
    pub(super) session_present: bool,
    /// Seconds a session is kept, when it is not what the client asked for.
    pub(super) session_expiry: Option<u32>,
    pub(super) topic_alias_maximum: u16,
    pub(super) receive_maximum: u16,
    pub(super) max_packet: u32,
    pub(super) assigned_client_id: Option<&'a str>,
    pub(super) server_keep_alive: Option<u16>,
}

/// A CONNACK that lets the client in (MQTT 5, 3.2.2).
pub(super) fn accepted(out: &mut BytesMut, version: Version, offer: &Offer<'_>) {
    if version == Version::V4 {
        out.put_slice(&[0x20, 2, u8::from(offer.session_present), 0]);
        return;
    }
    let mut properties = BytesMut::new();
    if let Some(seconds) = offer.session_expiry {
        properties.put_u8(17);
        properties.put_u32(seconds);
    }
    if offer.topic_alias_maximum > 0 {
        properties.put_u8(34);
        properties.put_u16(offer.topic_alias_maximum);
    }
    properties.put_u8(33);
    properties.put_u16(offer.receive_maximum);
    properties.put_u8(39);
    properties.put_u32(offer.max_packet);
    if let Some(keep_alive) = offer.server_keep_alive {
        properties.put_u8(19);
        properties.put_u16(keep_alive);
    }
    if let Some(id) = offer.assigned_client_id {
        properties.put_u8(18);
        text(&mut properties, id.as_bytes());
    }
    out.put_u8(0x20);
    length(out, 2 + length_of_length(properties.len()) + properties.len());
    out.put_slice(&[u8::from(offer.session_present), code::SUCCESS]);
    length(out, properties.len());
    out.put_slice(&properties);
}

/// A CONNACK that does not, with the code of the client's version.
pub(super) fn refused(out: &mut BytesMut, version: Version, code: u8) {
    match version {
        Version::V4 => out.put_slice(&[0x20, 2, 0, code]),
        Version::V5 => out.put_slice(&[0x20, 3, 0, code, 0]),
    }
}

/// PUBACK, PUBREC, PUBREL or PUBCOMP. The code reaches v5 clients only.
pub(super) fn ack(out: &mut BytesMut, version: Version, kind: u8, pkid: u16, code: u8) {
    let [high, low] = pkid.to_be_bytes();
    if version == Version::V4 || code == code::SUCCESS {
        out.put_slice(&[kind, 2, high, low]);
    } else {
        out.put_slice(&[kind, 3, high, low, code]);
    }
}

/// SUBACK or UNSUBACK with a code for each filter; a v3.1.1 UNSUBACK has none.
pub(super) fn filter_ack(out: &mut BytesMut, version: Version, kind: u8, pkid: u16, codes: &[u8]) {
    let codes = if version == Version::V4 && kind == UNSUBACK { &[] } else { codes };
    let properties = usize::from(version == Version::V5);
    out.put_u8(kind);
    length(out, 2 + properties + codes.len());
    out.put_u16(pkid);
    out.put_bytes(0, properties);
    out.put_slice(codes);
}

pub(super) fn pong(out: &mut BytesMut) {
    out.put_slice(&[0xd0, 0]);
}

/// A DISCONNECT; v3.1.1 has none from the server.
pub(super) fn disconnect(out: &mut BytesMut, version: Version, code: u8) {
    if version == Version::V5 {
        out.put_slice(&[0xe0, 1, code]);
    }
}

/// A message on its way to a subscriber.
pub(super) struct Outgoing<'a> {
    /// Empty when the alias stands for it.
    pub(super) topic: &'a [u8],
    pub(super) payload: &'a [u8],
    pub(super) qos: Qos,
    /// It was sent before (MQTT 5, 3.3.1.1).
    pub(super) dup: bool,
    pub(super) retain: bool,
    /// Not 0 unless the QoS is.
    pub(super) pkid: u16,
    pub(super) properties: Option<&'a PublishProperties>,
    /// Seconds until it expires.
    pub(super) expiry: Option<u32>,
    pub(super) alias: Option<u16>,
    /// The ids the client gave the subscriptions that selected it.
    pub(super) ids: &'a [usize],
}

/// Writes a PUBLISH unless it would be larger than the client takes; whether it was written.
pub(super) fn publish(out: &mut BytesMut, version: Version, message: &Outgoing<'_>, max: usize) -> bool {
    let mut properties = BytesMut::new();
    let mut properties_length = 0;
    if version == Version::V5 {
        publish_properties(&mut properties, message);
        properties_length = length_of_length(properties.len()) + properties.len();
    }
    let pkid_length = if message.qos == Qos::AtMostOnce { 0 } else { 2 };
    let remaining = 2 + message.topic.len() + pkid_length + properties_length + message.payload.len();
    let fits = 1 + length_of_length(remaining) + remaining <= max && message.topic.len() <= usize::from(u16::MAX);
    if !fits {
        return false;
    }
    out.reserve(5 + remaining);
    out.put_u8(0x30 | u8::from(message.dup) << 3 | message.qos.bits() << 1 | u8::from(message.retain));
    length(out, remaining);
    text(out, message.topic);
    if message.qos != Qos::AtMostOnce {
        out.put_u16(message.pkid);
    }
    if version == Version::V5 {
        length(out, properties.len());
        out.put_slice(&properties);
    }
    out.put_slice(message.payload);
    true
}

fn publish_properties(out: &mut BytesMut, message: &Outgoing<'_>) {
    if let Some(properties) = message.properties {
        if let Some(indicator) = properties.payload_format_indicator {
            out.put_slice(&[1, indicator]);
        }
        if let Some(kind) = &properties.content_type {
            out.put_u8(3);
            text(out, kind.as_bytes());
        }
        if let Some(topic) = &properties.response_topic {
            out.put_u8(8);
            text(out, topic.as_bytes());
        }
        if let Some(data) = &properties.correlation_data {
            out.put_u8(9);
            text(out, data);
        }
        for (name, value) in &properties.user_properties {
            out.put_u8(38);
            text(out, name.as_bytes());
            text(out, value.as_bytes());
        }
    }
    if let Some(seconds) = message.expiry {
        out.put_u8(2);
        out.put_u32(seconds);
    }
    if let Some(alias) = message.alias {
        out.put_u8(35);
        out.put_u16(alias);
    }
    for id in message.ids {
        out.put_u8(11);
        length(out, *id);
    }
}

fn text(out: &mut BytesMut, bytes: &[u8]) {
    let bytes = &bytes[..bytes.len().min(usize::from(u16::MAX))];
    #[expect(clippy::cast_possible_truncation, reason = "cut to what the two bytes hold")]
    out.put_u16(bytes.len() as u16);
    out.put_slice(bytes);
}

fn length(out: &mut BytesMut, mut value: usize) {
    loop {
        #[expect(clippy::cast_possible_truncation, reason = "seven bits")]
        let byte = (value & 0x7f) as u8;
        value >>= 7;
        out.put_u8(if value == 0 { byte } else { byte | 0x80 });
        if value == 0 {
            return;
        }
    }
}

fn length_of_length(value: usize) -> usize {
    match value {
        0..0x80 => 1,
        0x80..0x4000 => 2,
        0x4000..0x20_0000 => 3,
        _ => 4,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    // rumqttd's own reader panics on packets that only a server sends.
    use rumqttc::v5::mqttbytes::v5;
    use rumqttd::protocol::{Packet, Protocol, v4::V4, v5::V5};

    fn written(write: impl FnOnce(&mut BytesMut)) -> BytesMut {
        let mut out = BytesMut::new();
        write(&mut out);
        out
    }

    #[test]
    fn a_v5_reader_understands_what_is_written() {
        let offer = Offer {
            receive_maximum: 64,
            max_packet: 1 << 18,
            assigned_client_id: Some("x"),
            session_expiry: Some(9),
            ..Offer::default()
        };
        let mut out = written(|out| accepted(out, Version::V5, &offer));
        let Ok(v5::Packet::ConnAck(connack)) = v5::Packet::read(&mut out, None) else { panic!("no CONNACK") };
        let properties = connack.properties.unwrap();
        assert_eq!(properties.receive_max, Some(64));
        assert_eq!(properties.assigned_client_identifier.as_deref(), Some("x"));
        assert_eq!(properties.session_expiry_interval, Some(9));
        assert!(out.is_empty());
        for kind in [PUBACK, PUBREC, PUBREL, PUBCOMP] {
            let mut out = written(|out| ack(out, Version::V5, kind, 7, code::SUCCESS));
            assert!(v5::Packet::read(&mut out, None).is_ok() && out.is_empty(), "{kind:#x}");
        }
    }

    #[test]
    fn properties_reach_v5_only() {
        let properties = PublishProperties { content_type: Some("j".into()), ..PublishProperties::default() };
        let message = Outgoing {
            topic: b"t",
            payload: b"p",
            qos: Qos::AtLeastOnce,
            retain: true,
            pkid: 7,
            dup: false,
            properties: Some(&properties),
            expiry: None,
            alias: None,
            ids: &[300, 7],
        };
        let mut v5 = written(|out| assert!(publish(out, Version::V5, &message, 1000)));
        let Packet::Publish(read, Some(back)) = V5.read_mut(&mut v5, 1000).unwrap() else { panic!("no PUBLISH") };
        assert_eq!((&read.topic[..], &read.payload[..], read.retain), (&b"t"[..], &b"p"[..], true));
        assert_eq!(back.content_type.as_deref(), Some("j"));
        assert_eq!(back.subscription_identifiers, [300, 7]);
        let mut v4 = written(|out| assert!(publish(out, Version::V4, &message, 1000)));
        assert_eq!(&v4[..], b"\x33\x06\x00\x01t\x00\x07p");
        assert!(V4.read_mut(&mut v4, 1000).is_ok());
        assert!(!publish(&mut BytesMut::new(), Version::V4, &message, 7), "larger than the client takes");
    }
}
