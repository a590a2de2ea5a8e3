//! Time to write and read 10,000 artifacts as one bundle.

use std::time::Instant;

use dayi_models::artifact::{Artifact, Manifest, Metrics, pack_many, unpack_many};
use dayi_models::network::Weights;

const MODELS: u64 = 10_000;

/// Seconds to write, seconds to read, bytes an artifact.
pub fn bundle() -> (f64, f64, f64) {
    let fleet: Vec<Artifact<[[f32; 3]; 3]>> = (0..MODELS)
        .map(|i| {
            let manifest = Manifest {
                instrument: format!("instrument-{i:05}"),
                version: 1,
                model: "trained-v1".into(),
                data_from_ms: 1_700_000_000_000,
                data_to_ms: 1_700_172_800_000,
                labelled_s: 172_800.0,
                seed: i,
                metrics: Metrics::default(),
                code_version: env!("CARGO_PKG_VERSION").into(),
                created_ms: 1_700_180_000_000,
            };
            Artifact { manifest, weights: Weights::init(i), body: [[0.25; 3]; 3] }
        })
        .collect();
    let started = Instant::now();
    let bytes = pack_many(&fleet).expect("packed");
    let write_s = started.elapsed().as_secs_f64();
    let started = Instant::now();
    let back = unpack_many::<[[f32; 3]; 3]>(&bytes).expect("a bundle");
    let read_s = started.elapsed().as_secs_f64();
    assert!(back.iter().all(Result::is_ok));
    let size = bytes.len() as f64 / MODELS as f64;
    println!("artifacts, {MODELS} in one bundle: {write_s:.2} s to write, {read_s:.2} s to read, {size:.0} bytes each");
    (write_s, read_s, size)
}
