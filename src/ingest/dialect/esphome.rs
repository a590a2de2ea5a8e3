//! `ESPHome`: a bare number on `<prefix>/sensor/<name>/state`, `online` or `offline` on `<prefix>/status`.
//!
//! `ESPHome` documentation, "MQTT Client Component" (`topic_prefix`, `birth_message`, `will_message`) and "MQTT
//! component base configuration" (default state topic). A sensor without a value publishes `nan`.

use super::Place;
use super::heard::{Ear, Unreadable};
use super::pick::{Pick, Unit};
use super::shelly_gen1::number;

/// The sensor that is read when a binding names none.
const CURRENT: Pick<'_> = Pick { name: "current", unit: Unit::Ampere };

pub(super) fn split(topic: &str) -> Option<Place<'_>> {
    if let Some(prefix) = topic.strip_suffix("/status") {
        return Some(Place::status(prefix));
    }
    let (prefix, name) = topic.strip_suffix("/state")?.rsplit_once("/sensor/")?;
    Some(Place::data(prefix, name))
}

pub(super) fn read(name: &str, payload: &[u8], ear: &mut Ear<'_>) -> Result<(), Unreadable> {
    let mut value = None;
    for (at, binding) in ear.bindings() {
        let pick = Pick::of(&binding.channel).unwrap_or(CURRENT);
        let known = ear.memory.of(ear.first + at);
        // The other sensors of a node are none of ours; what they say need not even be a number.
        if pick.name == name {
            let value = *value.get_or_insert(number(payload)?);
            if value.is_nan() {
                return Err(Unreadable::no_current("the sensor has no value"));
            }
            let voltage = known.voltage;
            ear.measured(at, pick.unit.measured(value, voltage, None));
        } else if name == "voltage" {
            known.voltage = number(payload).ok();
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Client, Told};
    use super::super::{DialectKind, Owner};
    use crate::ingest::refusal::Reason;

    #[test]
    fn golden_samples() {
        // ESPHome documentation, "MQTT Client Component": <TOPIC_PREFIX>/<COMPONENT_TYPE>/<COMPONENT_NAME>/state.
        let mut node = Client::of(DialectKind::Esphome, &[("livingroom", ""), ("livingroom", "phase_b@W")]);
        assert_eq!(node.hear("livingroom/sensor/current/state", "0.435").amperes(), [(0, 0.435, false)]);
        assert_eq!(node.hear("livingroom/sensor/phase_b/state", "460.0").amperes(), [(1, 2.0, true)]);
        assert_eq!(node.hear("livingroom/sensor/voltage/state", "115.0"), Told::default());
        assert_eq!(node.hear("livingroom/sensor/phase_b/state", "460.0").amperes(), [(1, 4.0, true)]);
        assert_eq!(node.hear("livingroom/sensor/version/state", "2024.6.1"), Told::default());
        assert_eq!(node.hear("livingroom/status", "offline").gone, [0, 1]);
    }

    #[test]
    fn the_rest_is_the_nodes_own_business_or_said_why() {
        let mut node = Client::of(DialectKind::Esphome, &[("a/b", "")]);
        for topic in ["a/b/debug", "a/b/switch/relay/state", "homeassistant/sensor/b/current/config"] {
            assert_eq!(node.owner(topic), Owner::Own, "{topic}");
        }
        for topic in ["a/bc/debug", "a", "b/sensor/current/state"] {
            assert_eq!(node.owner(topic), Owner::Stranger, "{topic}");
        }
        assert_eq!(node.hear("a/b/sensor/current/state", "nan").bad, Some(Reason::NoCurrent));
        assert_eq!(node.hear("a/b/sensor/current/state", "x").bad, Some(Reason::Unreadable));
    }
}
