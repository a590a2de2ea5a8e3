//! From bytes to packets: the codec of rumqttd behind a fence.
//!
//! The first byte must be one a client may send (others make the codec panic), the length is bounded before a body is
//! waited for, and a panic inside the codec costs the one connection. Acknowledgements, which are a packet id and a
//! code, are read here.

use bytes::{Bytes, BytesMut};
use rumqttd::protocol::{Filter, Packet, Protocol, PublishProperties, v4::V4, v5::V5};
use std::panic::{AssertUnwindSafe, catch_unwind};

/// The protocol a session speaks.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Version {
    /// MQTT 3.1.1.
    V4,
    /// MQTT 5.
    V5,
}

/// A delivery guarantee.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[expect(clippy::enum_variant_names, reason = "the names of the specification")]
pub(super) enum Qos {
    AtMostOnce,
    AtLeastOnce,
    ExactlyOnce,
}

impl Qos {
    pub(super) fn from_bits(bits: u8) -> Option<Self> {
        [Self::AtMostOnce, Self::AtLeastOnce, Self::ExactlyOnce].get(usize::from(bits)).copied()
    }

    pub(super) fn bits(self) -> u8 {
        self as u8
    }
}

impl From<rumqttd::protocol::QoS> for Qos {
    fn from(qos: rumqttd::protocol::QoS) -> Self {
        match qos {
            rumqttd::protocol::QoS::AtMostOnce => Self::AtMostOnce,
            rumqttd::protocol::QoS::AtLeastOnce => Self::AtLeastOnce,
            rumqttd::protocol::QoS::ExactlyOnce => Self::ExactlyOnce,
        }
    }
}

/// A message as a client published it.
#[derive(Debug)]
pub(super) struct Published {
    pub(super) topic: Bytes,
    pub(super) payload: Bytes,
    pub(super) qos: Qos,
    pub(super) pkid: u16,
    pub(super) retain: bool,
    pub(super) properties: Option<PublishProperties>,
}

/// Which step of a delivery a client acknowledged.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[expect(clippy::enum_variant_names, reason = "the names of the packets")]
pub(super) enum Step {
    PubAck,
    PubRec,
    PubRel,
    PubComp,
}

/// What a client sends after its CONNECT.
#[derive(Debug)]
pub(super) enum Incoming {
    Publish(Published),
    Ack {
        step: Step,
        pkid: u16,
        failed: bool,
    },
    Subscribe {
        pkid: u16,
        filters: Vec<Filter>,
        id: Option<usize>,
    },
    Unsubscribe {
        pkid: u16,
        filters: Vec<String>,
    },
    Ping,
    /// The client takes its leave; seconds its session is to be kept, if it says so now (MQTT 5, 3.14.2.2.2).
    Disconnect {
        with_will: bool,
        expiry: Option<u32>,
    },
}

/// Why bytes are no packet.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum Malformed {
    #[error("a packet that starts with {0:#04x} is none a client may send")]
    FirstByte(u8),
    #[error("a first packet that starts with {0:#04x} is no CONNECT")]
    NoConnect(u8),
    #[error("a second CONNECT")]
    ConnectAgain,
    #[error("the length is written in more than four bytes")]
    Length,
    #[error("a packet of {0} bytes is above the limit")]
    TooLarge(usize),
    #[error("a packet of kind {kind} that cannot be read: {why}")]
    Body { kind: u8, why: String },
}

/// Where the next packet ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Frame {
    pub(super) first: u8,
    pub(super) header: usize,
    pub(super) total: usize,
}

impl Frame {
    /// Finds the next packet; `None` while it is not all there. Refuses as soon as a byte is wrong.
    pub(super) fn find(bytes: &[u8], max: usize) -> Result<Option<Self>, Malformed> {
        let Some(&first) = bytes.first() else { return Ok(None) };
        let allowed = match first >> 4 {
            3 => first & 0b0110 != 0b0110,
            6 | 8 | 10 => first & 0b1111 == 0b0010,
            1 | 4 | 5 | 7 | 12 | 14 => first & 0b1111 == 0,
            _ => false,
        };
        if !allowed {
            return Err(Malformed::FirstByte(first));
        }
        let mut length = 0;
        for (at, byte) in bytes[1..].iter().take(4).enumerate() {
            length |= usize::from(byte & 0x7f) << (7 * at);
            if byte & 0x80 == 0 {
                let (header, total) = (2 + at, 2 + at + length);
                return match total {
                    _ if total > max => Err(Malformed::TooLarge(total)),
                    _ if total > bytes.len() => Ok(None),
                    _ => Ok(Some(Self { first, header, total })),
                };
            }
        }
        if bytes.len() >= 5 { Err(Malformed::Length) } else { Ok(None) }
    }

