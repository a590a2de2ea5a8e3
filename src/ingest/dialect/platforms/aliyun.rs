//! Aliyun IoT (阿里云物联网平台): `{"id":"123","version":"1.0","params":{"current":{"value":1.2,"time":1524448722000}},
//! "method":"thing.event.property.post"}` on `/sys/{productKey}/{deviceName}/thing/event/property/post`. A value may
//! also stand bare.
//!
//! Aliyun IoT Platform documentation, "设备属性、事件、服务" (device properties, events, and services), 设备上报属性.

use super::super::Place;
use super::super::heard::{Ear, Unreadable};
use super::super::properties::{Properties, nothing_told};
use serde::Deserialize;

const POST: &str = "/thing/event/property/post";

/// The name is `{productKey}/{deviceName}`.
pub(in super::super) fn split(topic: &str) -> Option<Place<'_>> {
    device(topic, "/sys/", POST)
}

/// The device of `{root}{product}/{device}{rest}`; its property posts end in `post`.
pub(super) fn device<'a>(topic: &'a str, root: &str, post: &str) -> Option<Place<'a>> {
    let behind = topic.strip_prefix(root)?;
    let mut slashes = behind.match_indices('/').map(|(at, _)| at).skip(1);
    let (name, rest) = behind.split_at(slashes.next()?);
    Some(if rest == post { Place::data(name, "") } else { Place::other(name) })
}

#[derive(Deserialize)]
struct Post<'a> {
    #[serde(borrow)]
    params: Properties<'a>,
}

pub(in super::super) fn read(payload: &[u8], ear: &mut Ear<'_>) -> Result<(), Unreadable> {
    let post: Post<'_> = serde_json::from_slice(payload).map_err(|error| Unreadable::because(&error))?;
    if post.params.tell(None, ear, Some) { Ok(()) } else { Err(nothing_told()) }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::Client;
    use super::super::super::{DialectKind, Owner};
    use crate::ingest::refusal::Reason;

    const TOPIC: &str = "/sys/a1B2c3/meter-1/thing/event/property/post";

    #[test]
    fn golden_samples() {
        // Aliyun IoT Platform documentation, 设备上报属性: the request, with this product's identifiers.
        let payload = r#"{"id":"123","version":"1.0","sys":{"ack":0},"params":{"Power":{"value":"on","time":1524448722000},"RMSCurrent":{"value":23.6,"time":1524448722000}},"method":"thing.event.property.post"}"#;
        let mut device = Client::of(DialectKind::Aliyun, &[("a1B2c3/meter-1", "RMSCurrent")]).at(1_524_448_723_000);
        let told = device.hear(TOPIC, payload);
        assert_eq!((told.amperes(), told.times()), (vec![(0, 23.6, false)], vec![Some(1_524_448_722_000)]));
        let bare = r#"{"id":"124","version":"1.0","params":{"RMSCurrent":2},"method":"thing.event.property.post"}"#;
        assert_eq!(device.hear(TOPIC, bare).amperes(), [(0, 2.0, false)]);
        assert_eq!(device.hear(TOPIC, r#"{"params":{"Power":1}}"#).bad, Some(Reason::NoCurrent));
        assert_eq!(device.hear(TOPIC, r#"{"id":"1"}"#).bad, Some(Reason::Unreadable));
        assert_eq!(device.hear(TOPIC, r#"{"params":[]}"#).bad, Some(Reason::Unreadable));
    }

    #[test]
    fn topics_carry_product_and_device() {
        let device = Client::of(DialectKind::Aliyun, &[("a1B2c3/meter-1", "")]);
        assert_eq!(device.owner("/sys/a1B2c3/meter-1/thing/event/alarm/post"), Owner::Own);
        assert_eq!(device.owner("/sys/a1B2c3/meter-2/thing/event/property/post"), Owner::Unbound);
        for topic in ["/sys/a1B2c3/meter-1", "/sys/", "sys/a/b/c", "/ota/device/inform/a1B2c3/meter-1"] {
            assert_eq!(device.owner(topic), Owner::Stranger, "{topic}");
        }
    }
}
