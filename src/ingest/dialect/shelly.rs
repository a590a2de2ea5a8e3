//! Shelly from the second generation on: `{"id":0,"output":true,"apower":106.3,"voltage":230.3,"current":0.667}` on
//! `<prefix>/status/switch:0`, and the same for `pm1:0`, `em:0` and `em1:0`; on `<prefix>/events/rpc` a NotifyStatus
//! holds only what changed; `<prefix>/online` is `true` or `false`.
//!
//! Shelly API documentation, Gen2+: "MQTT" component, "Notifications", and the status of Switch, PM1, EM and EM1. A
//! channel names the component, and of a three-phase meter the phase: `em:0/a`; without a phase its total.

use super::Place;
use super::heard::{Ear, Measured, Unreadable, whole_ms};
use super::properties::Properties;
use serde::Deserialize;
use std::borrow::Cow;

/// The component measured when a binding names none.
const SWITCH: &str = "switch:0";
const EVENTS: &str = "events/rpc";

pub(super) fn split(topic: &str) -> Option<Place<'_>> {
    if let Some(prefix) = topic.strip_suffix("/online") {
        return Some(Place::status(prefix));
    }
    if let Some(prefix) = topic.strip_suffix("/events/rpc") {
        return Some(Place::data(prefix, EVENTS));
    }
    let (prefix, component) = topic.rsplit_once("/status/")?;
    Some(Place::data(prefix, component))
}

/// `<prefix>/rpc`, where the device takes requests.
pub(super) fn command_address(topic: &str) -> Option<(&str, String)> {
    let prefix = topic.strip_suffix("/rpc").filter(|prefix| !prefix.is_empty() && !prefix.ends_with("/events"))?;
    Some((topic, prefix.to_owned()))
}

#[derive(Deserialize)]
struct Notification<'a> {
    #[serde(borrow)]
    method: Cow<'a, str>,
    #[serde(borrow, default)]
    params: Properties<'a>,
}

pub(super) fn read(part: &str, payload: &[u8], ear: &mut Ear<'_>) -> Result<(), Unreadable> {
    if part != EVENTS {
        if !ear.bindings.iter().any(|binding| component_of(&binding.channel).0 == part) {
            return Ok(());
        }
        let status = Properties::read(payload)?;
        return match tell(part, &status, None, ear) {
            true => Ok(()),
            false => Err(Unreadable::no_current("a component that does not measure")),
        };
    }
    let event: Notification<'_> = serde_json::from_slice(payload).map_err(|error| Unreadable::because(&error))?;
    if !matches!(&*event.method, "NotifyStatus" | "NotifyFullStatus") {
        return Ok(());
    }
    let ts_ms = event.params.number("ts").map(|seconds| whole_ms(seconds * 1000.0));
    for component in event.params.names().filter(|name| name.contains(':')) {
        // Components that no binding names need not be of a form that is known here.
        if !ear.bindings.iter().any(|binding| component_of(&binding.channel).0 == component) {
            continue;
        }
        let Some(status) = event.params.raw(component) else { continue };
        match Properties::read(status.get().as_bytes()) {
            // A part without a current or a power, of a component that has not said all yet, is nothing wrong.
            Ok(status) => drop(tell(component, &status, ts_ms, ear)),
            Err(bad) => ear.bad(bad),
        }
    }
    Ok(())
}

/// A channel's component and phase.
fn component_of(channel: &str) -> (&str, &str) {
    let channel = if channel.is_empty() { SWITCH } else { channel };
    channel.split_once('/').unwrap_or((channel, ""))
}

