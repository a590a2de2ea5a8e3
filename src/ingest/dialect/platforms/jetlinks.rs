//! JetLinks: `{"timestamp":1601196762389,"messageId":"…","properties":{"current":1.2}}` on
//! `/{productId}/{deviceId}/properties/report`; `/{productId}/{deviceId}/offline` says that the device is gone.
//!
//! JetLinks documentation, "官方协议" (topics of the official protocol): 属性上报, 设备上线, 设备离线. A gateway's devices
//! are `{productId}/{deviceId}/child/{childDeviceId}`.

use super::super::Place;
use super::super::heard::{Ear, Unreadable};
use super::super::properties::{Properties, nothing_told};

const REPORT: &str = "properties/report";

/// The name is `{productId}/{deviceId}`, and what follows it up to what is said.
pub(in super::super) fn split(topic: &str) -> Option<Place<'_>> {
    let topic = topic.strip_prefix('/')?;
    for part in [REPORT, "online", "offline"] {
        let name = topic.strip_suffix(part).and_then(|name| name.strip_suffix('/'));
        if let Some(name) = name.filter(|name| name.contains('/')) {
            return Some(Place::data(name, part));
        }
    }
    let slash = topic.match_indices('/').map(|(at, _)| at).nth(1)?;
    Some(Place::other(&topic[..slash]))
}

pub(in super::super) fn read(part: &str, payload: &[u8], ear: &mut Ear<'_>) -> Result<(), Unreadable> {
    match part {
        "online" => return Ok(()),
        "offline" => {
            ear.all_gone();
            return Ok(());
        }
        _ => {}
    }
    let report = Properties::read(payload)?;
    let Some(properties) = report.raw("properties") else {
        return Err(Unreadable::no_current("no properties"));
    };
    let properties = Properties::read(properties.get().as_bytes())?;
    if properties.tell(report.time("timestamp"), ear, Some) { Ok(()) } else { Err(nothing_told()) }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::{Client, Told};
    use super::super::super::{DialectKind, Owner};
    use crate::ingest::refusal::Reason;

    #[test]
    fn golden_samples() {
        // JetLinks documentation, 官方协议, 属性上报.
        let payload = r#"{"timestamp":1601196762389,"messageId":"1","properties":{"current":1.2,"power":{"bad":1}}}"#;
        let bindings = [("1236859833832701952/meter-1", ""), ("p/gate/child/c1", "")];
        let mut device = Client::of(DialectKind::Jetlinks, &bindings).at(1_601_196_763_000);
        let told = device.hear("/1236859833832701952/meter-1/properties/report", payload);
        assert_eq!((told.amperes(), told.times()), (vec![(0, 1.2, false)], vec![Some(1_601_196_762_389)]));
        let child = device.hear("/p/gate/child/c1/properties/report", r#"{"properties":{"current":2}}"#);
        assert_eq!(child.amperes(), [(1, 2.0, false)]);
        assert_eq!(device.hear("/1236859833832701952/meter-1/offline", "{}").gone, [0]);
        assert_eq!(device.hear("/1236859833832701952/meter-1/online", ""), Told::default());
        let none = device.hear("/1236859833832701952/meter-1/properties/report", r#"{"messageId":"1"}"#);
        assert_eq!(none.bad, Some(Reason::NoCurrent));
        assert_eq!(device.owner("/1236859833832701952/meter-1/event/alarm"), Owner::Own);
        assert_eq!(device.owner("/p/other/properties/report"), Owner::Unbound);
    }
}
