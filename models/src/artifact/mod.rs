//! A trained model as bytes: one versioned artifact an instrument, or thousands of them in one bundle.
//!
//! An artifact is a safetensors file: the weights as tensors, and in the file's metadata one JSON text with
//! the [`Manifest`] and a body of whatever else the model needs (scales, filter). Its SHA-256 covers every byte
//! of the file. [`pack`] writes one, [`unpack`] reads one or says why not and what to do; nothing that a file
//! can contain makes it panic. [`pack_many`] and [`unpack_many`] do the same for a whole fleet at once.

mod bundle;
mod error;
mod manifest;
mod pack;
mod seal;
mod unpack;

pub use bundle::{join, pack_many, split, unpack_many};
pub use error::ArtifactError;
pub use manifest::{Artifact, FORMAT, Manifest, Metrics};
pub use pack::pack;
pub use unpack::{manifest, unpack};
