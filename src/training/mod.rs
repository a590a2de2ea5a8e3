//! Models trained on labels: their versions, what serves, and the jobs that make them.
//!
//! 1. [`Versions`] keeps every model that was trained, with the verdict on it, and what served from when on
//!    ([`Promotion`]): promoting an older version is the roll-back, promoting none goes back to the instrument's own
//!    calibration.
//! 2. [`Deployment`] sees promotions, whoever made them, and hands the model to the running instrument.
//! 3. The overview says whose model waits for a person, and for what.
//! 4. [`Jobs`] keeps training jobs and their logs; [`Runner`] runs them one after the other, each in a process of its own
//!    (`dayi train`), whose standard output tells what became of each instrument ([`Told`]).

mod api;
mod deploy;
mod entity;
mod job_api;
mod jobs;
mod model;
mod overview;
mod overview_api;
mod runner;
mod versions;

pub use api::ApiState;
pub use deploy::{Deployment, ModelPort, Served, Serving};
pub use job_api::router;
pub use jobs::{Job, JobError, JobState, Jobs};
pub use model::{NewVersion, Promotion, PromotionError, Selection, Told, Version};
pub use overview::{Card, Overlooked};
pub use runner::{Program, Runner, RunnerHandle};
pub use versions::Versions;
