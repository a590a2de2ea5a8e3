//! What a client may publish and subscribe to: deny by default.

use super::topic;
use crate::ingest::dialect::{Channel, DialectKind};
use crate::ingest::port::{Binding, Rights};
use std::collections::HashMap;
use std::sync::Arc;

/// Above this many bindings a client's names are looked up instead of compared.
const FEW: usize = 8;

/// What to do with a message a client published.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict {
    /// It is of one of its sensors: the binding's number, and what the topic carries.
    Sensor(usize, Channel),
    /// It is the client's own business, taken and left at that.
    Ignored,
    /// It goes to subscribers.
    Message,
    /// It is none of the client's topics.
    Denied,
}

/// A client's rights, ready to be looked up.
pub(super) enum Authority {
    Sensor { bindings: Arc<[Binding]>, by_name: HashMap<(DialectKind, Arc<str>), usize> },
    Service { subscribe: Arc<[Arc<str>]>, publish: Arc<[Arc<str>]> },
}

impl Authority {
    pub(super) fn new(rights: Rights) -> Self {
        match rights {
            Rights::Service { subscribe, publish } => Self::Service { subscribe, publish },
            Rights::Sensor { bindings } if bindings.len() <= FEW => Self::Sensor { bindings, by_name: HashMap::new() },
            Rights::Sensor { bindings } => {
                let name = |(at, binding): (usize, &Binding)| ((binding.dialect, binding.key().into()), at);
                let by_name = bindings.iter().enumerate().map(name).collect();
                Self::Sensor { bindings, by_name }
            }
        }
    }

    /// What may be done with a message to this topic, which is a valid one.
    pub(super) fn of_topic(&self, topic: &str) -> Verdict {
        match self {
            Self::Service { publish, .. } if topic::any_covers(publish, topic) => Verdict::Message,
            Self::Service { .. } => Verdict::Denied,
            Self::Sensor { bindings, .. } => {
                for dialect in DialectKind::ALL {
                    let named =
                        dialect.split(topic).and_then(|(name, channel)| Some((self.find(dialect, name)?, channel)));
                    if let Some((at, channel)) = named {
                        return if channel == Channel::Other { Verdict::Ignored } else { Verdict::Sensor(at, channel) };
                    }
                }
                let tolerated = bindings.iter().take(FEW).any(|binding| binding.dialect.tolerates(topic));
                if tolerated { Verdict::Ignored } else { Verdict::Denied }
            }
        }
    }

    pub(super) fn binding(&self, at: usize) -> Option<&Binding> {
        match self {
            Self::Sensor { bindings, .. } => bindings.get(at),
            Self::Service { .. } => None,
        }
    }

    /// Whether the client may subscribe to this filter, which is a valid one.
    pub(super) fn allows_filter(&self, filter: &str) -> bool {
        match self {
            Self::Service { subscribe, .. } => topic::any_covers(subscribe, filter),
            Self::Sensor { .. } => self.command_address(filter).is_some(),
        }
    }

    /// The address of one of the client's own sensors that a filter of commands is about.
    pub(super) fn command_address<'a>(&self, filter: &'a str) -> Option<&'a str> {
        let Self::Sensor { .. } = self else { return None };
        DialectKind::ALL.into_iter().find_map(|dialect| {
            let address = dialect.command_address(filter)?;
            let name =
                address.strip_prefix("cmnd/").or_else(|| address.strip_prefix("dayi/v1/")?.strip_suffix("/command"))?;
            self.find(dialect, name).map(|_| address)
        })
    }

    fn find(&self, dialect: DialectKind, name: &str) -> Option<usize> {
        match self {
            Self::Service { .. } => None,
            Self::Sensor { bindings, by_name } if by_name.is_empty() => {
                bindings.iter().position(|binding| binding.dialect == dialect && binding.key() == name)
            }
            Self::Sensor { by_name, .. } => by_name.get(&(dialect, Arc::from(name))).copied(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn sensor(bindings: Vec<Binding>) -> Authority {
        Authority::new(Rights::Sensor { bindings: bindings.into() })
    }

    #[test]
    fn a_sensor_publishes_only_under_its_own_bindings() {
        let authority =
            sensor(vec![Binding::dayi("a".parse().unwrap()), Binding::tasmota("b".parse().unwrap(), "lab/plug")]);
        for (topic, verdict) in [
            ("dayi/v1/a/telemetry", Verdict::Sensor(0, Channel::Telemetry)),
            ("dayi/v1/a/status", Verdict::Sensor(0, Channel::Status)),
            ("tele/lab/plug/SENSOR", Verdict::Sensor(1, Channel::Telemetry)),
            ("tele/lab/plug/LWT", Verdict::Sensor(1, Channel::Status)),
            ("tele/lab/plug/STATE", Verdict::Ignored),
            ("stat/lab/plug/RESULT", Verdict::Ignored),
            ("tasmota/discovery/AABB/config", Verdict::Ignored),
            ("dayi/v1/b/telemetry", Verdict::Denied),
            ("dayi/v1/a/state", Verdict::Denied),
            ("tele/plug/SENSOR", Verdict::Denied),
            ("tele/a/SENSOR", Verdict::Denied),
            ("电/流", Verdict::Denied),
        ] {
            assert_eq!(authority.of_topic(topic), verdict, "{topic}");
        }
    }

    #[test]
    fn a_sensor_hears_only_its_own_commands() {
        let authority =
            sensor(vec![Binding::dayi("a".parse().unwrap()), Binding::tasmota("b".parse().unwrap(), "plug")]);
        for good in ["dayi/v1/a/command/#", "dayi/v1/a/command", "dayi/v1/a/command/+/x", "cmnd/plug/#"] {
            assert!(authority.allows_filter(good), "{good}");
        }
        for bad in ["#", "dayi/#", "dayi/v1/+/command/#", "dayi/v1/b/command/#", "dayi/v1/a/#", "cmnd/+/#", "cmnd/#"] {
            assert!(!authority.allows_filter(bad), "{bad}");
        }
    }

    #[test]
    fn a_gateway_with_many_bindings_is_looked_up() {
        let ids = (0..100).map(|n| format!("i{n}").parse().unwrap());
        let authority = sensor(ids.map(Binding::dayi).collect());
        assert_eq!(authority.of_topic("dayi/v1/i99/telemetry"), Verdict::Sensor(99, Channel::Telemetry));
        assert_eq!(authority.of_topic("dayi/v1/i100/telemetry"), Verdict::Denied);
    }

    #[test]
    fn a_service_has_what_it_was_given() {
        let authority = Authority::new(Rights::Service {
            subscribe: Arc::from([Arc::from("dayi/v1/+/state")]),
            publish: Arc::from([Arc::from("dayi/v1/+/command/#")]),
        });
        assert!(authority.allows_filter("dayi/v1/+/state") && authority.allows_filter("dayi/v1/a/state"));
        assert!(!authority.allows_filter("#") && !authority.allows_filter("dayi/v1/+/telemetry"));
        assert_eq!(authority.of_topic("dayi/v1/a/command/reboot"), Verdict::Message);
        assert_eq!(authority.of_topic("dayi/v1/a/telemetry"), Verdict::Denied);
    }
}
