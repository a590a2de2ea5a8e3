//! One actor an instrument: readings in, state transitions out.
//!
//! [`Registry`] finds the actor of an instrument; the actor owns its window of recent readings, its classifier, its
//! state machine and its deadlines, so nothing here needs a lock or can race. [`Feed`] brings it what the journal holds,
//! [`Checkpoints`] keeps what it knows for the next start. What it decides leaves as a
//! [`Record`](crate::domain::Record)
//! and is announced only when somebody has made it durable.

mod actor;
mod api;
mod calibration;
mod checkpoint;
mod classifier;
mod feed;
mod levels;
mod registry;
mod sensor;
mod sensor_api;
mod settings;
mod snapshot;
mod snapshots;
mod state_machine;
mod status;
mod trained;
mod window;

pub use actor::{Recollection, Shared};
pub use api::{Earlier, router};
pub use calibration::NamedCalibration;
pub use checkpoint::Checkpoints;
pub use feed::Feed;
pub use levels::level_of;
pub use registry::{Doubtful, Registry, Restored};
pub use snapshots::{FILE as SNAPSHOTS_FILE, SnapshotError, Snapshots};
pub use status::{LastReading, Status};
pub use trained::Trained;
