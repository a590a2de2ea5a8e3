//! China Mobile's OneNET, OneJSON: `{"id":"123","version":"1.0","params":{"current":{"value":"1.2",
//! "time":1524448722123}}}` on `$sys/{pid}/{device-name}/thing/property/post`.
//!
//! OneNET documentation, "OneJSON 设备属性/事件" (properties of things), 设备上报属性.

use super::super::Place;
use super::super::heard::{Ear, Unreadable};
use super::aliyun;

const POST: &str = "/thing/property/post";

/// The name is `{pid}/{device-name}`.
pub(in super::super) fn split(topic: &str) -> Option<Place<'_>> {
    aliyun::device(topic, "$sys/", POST)
}

/// The envelope is Aliyun's.
pub(in super::super) fn read(payload: &[u8], ear: &mut Ear<'_>) -> Result<(), Unreadable> {
    aliyun::read(payload, ear)
}

#[cfg(test)]
mod tests {
    use super::super::super::DialectKind;
    use super::super::super::testing::Client;

    #[test]
    fn golden_samples() {
        // OneNET documentation, OneJSON 设备上报属性: values may be texts.
        let payload = r#"{"id":"123","version":"1.0","params":{"Power":{"value":"500","time":1524448722123},"temp":{"value":20,"time":1524448722123}}}"#;
        let mut device = Client::of(DialectKind::Onenet, &[("X2N4/meter", "Power@W")]).at(1_524_448_723_000);
        let told = device.hear("$sys/X2N4/meter/thing/property/post", payload);
        assert_eq!((told.amperes(), told.times()), (vec![(0, 2.174, true)], vec![Some(1_524_448_722_123)]));
    }
}
