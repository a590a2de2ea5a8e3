use serde::{Deserialize, Serialize};

/// How a sensor names its topics and writes its payloads.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum DialectKind {
    /// dayi's own: `dayi/v1/{instrument}/telemetry` (JSON), `…/telemetry/cbor` and `…/status`.
    Dayi,
    /// Tasmota plugs: `tele/<t>/SENSOR` and `tele/<t>/LWT`.
    Tasmota,
    /// Shelly plugs of the first generation: `shellies/<id>/relay/0/power`.
    ShellyGen1,
    /// Shelly devices from the second generation on: `<prefix>/status/switch:0` and `<prefix>/events/rpc`.
    Shelly,
    /// Zigbee2MQTT gateways: `zigbee2mqtt/<name>`.
    Zigbee2mqtt,
    /// ESPHome nodes: `<prefix>/sensor/<name>/state`.
    Esphome,
    /// Eclipse Sparkplug B edge nodes: `spBv1.0/{group}/DDATA/{node}/{device}`.
    Sparkplug,
    /// SenML (RFC 8428) in JSON or CBOR, on any topic.
    Senml,
    /// The device API of `ThingsBoard`: `v1/devices/me/telemetry`.
    Thingsboard,
    /// Aliyun IoT (阿里云物联网平台): `/sys/{pk}/{dn}/thing/event/property/post`.
    Aliyun,
    /// China Mobile's OneNET: `$sys/{pid}/{dn}/thing/property/post`.
    Onenet,
    /// Huawei Cloud's IoTDA: `$oc/devices/{id}/sys/properties/report`.
    Huawei,
    /// JetLinks: `/{productId}/{deviceId}/properties/report`.
    Jetlinks,
}

/// The longest prefix, in bytes.
const LONGEST_PREFIX: usize = 200;
/// The longest channel, in bytes.
const LONGEST_CHANNEL: usize = 100;

impl DialectKind {
    /// Every dialect.
    pub const ALL: [Self; 13] = [
        Self::Dayi,
        Self::Tasmota,
        Self::ShellyGen1,
        Self::Shelly,
        Self::Zigbee2mqtt,
        Self::Esphome,
        Self::Sparkplug,
        Self::Senml,
        Self::Thingsboard,
        Self::Aliyun,
        Self::Onenet,
        Self::Huawei,
        Self::Jetlinks,
    ];

    /// The name used in bindings.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Dayi => "dayi",
            Self::Tasmota => "tasmota",
            Self::ShellyGen1 => "shelly-gen1",
            Self::Shelly => "shelly",
            Self::Zigbee2mqtt => "zigbee2mqtt",
            Self::Esphome => "esphome",
            Self::Sparkplug => "sparkplug",
            Self::Senml => "senml",
            Self::Thingsboard => "thingsboard",
            Self::Aliyun => "aliyun",
            Self::Onenet => "onenet",
            Self::Huawei => "huawei",
            Self::Jetlinks => "jetlinks",
        }
    }

    /// The dialect of this name.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|dialect| dialect.name() == name)
    }

    /// The names of all dialects, for whoever has to choose.
    #[must_use]
    pub fn names() -> String {
        Self::ALL.map(Self::name).join(", ")
    }

    /// Whether this can be a sensor's name in its topics.
    ///
    /// # Errors
    /// What it has to be instead.
    pub fn check_prefix(self, prefix: &str) -> Result<(), String> {
        if prefix.is_empty() || prefix.len() > LONGEST_PREFIX || prefix.contains(['+', '#', '\0']) {
            return Err(format!("prefix is 1 to {LONGEST_PREFIX} bytes without +, # and NUL"));
        }
        let levels: Vec<&str> = prefix.split('/').collect();
        let whole = levels.iter().all(|level| !level.is_empty());
        let (fits, is) = match self {
            Self::Dayi => (true, "the instrument's id"),
            Self::Tasmota => (true, "Tasmota's topic, the <t> of tele/<t>/SENSOR"),
            Self::ShellyGen1 => (levels.len() == 1, "the device's id, the <id> of shellies/<id>/relay/0/power"),
            Self::Shelly => (is_free(prefix), "the device's MQTT prefix, the <prefix> of <prefix>/status/switch:0"),
            Self::Zigbee2mqtt => (is_free(prefix) && levels.len() > 1, "the device's whole topic, zigbee2mqtt/<name>"),
            Self::Esphome => (is_free(prefix), "the node's topic prefix, the <prefix> of <prefix>/sensor/<name>/state"),
            Self::Sparkplug => (whole && matches!(levels.len(), 2 | 3), "{group}/{node} or {group}/{node}/{device}"),
            Self::Senml => (is_free(prefix), "the whole topic"),
            Self::Thingsboard => (prefix == "v1/devices/me", "v1/devices/me"),
            Self::Aliyun => (whole && levels.len() == 2, "{productKey}/{deviceName}"),
            Self::Onenet => (whole && levels.len() == 2, "{pid}/{device-name}"),
            Self::Huawei => (levels.len() == 1, "{device_id}"),
            Self::Jetlinks => (whole && levels.len() >= 2, "{productId}/{deviceId}"),
        };
        if fits { Ok(()) } else { Err(format!("prefix is, for the dialect {}, {is}", self.name())) }
    }

    /// Whether this can name one of a sensor's values. An empty channel is the dialect's usual one.
    ///
    /// # Errors
    /// What it has to be instead.
    pub fn check_channel(self, channel: &str) -> Result<(), String> {
        if channel.is_empty() {
            return Ok(());
        }
        if channel.len() > LONGEST_CHANNEL || channel.chars().any(char::is_control) {
            return Err(format!("channel is at most {LONGEST_CHANNEL} bytes without control characters"));
        }
        let digits = |text: &str| !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        let (fits, is) = match self {
            Self::Dayi => (false, "empty"),
            Self::Tasmota => (channel.parse::<u8>().is_ok(), "the place in an array, from 0"),
            Self::ShellyGen1 => {
                let component = channel.rsplit_once('/');
                (component.is_some_and(|(_, number)| digits(number)), "a component such as relay/1 or emeter/0")
            }
            Self::Shelly => {
                let component = channel.split_once('/').map_or(channel, |(component, _)| component);
                let number = component.split_once(':').is_some_and(|(_, number)| digits(number));
                (number, "a component such as switch:1, pm1:0 or em:0/a")
            }
            Self::Zigbee2mqtt => (!channel.contains('/'), "an endpoint such as l1"),
            Self::Senml => (true, "a record's name"),
            Self::Esphome
            | Self::Sparkplug
            | Self::Thingsboard
            | Self::Aliyun
            | Self::Onenet
            | Self::Huawei
            | Self::Jetlinks => {
                let unit = channel.rsplit_once('@');
                let fits = unit.is_none_or(|(name, unit)| !name.is_empty() && matches!(unit, "A" | "mA" | "W" | "kW"));
                (fits, "a value's name, and behind an @ its unit if that is not A: mA, W or kW")
            }
        };
        if fits { Ok(()) } else { Err(format!("channel is, for the dialect {}, {is}", self.name())) }
    }
}

