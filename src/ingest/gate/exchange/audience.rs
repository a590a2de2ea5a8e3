use super::routing::INSTRUMENTS;
use crate::domain::InstrumentId;
use crate::ingest::port::Sight;
use std::sync::Arc;

/// What of other clients' messages a subscriber may hear, whatever its filters select.
#[derive(Clone, Debug)]
pub(in crate::ingest::gate) enum Audience {
    Everything,
    /// Nothing about instruments.
    NoInstruments,
    /// Of instruments those that it sees.
    Sees(Arc<dyn Sight>),
}

impl Audience {
    /// Whether a message of this topic is for it.
    pub(in crate::ingest::gate) fn hears(&self, topic: &str) -> bool {
        match self {
            Self::Everything => true,
            Self::NoInstruments => !topic.starts_with(INSTRUMENTS),
            Self::Sees(sight) => instrument_of(topic).is_some_and(|instrument| match topic.ends_with("/alert") {
                true => sight.hears_alerts(&instrument),
                false => sight.hears(&instrument),
            }),
        }
    }

    /// The group of a shared subscription, told apart from those of other accounts.
    pub(in crate::ingest::gate) fn group(&self, group: &str) -> Box<str> {
        match self {
            Self::Sees(sight) => format!("{}/{group}", sight.account()).into(),
            Self::Everything | Self::NoInstruments => group.into(),
        }
    }

    /// Whether it hears of the instrument.
    pub(in crate::ingest::gate) fn sees(&self, instrument: &InstrumentId) -> bool {
        match self {
            Self::Everything => true,
            Self::NoInstruments => false,
            Self::Sees(sight) => sight.hears(instrument),
        }
    }
}

/// The instrument that a topic `dayi/v1/{instrument}/…` is about.
pub(in crate::ingest::gate) fn instrument_of(topic: &str) -> Option<InstrumentId> {
    topic.strip_prefix("dayi/v1/")?.split('/').next()?.parse().ok()
}
