//! What an actor is told and asked.

use crate::domain::{LevelName, Reading};
use crate::instrument::levels::Levels;
use crate::instrument::sensor::SensorHealth;
use crate::instrument::trained::Trained;
use crate::journal::Position;
use actix::prelude::*;
use tokio::sync::mpsc;

/// What the journal holds of one instrument.
#[derive(Clone, Debug)]
pub(crate) enum Item {
    /// It was measured.
    Reading(Position, Reading),
    /// Its sensor's last will was published.
    LastWill(Position),
}

impl Item {
    pub(crate) fn position(&self) -> Position {
        match self {
            Self::Reading(at, _) | Self::LastWill(at) => *at,
        }
    }
}

/// Work through these, in order; answered when that is done. `restored` says that they happened before the server
/// started: they are no sign of life.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Deliver {
    pub(crate) items: Vec<Item>,
    pub(crate) restored: bool,
}

/// The server was down from this time on (UTC milliseconds), longer than a state may be carried over.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct ServerWasDown(pub(crate) i64);

/// Everything it knows, as bytes; `None` when nothing is new and not `all` is wanted.
#[derive(Message)]
#[rtype(result = "Option<Vec<u8>>")]
pub(crate) struct TakeSnapshot {
    pub(crate) all: bool,
}

/// Send every fresh reading to this channel until it is closed. What does not fit is left out: the watcher is a
/// page, and the next reading is a second away.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Watch(pub(crate) mpsc::Sender<(i64, f32)>);

/// The readings in the window: UTC milliseconds and ampere, oldest first.
#[derive(Message)]
#[rtype(result = "Vec<(i64, f32)>")]
pub(crate) struct Recent;

/// How the sensor does.
#[derive(Message)]
#[rtype(result = "SensorHealth")]
pub(crate) struct AskSensor;

/// What the calibration found.
#[derive(Message)]
#[rtype(result = "Levels")]
pub(crate) struct FindLevels;

/// A person calls the levels so.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct NameLevels(pub(crate) Vec<LevelName>);

/// This model serves from now on; `None` is the instrument's own calibration.
#[derive(Message)]
#[rtype(result = "()")]
pub(crate) struct Serve(pub(crate) Option<Box<Trained>>);
