use super::sight::Sight;
use crate::catalog::credentials::Place;
use crate::catalog::model::{Bound, SensorBinding};
use crate::domain::InstrumentId;
use std::collections::{HashMap, HashSet};

/// A binding as somebody wants it.
#[derive(Clone, Debug, PartialEq)]
pub struct Wanted {
    /// The instrument's id, as it was entered.
    pub instrument: String,
    /// What the client says in CONNECT.
    pub client_id: String,
    /// How its sensor speaks.
    pub binding: SensorBinding,
}

/// What is wrong with it, for the person who entered it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Wrong {
    /// There is no such instrument.
    #[error("there is no instrument {0:?}")]
    NoInstrument(String),
    /// There is no such client.
    #[error("there is no client {0:?}: add it first, with POST /api/v1/clients")]
    NoClient(String),
    /// A value cannot be.
    #[error("{0}")]
    Value(String),
    /// Another instrument has the same value of the same client.
    #[error("the client's {prefix:?}, channel {channel:?}, already is the sensor of the instrument {instrument}")]
    Taken {
        /// The prefix.
        prefix: String,
        /// The channel.
        channel: String,
        /// The instrument that has it.
        instrument: InstrumentId,
    },
    /// The same is wanted twice.
    #[error("{0} twice in one request")]
    Twice(&'static str),
}

/// Checks bindings that are wanted together: each is as it is to be, or all that is wrong with it. What is out of sight is
/// not there.
pub(super) fn check(wanted: &[Wanted], sight: &Sight<'_>) -> Vec<Result<Bound, Vec<Wrong>>> {
    let moving: HashSet<&str> = wanted.iter().map(|one| one.instrument.as_str()).collect();
    let mut instruments = HashSet::new();
    let mut places: HashMap<Place, InstrumentId> = HashMap::new();
    wanted
        .iter()
        .map(|one| {
            let mut wrong = Vec::new();
            let instrument = one.instrument.parse().ok().filter(|id| sight.instrument(id));
            if instrument.is_none() {
                wrong.push(Wrong::NoInstrument(one.instrument.chars().take(100).collect()));
            }
            if !sight.client(&one.client_id) {
                wrong.push(Wrong::NoClient(one.client_id.chars().take(100).collect()));
            }
            if let Err(value) = one.binding.check() {
                wrong.push(Wrong::Value(value));
            }
            let Some(instrument) = instrument else { return Err(wrong) };
            if !instruments.insert(instrument.clone()) {
                wrong.push(Wrong::Twice("the instrument"));
            }
            let binding = one.binding.clone().of(&instrument);
            let place = Place::of(&one.client_id, &binding);
            if places.contains_key(&place) {
                wrong.push(Wrong::Twice("the client's prefix and channel"));
            }
            // Whoever has the place may be leaving it.
            if let Some(holder) = sight.credentials.holder(&place).filter(|holder| !moving.contains(holder.as_str())) {
                let SensorBinding { prefix, channel, .. } = binding.clone();
                wrong.push(Wrong::Taken { prefix, channel, instrument: holder });
            }
            places.insert(place, instrument.clone());
            let bound = Bound { instrument, client_id: one.client_id.clone(), binding };
            if wrong.is_empty() { Ok(bound) } else { Err(wrong) }
        })
        .collect()
}