    fn body(self, why: impl ToString) -> Malformed {
        Malformed::Body { kind: self.first >> 4, why: why.to_string() }
    }
}

/// Takes the next packet off the buffer; `None` while it is not all there.
pub(super) fn next(version: Version, buffer: &mut BytesMut, max: usize) -> Result<Option<Incoming>, Malformed> {
    let Some(frame) = Frame::find(buffer, max)? else { return Ok(None) };
    let packet = buffer.split_to(frame.total);
    decode(version, frame, packet).map(Some)
}

fn decode(version: Version, frame: Frame, packet: BytesMut) -> Result<Incoming, Malformed> {
    let body = &packet[frame.header..];
    match frame.first >> 4 {
        1 => Err(Malformed::ConnectAgain),
        3 => publish(version, frame, packet),
        4 => ack(Step::PubAck, frame, body),
        5 => ack(Step::PubRec, frame, body),
        6 => ack(Step::PubRel, frame, body),
        7 => ack(Step::PubComp, frame, body),
        12 => Ok(Incoming::Ping),
        14 => disconnect(version, frame, packet),
        _ => match rumqttd_decode(version, frame, packet)? {
            Packet::Subscribe(subscribe, properties) => Ok(Incoming::Subscribe {
                pkid: nonzero(frame, subscribe.pkid)?,
                filters: subscribe.filters,
                id: properties.and_then(|properties| properties.id),
            }),
            Packet::Unsubscribe(unsubscribe, _) if !unsubscribe.filters.is_empty() => {
                Ok(Incoming::Unsubscribe { pkid: nonzero(frame, unsubscribe.pkid)?, filters: unsubscribe.filters })
            }
            _ => Err(frame.body("an empty or unexpected packet")),
        },
    }
}

/// Any code but 0 leaves the will to be spoken (MQTT 5, 3.14.4).
fn disconnect(version: Version, frame: Frame, packet: BytesMut) -> Result<Incoming, Malformed> {
    let body = &packet[frame.header..];
    let with_will = version == Version::V5 && body.first().is_some_and(|code| *code != 0);
    if version == Version::V4 || body.len() < 2 {
        return Ok(Incoming::Disconnect { with_will, expiry: None });
    }
    match rumqttd_decode(version, frame, packet)? {
        Packet::Disconnect(_, properties) => {
            let expiry = properties.and_then(|properties| properties.session_expiry_interval);
            Ok(Incoming::Disconnect { with_will, expiry })
        }
        _ => Err(frame.body("not a DISCONNECT")),
    }
}

fn ack(step: Step, frame: Frame, body: &[u8]) -> Result<Incoming, Malformed> {
    let [high, low, rest @ ..] = body else { return Err(frame.body("no packet id")) };
    let pkid = nonzero(frame, u16::from_be_bytes([*high, *low]))?;
    Ok(Incoming::Ack { step, pkid, failed: rest.first().is_some_and(|code| *code >= 0x80) })
}

fn publish(version: Version, frame: Frame, packet: BytesMut) -> Result<Incoming, Malformed> {
    let qos = Qos::from_bits(frame.first >> 1 & 0b11).ok_or_else(|| frame.body("no such QoS"))?;
    // The codec keeps the packet id to itself; it stands behind the topic.
    let pkid = if qos == Qos::AtMostOnce { 0 } else { pkid_of_publish(frame, &packet[frame.header..])? };
    match rumqttd_decode(version, frame, packet)? {
        Packet::Publish(publish, properties) => Ok(Incoming::Publish(Published {
            topic: publish.topic,
            payload: publish.payload,
            qos,
            pkid,
            retain: publish.retain,
            properties,
        })),
        _ => Err(frame.body("not a PUBLISH")),
    }
}

fn pkid_of_publish(frame: Frame, body: &[u8]) -> Result<u16, Malformed> {
    let short = || frame.body("too short");
    let (length, rest) = body.split_first_chunk::<2>().ok_or_else(short)?;
    let rest = rest.get(usize::from(u16::from_be_bytes(*length))..).ok_or_else(short)?;
    let (pkid, _) = rest.split_first_chunk::<2>().ok_or_else(short)?;
    nonzero(frame, u16::from_be_bytes(*pkid))
}

fn nonzero(frame: Frame, pkid: u16) -> Result<u16, Malformed> {
    if pkid == 0 { Err(frame.body("packet id 0")) } else { Ok(pkid) }
}

