use super::authorise::{Authority, Filtering};
use super::codec::{self, Frame, Incoming, Version};
use super::topic;
use crate::domain::DialectKind;
use crate::ingest::port::{Binding, Rights};
use bytes::BytesMut;
use std::sync::Arc;

/// The largest packet.
const MAX: usize = 64 * 1024;

/// Reads a client's bytes as packets, and its publishes' topics as a session does.
///
/// # Panics
/// When the codec breaks what it promises.
pub fn packets(input: &[u8]) {
    let Some((first, bytes)) = input.split_first() else { return };
    let version = if first & 1 == 0 { Version::V4 } else { Version::V5 };
    let mut buffer = BytesMut::from(bytes);
    if let Ok(Some(frame)) = Frame::find(&buffer, MAX) {
        // A CONNECT is read on its own, before there is a session.
        let mut packet = buffer.clone();
        let _ = codec::rumqttd_decode(version, frame, packet.split_to(frame.total));
    }
    while let Ok(Some(packet)) = codec::next(version, &mut buffer, MAX) {
        match packet {
            Incoming::Publish(published) => {
                assert!(published.payload.len() <= bytes.len(), "more payload than was sent");
                topics(&published.topic);
            }
            Incoming::Subscribe { filters, .. } => filters.iter().for_each(|filter| topics(filter.path.as_bytes())),
            _ => {}
        }
    }
}

/// Judges a topic, or filter, as the sessions of a sensor with every dialect and of a service do.
///
/// # Panics
/// When a client is given what is not its own.
pub fn topics(input: &[u8]) {
    let Ok(topic) = str::from_utf8(input) else { return };
    let Ok(instrument) = "own".parse() else { return };
    let own = Binding::dayi(instrument);
    let bindings = DialectKind::ALL.map(|dialect| Binding { dialect, prefix: "own/own".into(), ..own.clone() });
    let sensor = Authority::new(Rights::Sensor { bindings: bindings.into() });
    let every: Arc<[Arc<str>]> = Arc::from([Arc::from("dayi/v1/+/command/#")]);
    let service = Authority::new(Rights::Service { subscribe: every.clone(), publish: every, sight: None });
    if topic::is_topic(topic) {
        let _ = (sensor.of_topic(topic), service.of_topic(topic));
    }
    if topic::is_filter(topic) && sensor.of_filter(topic) == Filtering::Allowed {
        assert!(topic.contains("own"), "a sensor may listen to {topic:?}");
        assert!(topic::covers(topic, topic) || topic.starts_with('$'), "a filter that is no part of itself");
    }
}
