//! What an artifact says of itself.

use serde::{Deserialize, Serialize};

use crate::evaluation::Score;
use crate::network::Weights;

/// The newest format that [`unpack`](super::unpack) reads and the one that [`pack`](super::pack) writes.
pub const FORMAT: u32 = 1;

/// Where a model comes from and how good it was found.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Manifest {
    /// Id of the instrument it was trained for; no other may use it.
    pub instrument: String,
    /// Number of this version of the instrument's model, from 1.
    pub version: u32,
    /// Name of the kind of model, as kept with each transition.
    pub model: String,
    /// Begin of the readings it was trained on, UTC milliseconds.
    pub data_from_ms: i64,
    /// End of the readings it was trained on, UTC milliseconds.
    pub data_to_ms: i64,
    /// Labelled time in them, seconds.
    pub labelled_s: f64,
    /// The instrument's seed, by which the training can be repeated.
    pub seed: u64,
    /// What the promotion was decided by.
    pub metrics: Metrics,
    /// Version of the code that trained it.
    pub code_version: String,
    /// When it was made, UTC milliseconds.
    pub created_ms: i64,
}

/// Both models on the newest labelled stretch, which neither was trained on.
#[derive(Debug, Clone, Copy, Default, PartialEq, Serialize, Deserialize)]
pub struct Metrics {
    /// This model; `None` if there was nothing to judge it by.
    pub candidate: Option<Score>,
    /// The model in use before it.
    pub incumbent: Option<Score>,
}

/// A model read from, or to be written to, an artifact.
#[derive(Debug, Clone, PartialEq)]
pub struct Artifact<B> {
    /// Where it comes from.
    pub manifest: Manifest,
    /// The network.
    pub weights: Weights,
    /// The rest of the model.
    pub body: B,
}