/// Lets rumqttd read one whole packet.
pub(super) fn rumqttd_decode(version: Version, frame: Frame, mut packet: BytesMut) -> Result<Packet, Malformed> {
    let read = catch_unwind(AssertUnwindSafe(|| match version {
        Version::V4 => V4.read_mut(&mut packet, frame.total),
        Version::V5 => V5.read_mut(&mut packet, frame.total),
    }));
    match read {
        Ok(Ok(packet)) => Ok(packet),
        Ok(Err(error)) => Err(frame.body(error)),
        Err(_) => {
            tracing::error!(first = frame.first, "the codec panicked on a packet; the connection is closed");
            Err(frame.body("the codec cannot read it"))
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn read(version: Version, bytes: &[u8]) -> Result<Option<Incoming>, Malformed> {
        next(version, &mut BytesMut::from(bytes), 1000)
    }

    #[test]
    fn a_publish_gives_its_packet_id() {
        let Incoming::Publish(publish) = read(Version::V4, b"\x32\x08\x00\x01t\x01\x02abc").unwrap().unwrap() else {
            panic!("no publish")
        };
        assert_eq!((publish.pkid, publish.qos, &publish.payload[..]), (0x0102, Qos::AtLeastOnce, &b"abc"[..]));
        let Incoming::Publish(publish) = read(Version::V5, b"\x34\x09\x00\x01t\x01\x02\x00abc").unwrap().unwrap()
        else {
            panic!("no publish")
        };
        assert_eq!((publish.pkid, publish.qos, &publish.payload[..]), (0x0102, Qos::ExactlyOnce, &b"abc"[..]));
    }

    #[test]
    fn a_packet_is_waited_for_but_not_a_wrong_or_a_giant_one() {
        assert!(read(Version::V4, b"").unwrap().is_none());
        assert!(read(Version::V4, b"\x30\x80").unwrap().is_none());
        assert!(read(Version::V4, b"\x30\x08\x00").unwrap().is_none());
        assert_eq!(read(Version::V4, b"\x30\xff\xff\x03").unwrap_err(), Malformed::TooLarge(65_539));
        assert_eq!(read(Version::V4, b"\x30\xff\xff\xff\xff").unwrap_err(), Malformed::Length);
        for first in [0x00, 0x20, 0x36, 0x60, 0x80, 0x90, 0xb0, 0xd0, 0xf0, b'G', 0x16] {
            assert_eq!(read(Version::V5, &[first]).unwrap_err(), Malformed::FirstByte(first));
        }
        assert_eq!(read(Version::V4, b"\x10\x00").unwrap_err(), Malformed::ConnectAgain);
    }

    #[test]
    fn acknowledgements_of_both_versions_are_read() {
        assert!(matches!(
            read(Version::V4, b"\x40\x02\x00\x07"),
            Ok(Some(Incoming::Ack { step: Step::PubAck, pkid: 7, failed: false }))
        ));
        assert!(matches!(
            read(Version::V5, b"\x50\x03\x00\x07\x87"),
            Ok(Some(Incoming::Ack { step: Step::PubRec, pkid: 7, failed: true }))
        ));
        assert!(read(Version::V4, b"\x40\x00").is_err());
        assert!(read(Version::V4, b"\x62\x02\x00\x00").is_err());
        for (bytes, will, seconds) in [
            (&b"\xe0\x00"[..], false, None),
            (b"\xe0\x01\x04", true, None),
            (b"\xe0\x02\x00\x00", false, None),
            (b"\xe0\x07\x00\x05\x11\x00\x00\x00\x09", false, Some(9)),
        ] {
            let Ok(Some(Incoming::Disconnect { with_will, expiry })) = read(Version::V5, bytes) else {
                panic!("no DISCONNECT")
            };
            assert_eq!((with_will, expiry), (will, seconds), "{bytes:?}");
        }
    }

    proptest! {
        #[test]
        fn no_bytes_panic(bytes in proptest::collection::vec(any::<u8>(), 0..100), five in any::<bool>()) {
            let version = if five { Version::V5 } else { Version::V4 };
            let mut buffer = BytesMut::from(&bytes[..]);
            while let Ok(Some(_)) = next(version, &mut buffer, 90) {}
        }

        #[test]
        fn no_body_panics_the_codec(kind in 1..15_u8, flags in 0..16_u8, body in proptest::collection::vec(any::<u8>(), 0..60), five in any::<bool>()) {
            let version = if five { Version::V5 } else { Version::V4 };
            let mut bytes = vec![kind << 4 | flags, u8::try_from(body.len()).unwrap()];
            bytes.extend(&body);
            if let Ok(Some(frame)) = Frame::find(&bytes, 1000) {
                let mut packet = BytesMut::from(&bytes[..]);
                let read = match version {
                    Version::V4 => V4.read_mut(&mut packet, frame.total),
                    Version::V5 => V5.read_mut(&mut packet, frame.total),
                };
                drop(read);
            }
        }
    }
}
