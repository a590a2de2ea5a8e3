//! What a client may publish and subscribe to: deny by default.

use super::exchange::INSTRUMENTS;
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

/// Whether a client may subscribe to a filter.
#[derive(Debug, PartialEq)]
pub(super) enum Filtering {
    Allowed,
    /// It is none of the client's topics.
    Denied,
    /// The configuration closes it to guests, without a reason.
    Closed,
}

/// A client's rights, ready to be looked up.
pub(super) enum Authority {
    Sensor {
        bindings: Arc<[Binding]>,
        by_name: HashMap<(DialectKind, Arc<str>), usize>,
    },
    Service {
        subscribe: Arc<[Arc<str>]>,
        publish: Arc<[Arc<str>]>,
    },
    /// A stranger without credentials: every topic but those of instruments and of the server.
    Guest {
        refused: Arc<[String]>,
    },
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
            Self::Guest { .. } if topic.starts_with(INSTRUMENTS) || topic.starts_with("$SYS/") => Verdict::Denied,
            Self::Guest { .. } => Verdict::Message,
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
            Self::Service { .. } | Self::Guest { .. } => None,
        }
    }

    pub(super) fn is_sensor(&self) -> bool {
        matches!(self, Self::Sensor { .. })
    }

    pub(super) fn is_guest(&self) -> bool {
        matches!(self, Self::Guest { .. })
    }

    /// Whether the client may subscribe to this filter, which is a valid one.
    pub(super) fn of_filter(&self, filter: &str) -> Filtering {
        let allowed = match self {
            Self::Service { subscribe, .. } => topic::any_covers(subscribe, filter),
            Self::Sensor { .. } => self.is_of_own_commands(filter),
            Self::Guest { refused } if refused.iter().any(|refused| refused == filter) => return Filtering::Closed,
            // What wildcards would select of instruments is left out when it is delivered.
            Self::Guest { .. } => !filter.starts_with(INSTRUMENTS) && !filter.starts_with("$SYS/"),
        };
        if allowed { Filtering::Allowed } else { Filtering::Denied }
    }

    /// Whether a filter is about commands to one of the client's own sensors.
    fn is_of_own_commands(&self, filter: &str) -> bool {
        DialectKind::ALL.into_iter().any(|dialect| {
            let Some(address) = dialect.command_address(filter) else { return false };
            let name = address
                .strip_prefix("cmnd/")
                .or_else(|| address.strip_prefix("dayi/v1/").and_then(|rest| rest.strip_suffix("/command")));
            name.is_some_and(|name| self.find(dialect, name).is_some())
        })
    }

    fn find(&self, dialect: DialectKind, name: &str) -> Option<usize> {
        match self {
            Self::Service { .. } | Self::Guest { .. } => None,
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
            assert_eq!(authority.of_filter(good), Filtering::Allowed, "{good}");
        }
        for bad in ["#", "dayi/#", "dayi/v1/+/command/#", "dayi/v1/b/command/#", "dayi/v1/a/#", "cmnd/+/#", "cmnd/#"] {
            assert_eq!(authority.of_filter(bad), Filtering::Denied, "{bad}");
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
    fn a_guest_has_everything_but_instruments() {
        let authority = Authority::Guest { refused: Arc::from(["closed".to_owned()]) };
        for (topic, verdict) in
            [("a", Verdict::Message), ("$a/b", Verdict::Message), ("dayi/v1/a/telemetry", Verdict::Denied)]
        {
            assert_eq!(authority.of_topic(topic), verdict, "{topic}");
        }
        for (filter, filtering) in [
            ("#", Filtering::Allowed),
            ("$a/#", Filtering::Allowed),
            ("closed", Filtering::Closed),
            ("dayi/#", Filtering::Denied),
            ("$SYS/#", Filtering::Denied),
        ] {
            assert_eq!(authority.of_filter(filter), filtering, "{filter}");
        }
    }

    #[test]
    fn a_service_has_what_it_was_given() {
        let authority = Authority::new(Rights::Service {
            subscribe: Arc::from([Arc::from("dayi/v1/+/state")]),
            publish: Arc::from([Arc::from("dayi/v1/+/command/#")]),
        });
        for (filter, filtering) in [
            ("dayi/v1/+/state", Filtering::Allowed),
            ("dayi/v1/a/state", Filtering::Allowed),
            ("#", Filtering::Denied),
            ("dayi/v1/+/telemetry", Filtering::Denied),
        ] {
            assert_eq!(authority.of_filter(filter), filtering, "{filter}");
        }
        assert_eq!(authority.of_topic("dayi/v1/a/command/reboot"), Verdict::Message);
        assert_eq!(authority.of_topic("dayi/v1/a/telemetry"), Verdict::Denied);
    }
}
