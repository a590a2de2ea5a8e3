//! A model to bytes.

use std::collections::HashMap;

use safetensors::tensor::{Dtype, TensorView, serialize};
use serde::Serialize;

use super::error::ArtifactError;
use super::manifest::{FORMAT, Manifest};
use super::seal;
use crate::features::FEATURES;
use crate::network::{HIDDEN, LEVELS, Weights};

/// The metadata's only key.
pub(super) const KEY: &str = "dayi";

/// The network's tensors, in the order of [`Weights::from_parts`]: name and shape.
pub(super) const TENSORS: [(&str, &[usize]); 4] = [
    ("hidden.weight", &[FEATURES, HIDDEN]),
    ("hidden.bias", &[HIDDEN]),
    ("output.weight", &[HIDDEN, LEVELS]),
    ("output.bias", &[LEVELS]),
];

/// What stands under [`KEY`]. `format` and `sha256` come first: they can be read whatever follows.
#[derive(Serialize)]
struct Description<'a, B> {
    format: u32,
    sha256: &'a str,
    manifest: &'a Manifest,
    body: &'a B,
}

/// Writes a model as one artifact. The same model gives the same bytes.
///
/// # Errors
/// [`ArtifactError::Content`] when the manifest or the body is nothing that JSON can hold: maps without names,
/// figures that are not finite.
pub fn pack<B: Serialize>(manifest: &Manifest, weights: &Weights, body: &B) -> Result<Vec<u8>, ArtifactError> {
    let content = |problem: String| ArtifactError::Content(problem);
    // JSON would write what is not finite as null, and reading would fail.
    let scores = [manifest.metrics.candidate, manifest.metrics.incumbent];
    let figures = scores.iter().flatten().flat_map(|s| {
        let delays = [s.delay_p50_s, s.delay_p95_s, s.prompt_p95_s].map(Option::unwrap_or_default);
        let shares = [s.accuracy, s.macro_f1, s.false_transitions_per_day, s.late_share, s.missed_share];
        shares.into_iter().chain(delays)
    });
    if !figures.chain([manifest.labelled_s]).all(f64::is_finite) {
        return Err(content("a figure of the manifest is not finite".to_owned()));
    }
    let description = Description { format: FORMAT, sha256: seal::BLANK, manifest, body };
    let text = serde_json::to_string(&description).map_err(|e| content(e.to_string()))?;
    let parts = [weights.hidden(), weights.hidden_bias(), weights.output(), weights.output_bias()]
        .map(|part| part.iter().flat_map(|w| w.to_le_bytes()).collect::<Vec<u8>>());
    let mut views = Vec::with_capacity(TENSORS.len());
    for ((name, shape), data) in TENSORS.iter().zip(&parts) {
        let view = TensorView::new(Dtype::F32, shape.to_vec(), data).map_err(|e| content(e.to_string()))?;
        views.push((*name, view));
    }
    let metadata = HashMap::from([(KEY.to_owned(), text)]);
    let mut bytes = serialize(views, Some(metadata)).map_err(|e| content(e.to_string()))?;
    seal::seal(&mut bytes).ok_or_else(|| content("no place for the SHA-256".to_owned()))?;
    Ok(bytes)
}
