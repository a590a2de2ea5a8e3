//! Why an artifact is refused, and what to do.

use super::manifest::FORMAT;
use crate::network::WeightsError;

/// Why bytes are not the model wanted, or a model cannot be written.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ArtifactError {
    /// Not an artifact, or not all of one.
    #[error(
        "this is no whole model artifact ({0}): it is cut short, damaged or another kind of file; take another copy, or roll back to an earlier version"
    )]
    Unreadable(String),
    /// An artifact whose bytes changed since it was written.
    #[error(
        "the artifact is damaged: its SHA-256 does not match; take another copy, or roll back to an earlier version"
    )]
    Damaged,
    /// Written by a newer program.
    #[error(
        "the artifact has format {found}, this program reads up to {FORMAT}: upgrade the program, or train the model anew"
    )]
    Format {
        /// The artifact's format.
        found: u32,
    },
    /// Another instrument's model.
    #[error(
        "this is the model of instrument `{found}`, not of `{expected}`: import it there, or train one for this instrument"
    )]
    Instrument {
        /// Whose it is.
        found: String,
        /// Whose was wanted.
        expected: String,
    },
    /// The network's tensors are not there or have another shape.
    #[error(
        "tensor `{tensor}` has {found} where this network has {expected}: the model was trained for another network; train it anew"
    )]
    Shape {
        /// Name of the tensor.
        tensor: &'static str,
        /// What stands in the file.
        found: String,
        /// What should.
        expected: String,
    },
    /// The weights are not usable.
    #[error(transparent)]
    Weights(#[from] WeightsError),
    /// The manifest or the body does not fit.
    #[error(
        "the artifact's description cannot be used ({0}): it belongs to another version of the model; train it anew"
    )]
    Content(String),
    /// Not a bundle, or not all of one.
    #[error("this is no whole bundle of artifacts ({0}): export it again")]
    Bundle(&'static str),
}
