//! Zigbee2MQTT: `{"state":"ON","power":12.3,"current":0.05,"voltage":230}` on `zigbee2mqtt/<name>`, where the name may
//! hold `/`; `online` or `{"state":"online"}` on `…/availability`.
//!
//! Zigbee2MQTT documentation, "MQTT Topics and Messages" and "Device availability". Devices with several endpoints
//! write `current_l1`, three-phase meters `current_phase_b`; `last_seen` is there when it is switched on.

use super::Place;
use super::heard::{Ear, Measured, Unreadable};
use super::properties::Properties;

/// The whole topic is the name: the base topic can be configured.
pub(super) fn split(topic: &str) -> Option<Place<'_>> {
    Some(match topic.strip_suffix("/availability") {
        Some(name) => Place::status(name),
        None => Place::data(topic, ""),
    })
}

/// `<base>/bridge/…`, what the gateway says about itself.
pub(super) fn is_bridge(topic: &str, prefix: &str) -> bool {
    let base = prefix.split_once('/').map_or(prefix, |(base, _)| base);
    topic.strip_prefix(base).is_some_and(|rest| rest.starts_with("/bridge/"))
}

pub(super) fn read(payload: &[u8], ear: &mut Ear<'_>) -> Result<(), Unreadable> {
    let said = Properties::read(payload)?;
    let ts_ms = said.time("last_seen");
    for (at, binding) in ear.bindings() {
        let of = |quantity: &str| match &*binding.channel {
            "" => said.number(quantity),
            endpoint => said.number(&format!("{quantity}_{endpoint}")),
        };
        let voltage = of("voltage").or_else(|| said.number("voltage"));
        let measured = Measured { current: of("current"), power: of("power"), voltage, ts_ms };
        if measured.is_empty() {
            ear.bad(Unreadable::no_current("neither a current nor a power of the binding's endpoint"));
        } else {
            ear.measured(at, measured);
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Client, NOW, Told};
    use super::super::{DialectKind, Owner};
    use crate::ingest::refusal::Reason;

    fn gateway() -> Client {
        let bindings = [("zigbee2mqtt/lab/plug", ""), ("zigbee2mqtt/two", "l1"), ("zigbee2mqtt/two", "l2")];
        Client::of(DialectKind::Zigbee2mqtt, &bindings)
    }

    #[test]
    fn golden_samples() {
        // Zigbee2MQTT documentation, a plug with power metering ("Exposes"), and "Device availability".
        let plug = r#"{"state":"ON","power":12.3,"current":0.05,"voltage":230,"energy":1.2,"linkquality":120,"update":{"state":"idle"}}"#;
        let mut gateway = gateway();
        assert_eq!(gateway.hear("zigbee2mqtt/lab/plug", plug).amperes(), [(0, 0.05, false)]);
        let seen = format!(r#"{{"power":11.5,"current":null,"last_seen":{}}}"#, NOW - 7);
        let told = gateway.hear("zigbee2mqtt/lab/plug", seen);
        assert_eq!((told.amperes(), told.times()), (vec![(0, 0.05, true)], vec![Some(NOW - 7)]));
        let seen = r#"{"current":2,"last_seen":"2023-11-15T06:13:19+08:00"}"#;
        assert_eq!(gateway.hear("zigbee2mqtt/lab/plug", seen).times(), [Some(NOW - 1000)]);
        let told = gateway.hear("zigbee2mqtt/two", r#"{"current_l1":1,"power_l2":460,"voltage":230}"#);
        assert_eq!(told.amperes(), [(1, 1.0, false), (2, 2.0, true)]);
        assert_eq!(gateway.hear("zigbee2mqtt/lab/plug/availability", "offline").gone, [0]);
        assert_eq!(gateway.hear("zigbee2mqtt/two/availability", r#"{"state":"offline"}"#).gone, [1, 2]);
        assert_eq!(gateway.hear("zigbee2mqtt/two/availability", r#"{"state":"online"}"#), Told::default());
    }

    #[test]
    fn the_rest_is_the_gateways_own_business_or_said_why() {
        let mut gateway = gateway();
        for topic in ["zigbee2mqtt/bridge/state", "zigbee2mqtt/bridge/devices", "homeassistant/sensor/0x00158d/config"]
        {
            assert_eq!(gateway.owner(topic), Owner::Own, "{topic}");
        }
        assert_eq!(gateway.owner("zigbee2mqtt/another"), Owner::Unbound);
        for (payload, reason) in [
            (r#"{"battery":97}"#, Reason::NoCurrent),
            ("", Reason::Unreadable),
            ("ON", Reason::Unreadable),
            (r#"{"current":1e9}"#, Reason::OutOfRange),
            (&"{\"a\":".repeat(5_000), Reason::Unreadable),
        ] {
            assert_eq!(gateway.hear("zigbee2mqtt/lab/plug", payload).bad, Some(reason), "{payload:.60}");
        }
    }
}
