//! Huawei Cloud's IoTDA: `{"services":[{"service_id":"Power","properties":{"current":1.2},
//! "event_time":"20151212T121212Z"}]}` on `$oc/devices/{device_id}/sys/properties/report`.
//!
//! IoTDA API reference, "Device Reporting Properties" (设备属性上报). A channel may name the service too:
//! `{service_id}/{property}`.

use super::super::Place;
use super::super::heard::{Ear, Unreadable};
use super::super::properties::{Properties, nothing_told, utc_ms};
use super::super::several::Several;
use serde::Deserialize;
use std::borrow::Cow;

/// Services in one report.
const MOST: usize = 4096;

pub(in super::super) fn split(topic: &str) -> Option<Place<'_>> {
    let (device, rest) = topic.strip_prefix("$oc/devices/")?.split_once('/')?;
    Some(if rest == "sys/properties/report" { Place::data(device, "") } else { Place::other(device) })
}

#[derive(Deserialize)]
struct Report<'a> {
    #[serde(borrow)]
    services: Several<Service<'a>, MOST>,
}

#[derive(Deserialize)]
struct Service<'a> {
    #[serde(borrow)]
    service_id: Cow<'a, str>,
    #[serde(borrow, default)]
    properties: Properties<'a>,
    #[serde(borrow)]
    event_time: Option<Cow<'a, str>>,
}

pub(in super::super) fn read(payload: &[u8], ear: &mut Ear<'_>) -> Result<(), Unreadable> {
    let report: Report<'_> = serde_json::from_slice(payload).map_err(|error| Unreadable::because(&error))?;
    let mut told = false;
    for service in &report.services.0 {
        let ts_ms = service.event_time.as_deref().and_then(utc_ms);
        told |= service.properties.tell(ts_ms, ear, |channel| match channel.split_once('/') {
            Some((id, property)) => (id == service.service_id).then_some(property),
            None => Some(channel),
        });
    }
    if told { Ok(()) } else { Err(nothing_told()) }
}

#[cfg(test)]
mod tests {
    use super::super::super::testing::Client;
    use super::super::super::{DialectKind, Owner};
    use crate::ingest::refusal::Reason;

    const TOPIC: &str = "$oc/devices/5e06bfee334dd4f33759f5b3_demo/sys/properties/report";

    #[test]
    fn golden_samples() {
        // IoTDA API reference, Device Reporting Properties: the request, with a second service.
        let payload = r#"{"services":[{"service_id":"Temperature","properties":{"value":57,"value2":60},"event_time":"20151212T121212Z"},{"service_id":"Phase","properties":{"current":1.5,"value":2},"event_time":"20151212T121213Z"}]}"#;
        let name = "5e06bfee334dd4f33759f5b3_demo";
        let bindings = [(name, ""), (name, "Phase/value"), (name, "Temperature/current")];
        let mut device = Client::of(DialectKind::Huawei, &bindings).at(1_449_922_334_000);
        let told = device.hear(TOPIC, payload);
        assert_eq!(told.amperes(), [(0, 1.5, false), (1, 2.0, false)]);
        assert_eq!(told.times(), [Some(1_449_922_333_000); 2]);
        assert_eq!(device.hear(TOPIC, r#"{"services":[]}"#).bad, Some(Reason::NoCurrent));
        assert_eq!(device.hear(TOPIC, r#"{"services":[{}]}"#).bad, Some(Reason::Unreadable));
        assert_eq!(device.owner("$oc/devices/5e06bfee334dd4f33759f5b3_demo/sys/messages/up"), Owner::Own);
        assert_eq!(device.owner("$oc/devices/other/sys/properties/report"), Owner::Unbound);
    }
}
