//! Bytes to a model, or the reason why not.

use safetensors::tensor::{Dtype, SafeTensors};
use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::error::ArtifactError;
use super::manifest::{Artifact, FORMAT, Manifest};
use super::pack::{KEY, TENSORS};
use super::seal;
use crate::network::Weights;

/// What every format has.
#[derive(Deserialize)]
struct Head {
    format: u32,
}

#[derive(Deserialize)]
struct Description<B> {
    manifest: Manifest,
    body: B,
}

/// Reads the artifact of one instrument's model.
///
/// # Errors
/// [`ArtifactError`]: what is not whole, damaged in any bit, of a newer format, another instrument's, of
/// another network, or not finite is refused.
pub fn unpack<B: DeserializeOwned>(bytes: &[u8], expected_instrument: &str) -> Result<Artifact<B>, ArtifactError> {
    let artifact = open(bytes)?;
    if artifact.manifest.instrument != expected_instrument {
        let found = artifact.manifest.instrument;
        return Err(ArtifactError::Instrument { found, expected: expected_instrument.to_owned() });
    }
    Ok(artifact)
}

/// What an artifact says of itself, after the same checks as [`unpack`] but whatever its instrument and body.
///
/// # Errors
/// As [`unpack`].
pub fn manifest(bytes: &[u8]) -> Result<Manifest, ArtifactError> {
    open::<IgnoredAny>(bytes).map(|artifact| artifact.manifest)
}

/// All checks but whose model it is.
pub(super) fn open<B: DeserializeOwned>(bytes: &[u8]) -> Result<Artifact<B>, ArtifactError> {
    let unreadable = |e: &dyn std::fmt::Display| ArtifactError::Unreadable(e.to_string());
    let (_, metadata) = SafeTensors::read_metadata(bytes).map_err(|e| unreadable(&e))?;
    let description = metadata.metadata().as_ref().and_then(|m| m.get(KEY));
    let description = description.ok_or_else(|| unreadable(&"it has no description"))?;
    let head: Head = serde_json::from_str(description).map_err(|e| unreadable(&e))?;
    if head.format > FORMAT {
        return Err(ArtifactError::Format { found: head.format });
    }
    if !seal::is_whole(bytes) {
        return Err(ArtifactError::Damaged);
    }
    let tensors = SafeTensors::deserialize(bytes).map_err(|e| unreadable(&e))?;
    let mut parts = Vec::with_capacity(TENSORS.len());
    for (tensor, shape) in TENSORS {
        parts.push(numbers(&tensors, tensor, shape)?);
    }
    let weights = Weights::try_from(parts.concat())?;
    let Description { manifest, body } =
        serde_json::from_str(description).map_err(|e| ArtifactError::Content(e.to_string()))?;
    Ok(Artifact { manifest, weights, body })
}

fn numbers(tensors: &SafeTensors, tensor: &'static str, shape: &[usize]) -> Result<Vec<f32>, ArtifactError> {
    let wrong = |found: String| ArtifactError::Shape { tensor, found, expected: format!("F32 {shape:?}") };
    let view = tensors.tensor(tensor).map_err(|_| wrong("nothing".to_owned()))?;
    if (view.dtype(), view.shape()) != (Dtype::F32, shape) {
        return Err(wrong(format!("{:?} {:?}", view.dtype(), view.shape())));
    }
    Ok(view.data().as_chunks::<4>().0.iter().map(|b| f32::from_le_bytes(*b)).collect())
}