/// Tells what the status of a component, or a part of it, says; whether anything is known of it.
fn tell(component: &str, status: &Properties<'_>, ts_ms: Option<i64>, ear: &mut Ear<'_>) -> bool {
    let mut any = false;
    for (at, binding) in ear.bindings() {
        let (own, phase) = component_of(&binding.channel);
        if own != component {
            continue;
        }
        let of = |quantity: &str| match (component.starts_with("em:"), phase) {
            (false, _) => status.number(quantity),
            (true, "") => status.number(&format!("total_{quantity}")),
            (true, phase) => status.number(&format!("{phase}_{quantity}")),
        };
        let power = of("apower").or_else(|| of("act_power"));
        let said = Measured { current: of("current"), power, voltage: of("voltage"), ts_ms };
        let known = ear.memory.of(ear.first + at);
        known.merge(&said);
        let all = known.measured(ts_ms);
        // What a part of a status leaves out is as it was. Only a relay that has just switched says so before it has
        // measured anew.
        any |= !all.is_empty();
        let just_switched = said.is_empty() && status.raw("output").is_some();
        if !all.is_empty() && !just_switched {
            ear.measured(at, all);
        }
    }
    any
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Client, NOW, Told};
    use super::super::{DialectKind, Owner};
    use super::*;
    use crate::ingest::refusal::Reason;

    #[test]
    fn golden_samples() {
        // Shelly API documentation, Gen2+: the status of Switch (with its figures), PM1 and EM.
        let bindings = [("plug", ""), ("plug", "pm1:0"), ("plug", "em:0"), ("plug", "em:0/b")];
        let mut device = Client::of(DialectKind::Shelly, &bindings);
        let switch = r#"{"id":0,"source":"WS_in","output":true,"apower":106.3,"voltage":230.3,"current":0.667,"pf":0.69,"aenergy":{"total":6.532,"by_minute":[45.199,47.141,88.397],"minute_ts":1626935779},"temperature":{"tC":23.5,"tF":74.4}}"#;
        assert_eq!(device.hear("plug/status/switch:0", switch).amperes(), [(0, 0.667, false)]);
        let pm1 = r#"{"id":0,"voltage":231.5,"current":0.125,"apower":25.3,"freq":50}"#;
        assert_eq!(device.hear("plug/status/pm1:0", pm1).amperes(), [(1, 0.125, false)]);
        let em = r#"{"id":0,"a_current":4.029,"a_voltage":236.1,"a_act_power":951.2,"b_current":4.027,"b_voltage":236.201,"b_act_power":-951.1,"n_current":11.029,"total_current":11.083,"total_act_power":2484.782}"#;
        assert_eq!(device.hear("plug/status/em:0", em).amperes(), [(2, 11.083, false), (3, 4.027, false)]);
        assert_eq!(device.hear("plug/online", "false").gone.len(), 4);
    }

    #[test]
    fn a_notification_holds_only_what_changed() {
        let mut plug = Client::of(DialectKind::Shelly, &[("plug", "")]);
        let notify = |status: &str| {
            format!(
                r#"{{"src":"shellyplus1pm-a8032abe54dc","dst":"plug/events","method":"NotifyStatus","params":{{"ts":1699999999.25,"switch:0":{status}}}}}"#
            )
        };
        let mut hear = |topic: &str, payload: &str| plug.hear(topic, payload);
        let unknown = hear("plug/events/rpc", &notify(r#"{"id":0,"temperature":{"tC":23.5}}"#));
        assert_eq!(unknown, Told::default(), "nothing is known yet, and nothing is wrong");
        hear("plug/status/switch:0", r#"{"id":0,"output":true,"apower":106.3,"voltage":230.3,"current":0.667}"#);
        let energy = hear("plug/events/rpc", &notify(r#"{"id":0,"aenergy":{"total":11.3}}"#));
        assert_eq!((energy.amperes(), energy.times()), (vec![(0, 0.667, false)], vec![Some(NOW - 750)]));
        let switched = hear("plug/events/rpc", &notify(r#"{"id":0,"output":false,"source":"button"}"#));
        assert_eq!(switched, Told::default(), "it has not measured since");
        let measured = hear("plug/events/rpc", &notify(r#"{"id":0,"apower":0,"current":0}"#));
        assert_eq!(measured.amperes(), [(0, 0.0, false)]);
        let other = r#"{"method":"NotifyEvent","params":{"ts":1,"events":[]}}"#;
        assert_eq!(hear("plug/events/rpc", other), Told::default());
        assert_eq!(hear("plug/events/rpc", &notify("7")).bad, Some(Reason::Unreadable));
        assert_eq!(hear("plug/events/rpc", "{}").bad, Some(Reason::Unreadable));
        assert_eq!(hear("plug/status/wifi", "not even JSON"), Told::default());
    }

    #[test]
    fn a_plug_that_measures_watts_alone_is_converted() {
        let mut plug = Client::of(DialectKind::Shelly, &[("p", "switch:1")]);
        assert_eq!(plug.hear("p/status/switch:1", r#"{"apower":460}"#).amperes(), [(0, 2.0, true)]);
        assert_eq!(plug.hear("p/status/switch:1", r#"{"voltage":115}"#).amperes(), [(0, 4.0, true)]);
        let mut relay = Client::of(DialectKind::Shelly, &[("p", "")]);
        assert_eq!(relay.hear("p/status/switch:0", r#"{"id":0,"output":true}"#).bad, Some(Reason::NoCurrent));
    }

    #[test]
    fn topics_begin_with_the_devices_own_prefix() {
        assert_eq!(split("lab/3/plug/status/switch:0"), Some(Place::data("lab/3/plug", "switch:0")));
        assert_eq!(command_address("lab/plug/rpc"), Some(("lab/plug/rpc", "lab/plug".into())));
        assert_eq!(command_address("lab/plug/events/rpc"), None);
        let plug = Client::of(DialectKind::Shelly, &[("lab/plug", "")]);
        assert_eq!(plug.owner("lab/plug/debug/log"), Owner::Own);
        assert_eq!(plug.owner("lab/plugs/status/switch:0"), Owner::Stranger);
        assert_eq!(plug.command_address("lab/plug/rpc"), Some("lab/plug/rpc"));
        assert_eq!(plug.command_address("other/rpc"), None);
    }
}
