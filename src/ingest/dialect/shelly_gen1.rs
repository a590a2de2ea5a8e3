//! Shelly, first generation: bare numbers on `shellies/<id>/relay/0/power` (W), and for energy meters on
//! `shellies/<id>/emeter/0/{power,voltage,current}`; `shellies/<id>/online` is `true` or `false`.
//!
//! Shelly API reference, Gen1 devices, "MQTT" of Shelly1/1PM, `ShellyEM` and Shelly3EM.

use super::Place;
use super::heard::{Ear, Measured, Unreadable};
use crate::ingest::refusal::Reason;

/// The component measured when a binding names none.
const RELAY: &str = "relay/0";

/// `shellies/<id>/{component}/{quantity}`. `<id>` may hold no `/`: the firmware does not let it.
pub(super) fn split(topic: &str) -> Option<Place<'_>> {
    let (id, part) = topic.strip_prefix("shellies/")?.split_once('/')?;
    Some(match part.rsplit_once('/').map_or(part, |(_, quantity)| quantity) {
        "power" | "current" | "voltage" => Place::data(id, part),
        "online" if part == "online" => Place::status(id),
        _ => Place::other(id),
    })
}

pub(super) fn read(part: &str, payload: &[u8], ear: &mut Ear<'_>) -> Result<(), Unreadable> {
    let value = number(payload)?;
    let (component, quantity) = part.rsplit_once('/').unwrap_or(("", part));
    for (at, binding) in ear.bindings() {
        let own = if binding.channel.is_empty() { RELAY } else { &*binding.channel };
        // Plugs that measure their supply say so once for all their relays.
        if component != own && !(component.is_empty() && quantity == "voltage") {
            continue;
        }
        let known = ear.memory.of(ear.first + at);
        match quantity {
            "voltage" => known.voltage = Some(value),
            "current" => {
                known.current = Some(value);
                ear.measured(at, Measured { current: Some(value), ..Measured::default() });
            }
            // A meter that says the current says the power too, a moment earlier: one reading, not two.
            _ if known.current.is_none() => {
                let voltage = known.voltage;
                ear.measured(at, Measured { power: Some(value), voltage, ..Measured::default() });
            }
            _ => {}
        }
    }
    Ok(())
}

/// A bare number as text.
pub(super) fn number(payload: &[u8]) -> Result<f64, Unreadable> {
    let text = str::from_utf8(payload.trim_ascii()).ok();
    text.and_then(|text| text.parse().ok()).ok_or_else(|| Unreadable::new(Reason::Unreadable, "not a number"))
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Client, Told};
    use super::super::{DialectKind, Owner};
    use super::*;

    #[test]
    fn golden_samples() {
        // Shelly API reference, Gen1: topics of Shelly1/1PM and Shelly3EM; the payloads are bare numbers.
        let mut plug = Client::of(DialectKind::ShellyGen1, &[("shelly1pm-B929CC", "")]);
        assert_eq!(plug.hear("shellies/shelly1pm-B929CC/relay/0/power", "106.30").amperes(), [(0, 0.462, true)]);
        assert_eq!(plug.hear("shellies/shelly1pm-B929CC/voltage", "212.6"), Told::default());
        assert_eq!(plug.hear("shellies/shelly1pm-B929CC/relay/0/power", "106.30").amperes(), [(0, 0.5, true)]);
        assert_eq!(plug.hear("shellies/shelly1pm-B929CC/relay/1/power", "500"), Told::default());
        assert_eq!(plug.hear("shellies/shelly1pm-B929CC/online", "true"), Told::default());
        assert_eq!(plug.hear("shellies/shelly1pm-B929CC/online", "false").gone, [0]);
    }

    #[test]
    fn a_meter_that_says_its_current_is_not_read_twice() {
        let mut meter = Client::of(DialectKind::ShellyGen1, &[("em3", "emeter/0"), ("em3", "emeter/1")]);
        assert_eq!(meter.hear("shellies/em3/emeter/1/power", "230").amperes(), [(1, 1.0, true)]);
        assert_eq!(meter.hear("shellies/em3/emeter/1/current", "1.10").amperes(), [(1, 1.1, false)]);
        assert_eq!(meter.hear("shellies/em3/emeter/1/power", "230"), Told::default());
        assert_eq!(meter.hear("shellies/em3/emeter/0/power", "0.00").amperes(), [(0, 0.0, true)]);
    }

    #[test]
    fn the_rest_is_the_plugs_own_business_or_said_why() {
        let mut plug = Client::of(DialectKind::ShellyGen1, &[("p", "")]);
        for topic in ["shellies/p/relay/0", "shellies/p/relay/0/energy", "shellies/p/info", "shellies/announce"] {
            assert_eq!(plug.owner(topic), Owner::Own, "{topic}");
        }
        assert_eq!(plug.owner("shellies/q/relay/0/power"), Owner::Stranger);
        for (payload, reason) in [
            ("", Reason::Unreadable),
            ("on", Reason::Unreadable),
            ("NaN", Reason::OutOfRange),
            ("1e300", Reason::OutOfRange),
        ] {
            assert_eq!(plug.hear("shellies/p/relay/0/power", payload).bad, Some(reason), "{payload}");
        }
    }
}