/// Whether a prefix that begins topics leaves the server's own and the broker's alone.
fn is_free(prefix: &str) -> bool {
    !prefix.starts_with("dayi/") && prefix != "dayi" && !prefix.starts_with('$')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_dialect_is_found_by_its_name_and_written_by_it() {
        for dialect in DialectKind::ALL {
            assert_eq!(DialectKind::named(dialect.name()), Some(dialect));
            assert_eq!(serde_json::to_value(dialect).unwrap(), dialect.name());
        }
        assert_eq!(DialectKind::named("morse"), None);
    }

    #[test]
    fn prefixes_are_what_the_dialects_topics_hold() {
        for (dialect, good, bad) in [
            (DialectKind::Dayi, "sem-3", ""),
            (DialectKind::Tasmota, "lab/3/plug", "a/+"),
            (DialectKind::ShellyGen1, "shelly1pm-B929CC", "shellies/shelly1pm-B929CC"),
            (DialectKind::Shelly, "lab/plug", "dayi/v1/sem-3"),
            (DialectKind::Zigbee2mqtt, "zigbee2mqtt/lab/plug", "plug"),
            (DialectKind::Esphome, "lab", "$SYS"),
            (DialectKind::Sparkplug, "g/n/d", "g//d"),
            (DialectKind::Senml, "any/topic", "#"),
            (DialectKind::Thingsboard, "v1/devices/me", "me"),
            (DialectKind::Aliyun, "k/d", "k"),
            (DialectKind::Onenet, "p/d", "p/d/e"),
            (DialectKind::Huawei, "d", "a/d"),
            (DialectKind::Jetlinks, "p/d/child/c", "p"),
        ] {
            assert_eq!(dialect.check_prefix(good), Ok(()), "{good}");
            assert!(dialect.check_prefix(bad).is_err(), "{bad}");
        }
        assert!(DialectKind::Tasmota.check_prefix(&"x".repeat(201)).is_err());
    }

    #[test]
    fn channels_are_what_the_dialects_can_find() {
        for (dialect, good, bad) in [
            (DialectKind::Dayi, "", "0"),
            (DialectKind::Tasmota, "2", "a"),
            (DialectKind::ShellyGen1, "emeter/0", "emeter"),
            (DialectKind::Shelly, "em:0/a", "em"),
            (DialectKind::Zigbee2mqtt, "l1", "l/1"),
            (DialectKind::Esphome, "phase_b@W", "phase_b@hp"),
            (DialectKind::Sparkplug, "Motor/Current", "Motor@"),
            (DialectKind::Senml, "urn:dev:x:current", "a\u{7}"),
            (DialectKind::Huawei, "Power/current@mA", "@mA"),
        ] {
            assert_eq!(dialect.check_channel(good), Ok(()), "{good}");
            assert!(dialect.check_channel(bad).is_err(), "{bad}");
        }
    }
}
