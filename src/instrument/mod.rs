//! One actor an instrument: readings in, state transitions out.
//!
//! [`Registry`] finds the actor of an instrument; the actor owns its window of recent readings, its classifier, its
//! state machine and its deadlines, so nothing here needs a lock or can race. What it decides leaves as a
//! [`Record`](crate::domain::Record)
//! and is announced only when somebody has made it durable.

mod actor;
mod api;
mod calibration;
mod classifier;
mod levels;
mod registry;
mod restore;
mod settings;
mod state_machine;
mod status;
mod trained;
mod window;

pub use actor::Shared;
pub use api::router;
pub use calibration::NamedCalibration;
pub use levels::level_of;
pub use registry::{DeliverError, Registry, Restored};
pub use restore::after_restart;
pub use status::{LastReading, Status};
pub use trained::Trained;
