//! What a client may publish and subscribe to: deny by default.

use super::exchange::{Audience, INSTRUMENTS, instrument_of};
use super::topic;
use crate::ingest::dialect::{Heard, Moment, Owner, Roster, Target};
use crate::ingest::port::{Binding, Rights, Sight};
use std::sync::Arc;

/// What to do with a message a client published.
#[derive(Debug, PartialEq)]
pub(super) enum Verdict<'t> {
    /// It is of some of its sensors.
    Sensor(Target<'t>),
    /// It is the client's own business, taken and left at that.
    Ignored,
    /// It is of a sensor behind the client that no binding names: taken, and shown to the operator.
    Unbound,
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
    Sensor(Box<Roster>),
    Service {
        subscribe: Arc<[Arc<str>]>,
        publish: Arc<[Arc<str>]>,
        sight: Option<Arc<dyn Sight>>,
    },
    /// A stranger without credentials: every topic but those of instruments and of the server.
    Guest {
        refused: Arc<[String]>,
    },
}

impl Authority {
    pub(super) fn new(rights: Rights) -> Self {
        match rights {
            Rights::Service { subscribe, publish, sight } => Self::Service { subscribe, publish, sight },
            Rights::Sensor { bindings } => Self::Sensor(Box::new(Roster::new(&bindings))),
        }
    }

    /// What may be done with a message to this topic, which is a valid one.
    pub(super) fn of_topic<'t>(&self, topic: &'t str) -> Verdict<'t> {
        match self {
            Self::Service { publish, sight, .. } if topic::any_covers(publish, topic) => {
                let may =
                    |sight: &Arc<dyn Sight>| instrument_of(topic).is_some_and(|instrument| sight.commands(&instrument));
                if sight.as_ref().is_none_or(may) { Verdict::Message } else { Verdict::Denied }
            }
            Self::Service { .. } => Verdict::Denied,
            Self::Guest { .. } if topic.starts_with(INSTRUMENTS) || topic.starts_with("$SYS/") => Verdict::Denied,
            Self::Guest { .. } => Verdict::Message,
            Self::Sensor(roster) => match roster.owner(topic) {
                Owner::Bound(target) => Verdict::Sensor(target),
                Owner::Own => Verdict::Ignored,
                Owner::Unbound => Verdict::Unbound,
                Owner::Stranger => Verdict::Denied,
            },
        }
    }

    /// Reads what the client's sensors said into `heard`.
    pub(super) fn hear(&mut self, target: &Target<'_>, payload: &[u8], moment: Moment, heard: &mut Heard) {
        if let Self::Sensor(roster) = self {
            roster.hear(target, payload, moment, heard);
        }
    }

    /// What the client may publish, for the person who asks why it may not.
    pub(super) fn describe(&self) -> String {
        match self {
            Self::Sensor(roster) => roster.describe(),
            Self::Service { .. } => "it is a service".into(),
            Self::Guest { .. } => "it is a guest".into(),
        }
    }

    pub(super) fn binding(&self, at: usize) -> Option<&Binding> {
        match self {
            Self::Sensor(roster) => roster.binding(at),
            Self::Service { .. } | Self::Guest { .. } => None,
        }
    }

    pub(super) fn is_sensor(&self) -> bool {
        matches!(self, Self::Sensor(_))
    }

    /// What of other clients' messages it may hear.
    pub(super) fn audience(&self) -> Audience {
        match self {
            Self::Guest { .. } => Audience::NoInstruments,
            Self::Service { sight: Some(sight), .. } => Audience::Sees(sight.clone()),
            Self::Service { sight: None, .. } | Self::Sensor(_) => Audience::Everything,
        }
    }

    /// Returns when what the client was let in with ends.
    pub(super) async fn ended(&self) {
        match self {
            Self::Service { sight: Some(sight), .. } => sight.ended().cancelled().await,
            _ => std::future::pending().await,
        }
    }

    pub(super) fn is_guest(&self) -> bool {
        matches!(self, Self::Guest { .. })
    }

    /// Whether the client may subscribe to this filter, which is a valid one.
    pub(super) fn of_filter(&self, filter: &str) -> Filtering {
        let allowed = match self {
            Self::Service { subscribe, .. } => topic::any_covers(subscribe, filter),
            Self::Sensor(roster) => roster.command_address(filter).is_some(),
            Self::Guest { refused } if refused.iter().any(|refused| refused == filter) => return Filtering::Closed,
            // What wildcards would select of instruments is left out when it is delivered.
            Self::Guest { .. } => !filter.starts_with(INSTRUMENTS) && !filter.starts_with("$SYS/"),
        };
        if allowed { Filtering::Allowed } else { Filtering::Denied }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ingest::DialectKind;
    use crate::ingest::dialect::Content;

    fn of(dialect: DialectKind, at: usize, content: Content<'_>) -> Verdict<'_> {
        Verdict::Sensor(Target { dialect, bindings: at..at + 1, content })
    }

    fn sensor(bindings: Vec<Binding>) -> Authority {
        Authority::new(Rights::Sensor { bindings: bindings.into() })
    }

    #[test]
    fn a_sensor_publishes_only_under_its_own_bindings() {
        let authority =
            sensor(vec![Binding::dayi("a".parse().unwrap()), Binding::tasmota("b".parse().unwrap(), "lab/plug")]);
        for (topic, verdict) in [
            ("dayi/v1/a/telemetry", of(DialectKind::Dayi, 0, Content::Data("telemetry"))),
            ("dayi/v1/a/status", of(DialectKind::Dayi, 0, Content::Status)),
            ("tele/lab/plug/SENSOR", of(DialectKind::Tasmota, 1, Content::Data("SENSOR"))),
            ("tele/lab/plug/LWT", of(DialectKind::Tasmota, 1, Content::Status)),
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
        let ids = (0..100).map(|n| format!("i{n:02}").parse().unwrap());
        let authority = sensor(ids.map(Binding::dayi).collect());
        assert_eq!(authority.of_topic("dayi/v1/i99/telemetry"), of(DialectKind::Dayi, 99, Content::Data("telemetry")));
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
            sight: None,
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
