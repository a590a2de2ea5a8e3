//! What `make bench-models` runs on our side.

mod artifacts;
mod cpu;
mod data;
mod inference;
mod training;

use std::fs;
use std::path::Path;

use dayi_models::training::TrainingConfig;

/// `all FOLDER`: everything, figures and data left in the folder. `train [MODELS] [STACK] [THREADS]`: training
/// alone.
pub fn main() {
    let mut args = std::env::args().skip(1).filter(|a| a != "--bench");
    let what = args.next().unwrap_or_default();
    match what.as_str() {
        "train" => {
            let mut number = |default: usize| args.next().and_then(|a| a.parse().ok()).unwrap_or(default);
            let (models, stack, threads) = (number(256), number(32), number(0));
            training::cpu_ms_a_model(models, &TrainingConfig { stack, threads, ..TrainingConfig::default() });
        }
        "all" => all(Path::new(&args.next().unwrap_or_else(|| "target/bench-models".into()))),
        _ => eprintln!("usage: all FOLDER | train [MODELS] [STACK] [THREADS]"),
    }
}

fn all(folder: &Path) {
    // The networks first: what others gave back would hide their memory.
    let (packed, burn) = (inference::packed(), inference::burn());
    let config = TrainingConfig::default();
    data::write(&data::sets(data::SETS), folder).expect("the data written");
    let train_ms = training::cpu_ms_a_model(256, &config);
    let (write_s, read_s, bytes) = artifacts::bundle();
    let figures = serde_json::json!({
        "sets": data::SETS,
        "rows": data::ROWS,
        "epochs": config.epochs,
        "batch": config.batch,
        "learning_rate": config.learning_rate,
        "train_cpu_ms": train_ms,
        "packed_us": packed.us,
        "packed_bytes": packed.bytes,
        "burn_us": burn.us,
        "burn_bytes": burn.bytes,
        "bundle_write_s": write_s,
        "bundle_read_s": read_s,
        "artifact_bytes": bytes,
    });
    fs::write(folder.join("ours.json"), figures.to_string()).expect("the figures written");
}
