//! The made-up data every contestant gets: three levels a little apart in sixteen features.

use dayi_models::Level;
use dayi_models::features::FEATURES;
use dayi_models::network::Generator;
use dayi_models::training::TrainingSet;

pub const ROWS: usize = 2_000;

pub fn set(seed: u64, rows: usize) -> TrainingSet {
    let mut generator = Generator::new(seed);
    let centres: [[f32; FEATURES]; 3] = std::array::from_fn(|_| std::array::from_fn(|_| generator.symmetric(1.0)));
    let mut set = TrainingSet::default();
    for _ in 0..rows {
        let level = generator.below(3) as usize;
        set.rows.push(std::array::from_fn(|i| centres[level][i] + generator.symmetric(1.0)));
        set.targets.push(Level::ALL[level]);
        set.weights.push(1.0);
    }
    set
}
