//! The device API of `ThingsBoard`: `{"ts":1451649600512,"values":{"current":1.2}}` on `v1/devices/me/telemetry`, the
//! values alone, or an array of either.
//!
//! `ThingsBoard` documentation, "MQTT Device API Reference", telemetry upload API. The device shows its access token
//! as the user name.

use super::Place;
use super::heard::{Ear, Unreadable};
use super::properties::{Properties, nothing_told};
use super::several::Several;
use serde_json::value::RawValue;

const ME: &str = "v1/devices/me";
/// Elements of an array.
const MOST: usize = 16_384;

pub(super) fn split(topic: &str) -> Option<Place<'_>> {
    match topic.strip_prefix(ME)? {
        "/telemetry" => Some(Place::data(ME, "")),
        rest if rest.starts_with('/') => Some(Place::other(ME)),
        _ => None,
    }
}

pub(super) fn read(payload: &[u8], ear: &mut Ear<'_>) -> Result<(), Unreadable> {
    if payload.trim_ascii_start().first() == Some(&b'[') {
        let Several(each): Several<&RawValue, MOST> =
            serde_json::from_slice(payload).map_err(|error| Unreadable::because(&error))?;
        for one in each {
            tell(&Properties::read(one.get().as_bytes())?, ear);
        }
        return Ok(());
    }
    tell(&Properties::read(payload)?, ear);
    Ok(())
}

fn tell(said: &Properties<'_>, ear: &mut Ear<'_>) {
    let timed = said.raw("values").filter(|values| values.get().starts_with('{'));
    let told = match timed.map(|values| Properties::read(values.get().as_bytes())) {
        Some(Ok(values)) => values.tell(said.time("ts"), ear, Some),
        Some(Err(bad)) => return ear.bad(bad),
        None => said.tell(None, ear, Some),
    };
    if !told {
        ear.bad(nothing_told());
    }
}

#[cfg(test)]
mod tests {
    use super::super::testing::{Client, Told};
    use super::super::{DialectKind, Owner};
    use super::ME;
    use crate::ingest::refusal::Reason;

    const THEN: i64 = 1_451_649_600_512;

    fn device(channel: &str) -> Client {
        Client::of(DialectKind::Thingsboard, &[(ME, channel)]).at(THEN + 1000)
    }

    fn hear(channel: &str, payload: &str) -> Told {
        device(channel).hear("v1/devices/me/telemetry", payload)
    }

    #[test]
    fn golden_samples() {
        // ThingsBoard documentation, "Telemetry upload API": the simple formats and the one with a time.
        let told = hear("current", r#"{"ts":1451649600512, "values":{"key1":"value1", "current":1.2}}"#);
        assert_eq!((told.amperes(), told.times()), (vec![(0, 1.2, false)], vec![Some(THEN)]));
        assert_eq!(hear("key2", r#"{"key1":"value1", "key2":"2.5"}"#).amperes(), [(0, 2.5, false)]);
        let told = hear("", r#"[{"power":460},{"ts":1451649600512,"values":{"current":3}},{"key1":true}]"#);
        assert_eq!((told.amperes(), told.bad), (vec![(0, 2.0, true), (0, 3.0, false)], Some(Reason::NoCurrent)));
    }

    #[test]
    fn the_rest_is_the_devices_own_business_or_said_why() {
        for topic in ["v1/devices/me/attributes", "v1/devices/me/rpc/response/1", "v1/devices/me/claim"] {
            assert_eq!(device("").owner(topic), Owner::Own, "{topic}");
        }
        assert_eq!(device("").owner("v1/gateway/telemetry"), Owner::Stranger);
        for (payload, reason) in [
            ("", Reason::Unreadable),
            ("7", Reason::Unreadable),
            ("[7]", Reason::Unreadable),
            ("{}", Reason::NoCurrent),
            (r#"{"ts":1,"values":{}}"#, Reason::NoCurrent),
            (r#"{"current":{"a":[1,2]}}"#, Reason::NoCurrent),
            (r#"{"current":"NaN"}"#, Reason::OutOfRange),
        ] {
            assert_eq!(hear("", payload).bad, Some(reason), "{payload}");
        }
    }
}
