//! What the fuzz targets of `fuzz/` reach: the front's insides, without a socket. Not for any other use.

use super::dialect::{Heard, Moment, Owner, Roster};
use super::port::Binding;
use crate::domain::DialectKind;
use jiff::tz::Offset;

pub use super::gate::fuzzing::{packets, topics};

/// Payloads of one session between which its memory lasts.
const MOST: usize = 64;

/// Reads messages of a client whose sensors speak `dialect`, one after the other in one session. The input is
/// `topic, line break, payload` of each, with `0xff 0xff 0xff 0xff` between two.
///
/// # Panics
/// When the dialect breaks what it promises.
pub fn dialect(dialect: DialectKind, input: &[u8]) {
    let mut roster = Roster::new(&bindings(dialect));
    let mut heard = Heard::default();
    let moment = Moment { received_ms: 1_700_000_000_000, zone: Offset::constant(8) };
    let mut rest = input;
    for _ in 0..MOST {
        let (message, behind) = match rest.windows(4).position(|four| four == [0xff; 4]) {
            Some(at) => (&rest[..at], Some(&rest[at + 4..])),
            None => (rest, None),
        };
        let line = message.iter().position(|byte| *byte == b'\n').unwrap_or(message.len());
        let (topic, payload) = (&message[..line], message.get(line + 1..).unwrap_or_default());
        if let Ok(topic) = str::from_utf8(topic)
            && let Owner::Bound(target) = roster.owner(topic)
        {
            roster.hear(&target, payload, moment, &mut heard);
            for (at, reading) in &heard.readings {
                assert!(roster.binding(*at).is_some(), "a reading of no binding");
                assert!((0.0..=10_000.0).contains(&reading.current_a), "a current that cannot flow");
            }
            assert!(heard.gone.iter().all(|at| roster.binding(*at).is_some()), "an end of no binding");
            assert!(heard.readings.len() <= 8 * payload.len() + 8, "more readings than bytes can say");
        }
        let Some(behind) = behind else { return };
        rest = behind;
    }
}

/// Bindings of the prefixes and channels that the tests of the dialects use, so that their payloads are seeds.
fn bindings(dialect: DialectKind) -> Vec<Binding> {
    let prefixes: &[&str] = match dialect {
        DialectKind::Dayi => &["a"],
        DialectKind::Tasmota => &["plug"],
        DialectKind::ShellyGen1 => &["shelly1pm-B929CC", "em3", "p"],
        DialectKind::Shelly => &["plug", "p"],
        DialectKind::Zigbee2mqtt => &["zigbee2mqtt/lab/plug", "zigbee2mqtt/two"],
        DialectKind::Esphome => &["livingroom", "a/b"],
        DialectKind::Sparkplug => &["g/n", "g/n/d", "g/n/e"],
        DialectKind::Senml => &["any/topic"],
        DialectKind::Thingsboard => &["v1/devices/me"],
        DialectKind::Aliyun => &["a1B2c3/meter-1"],
        DialectKind::Onenet => &["X2N4/meter"],
        DialectKind::Huawei => &["5e06bfee334dd4f33759f5b3_demo"],
        DialectKind::Jetlinks => &["1236859833832701952/meter-1", "p/gate/child/c1"],
    };
    let channels: &[&str] = match dialect {
        DialectKind::Dayi => &[""],
        DialectKind::Tasmota => &["", "1", "255"],
        DialectKind::ShellyGen1 => &["", "emeter/0", "emeter/1"],
        DialectKind::Shelly => &["", "pm1:0", "em:0", "em:0/b"],
        DialectKind::Zigbee2mqtt => &["", "l1"],
        DialectKind::Sparkplug => &["", "Motor/Power@kW", "Feed", "current"],
        DialectKind::Senml => &["", "p", "urn:dev:ow:10e2073a01080063:current"],
        DialectKind::Huawei => &["", "Phase/value", "value@mA"],
        _ => &["", "RMSCurrent", "Power@W", "phase_b@W"],
    };
    let each = prefixes.iter().flat_map(|prefix| channels.iter().map(move |channel| (*prefix, *channel)));
    each.filter_map(|(prefix, channel)| {
        let binding = Binding::dayi("a".parse().ok()?);
        Some(Binding { dialect, prefix: prefix.into(), channel: channel.into(), ..binding })
    })
    .collect()
}
