//! What `make bench-models` runs on our side.

mod cpu;
mod data;
mod training;

use dayi_models::training::TrainingConfig;

pub fn main() {
    let mut args = std::env::args().skip(1).filter(|a| a != "--bench");
    let what = args.next().unwrap_or_default();
    let number = |arg: Option<String>, default: usize| arg.and_then(|a| a.parse().ok()).unwrap_or(default);
    match what.as_str() {
        "train" => {
            let models = number(args.next(), 256);
            let stack = number(args.next(), 32);
            let threads = number(args.next(), 0);
            training::cpu_ms_a_model(models, &TrainingConfig { stack, threads, ..TrainingConfig::default() });
        }
        _ => eprintln!("usage: train [models] [stack] [threads]"),
    }
}
