//! Thousands of artifacts in one file: a magic word, their number, then each one behind its length.

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::error::ArtifactError;
use super::manifest::Artifact;
use super::pack::pack;
use super::unpack::open;

const MAGIC: &[u8] = b"DAYIMDL1";

/// Joins artifacts as they lie in a registry, without looking into them.
#[must_use]
pub fn join<P: AsRef<[u8]>>(artifacts: &[P]) -> Vec<u8> {
    let sizes: usize = artifacts.iter().map(|a| 4 + a.as_ref().len()).sum();
    let mut bytes = Vec::with_capacity(MAGIC.len() + 4 + sizes);
    bytes.extend_from_slice(MAGIC);
    bytes.extend_from_slice(&length(artifacts.len()));
    for artifact in artifacts {
        bytes.extend_from_slice(&length(artifact.as_ref().len()));
        bytes.extend_from_slice(artifact.as_ref());
    }
    bytes
}

/// Takes a bundle apart, without looking into the artifacts.
///
/// # Errors
/// [`ArtifactError::Bundle`] for what is no bundle, is cut short or goes on after its end.
pub fn split(bytes: &[u8]) -> Result<Vec<&[u8]>, ArtifactError> {
    let cut = || ArtifactError::Bundle("it is cut short");
    let rest = bytes.strip_prefix(MAGIC).ok_or(ArtifactError::Bundle("it does not begin like one"))?;
    let (count, mut rest) = number(rest).ok_or_else(cut)?;
    // Four bytes each at least, so that a damaged count cannot ask for memory.
    let mut artifacts = Vec::with_capacity(count.min(rest.len() / 4));
    for _ in 0..count {
        let (size, after) = number(rest).ok_or_else(cut)?;
        let (artifact, after) = after.split_at_checked(size).ok_or_else(cut)?;
        artifacts.push(artifact);
        rest = after;
    }
    if rest.is_empty() { Ok(artifacts) } else { Err(ArtifactError::Bundle("it goes on after its end")) }
}

/// [`pack`] and [`join`].
///
/// # Errors
/// As [`pack`], for the first artifact that cannot be written.
pub fn pack_many<B: Serialize>(artifacts: &[Artifact<B>]) -> Result<Vec<u8>, ArtifactError> {
    let packed: Result<Vec<_>, _> = artifacts.iter().map(|a| pack(&a.manifest, &a.weights, &a.body)).collect();
    Ok(join(&packed?))
}

/// [`split`], then every artifact checked and read; a broken one has its reason and does not hold up the
/// others. Whose model each is stands in its manifest.
///
/// # Errors
/// As [`split`].
pub fn unpack_many<B: DeserializeOwned>(
    bytes: &[u8],
) -> Result<Vec<Result<Artifact<B>, ArtifactError>>, ArtifactError> {
    Ok(split(bytes)?.into_iter().map(open).collect())
}

fn length(of: usize) -> [u8; 4] {
    u32::try_from(of).unwrap_or(u32::MAX).to_le_bytes()
}

fn number(bytes: &[u8]) -> Option<(usize, &[u8])> {
    let (number, rest) = bytes.split_first_chunk::<4>()?;
    Some((usize::try_from(u32::from_le_bytes(*number)).ok()?, rest))
}
