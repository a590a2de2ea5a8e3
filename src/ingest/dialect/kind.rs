//! Every dialect: whose a topic is, and which file reads its payload.

use super::heard::{Ear, Unreadable};
use super::{
    Content, Place, dayi, esphome, platforms, presence, senml, shelly, shelly_gen1, sparkplug, tasmota, thingsboard,
    zigbee2mqtt,
};
use crate::domain::DialectKind;
use crate::ingest::port::Binding;

impl DialectKind {
    /// Whose a topic of this dialect is, and what it carries.
    pub(in crate::ingest) fn split(self, topic: &str) -> Option<Place<'_>> {
        match self {
            Self::Dayi => dayi::split(topic),
            Self::Tasmota => tasmota::split(topic),
            Self::ShellyGen1 => shelly_gen1::split(topic),
            Self::Shelly => shelly::split(topic),
            Self::Zigbee2mqtt => zigbee2mqtt::split(topic),
            Self::Esphome => esphome::split(topic),
            Self::Sparkplug => sparkplug::split(topic),
            Self::Senml => Some(Place::data(topic, "")),
            Self::Thingsboard => thingsboard::split(topic),
            Self::Aliyun => platforms::aliyun::split(topic),
            Self::Onenet => platforms::onenet::split(topic),
            Self::Huawei => platforms::huawei::split(topic),
            Self::Jetlinks => platforms::jetlinks::split(topic),
        }
    }

    /// Whether a topic is about a sensor named in a binding and everything below it, as Sparkplug's are about an edge
    /// node and its devices.
    pub(super) fn reaches_below(self) -> bool {
        self == Self::Sparkplug
    }

    /// Whether one client of this dialect speaks for sensors that may not be bound yet.
    pub(super) fn is_of_gateways(self) -> bool {
        matches!(
            self,
            Self::Zigbee2mqtt | Self::Sparkplug | Self::Aliyun | Self::Onenet | Self::Huawei | Self::Jetlinks
        )
    }

    /// Whether a sensor bound by `prefix` publishes the topic too, without a word about the current.
    pub(super) fn tolerates(self, topic: &str, prefix: &str) -> bool {
        let below = |root: &str| topic.strip_prefix(root).is_some_and(|rest| rest.starts_with('/'));
        match self {
            Self::Tasmota => topic.starts_with("tasmota/discovery/") || topic.starts_with("homeassistant/"),
            Self::ShellyGen1 => topic == "shellies/announce",
            Self::Shelly => below(prefix),
            Self::Zigbee2mqtt => zigbee2mqtt::is_bridge(topic, prefix) || topic.starts_with("homeassistant/"),
            Self::Esphome => {
                below(prefix) || topic.starts_with("homeassistant/") || topic.starts_with("esphome/discover/")
            }
            Self::Thingsboard => topic.starts_with("v1/devices/me/"),
            Self::Dayi
            | Self::Sparkplug
            | Self::Senml
            | Self::Aliyun
            | Self::Onenet
            | Self::Huawei
            | Self::Jetlinks => false,
        }
    }

    /// The part of a topic or filter that addresses the commands of one sensor, and the sensor's name.
    pub(in crate::ingest) fn command_address(self, topic: &str) -> Option<(&str, String)> {
        match self {
            Self::Dayi => dayi::command_address(topic),
            Self::Tasmota => tasmota::command_address(topic),
            Self::Shelly => shelly::command_address(topic),
            Self::Sparkplug => sparkplug::command_address(topic),
            _ => None,
        }
    }

    /// Reads the payload of a topic that [`split`](Self::split) knew. Never panics, whatever the bytes.
    pub(super) fn read(self, content: Content<'_>, payload: &[u8], ear: &mut Ear<'_>) -> Result<(), Unreadable> {
        let part = match content {
            Content::Data(part) => part,
            Content::Status => return presence::read(payload, ear),
            Content::Other => return Ok(()),
        };
        match self {
            Self::Dayi => dayi::read(part, payload, ear),
            Self::Tasmota => tasmota::read(payload, ear),
            Self::ShellyGen1 => shelly_gen1::read(part, payload, ear),
            Self::Shelly => shelly::read(part, payload, ear),
            Self::Zigbee2mqtt => zigbee2mqtt::read(payload, ear),
            Self::Esphome => esphome::read(part, payload, ear),
            Self::Sparkplug => sparkplug::read(part, payload, ear),
            Self::Senml => senml::read(payload, ear),
            Self::Thingsboard => thingsboard::read(payload, ear),
            Self::Aliyun => platforms::aliyun::read(payload, ear),
            Self::Onenet => platforms::onenet::read(payload, ear),
            Self::Huawei => platforms::huawei::read(payload, ear),
            Self::Jetlinks => platforms::jetlinks::read(part, payload, ear),
        }
    }
}

impl Binding {
    /// The name by which the binding's dialect finds it.
    pub(crate) fn key(&self) -> &str {
        match self.dialect {
            DialectKind::Dayi => self.instrument.as_str(),
            _ => &self.prefix,
        }
    }
}
