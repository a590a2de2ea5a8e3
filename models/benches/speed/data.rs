//! The made-up data every contestant gets: three levels a little apart in sixteen features.

use std::path::Path;
use std::{fs, io};

use dayi_models::Level;
use dayi_models::features::FEATURES;
use dayi_models::network::Generator;
use dayi_models::training::TrainingSet;

/// Windows of one instrument.
pub const ROWS: usize = 2_000;

/// Different sets; more models than that share them, so that 10,000 fit in memory.
pub const SETS: usize = 64;

pub fn sets(models: usize) -> Vec<TrainingSet> {
    (0..models.min(SETS) as u64).map(set).collect()
}

fn set(seed: u64) -> TrainingSet {
    let mut generator = Generator::new(seed);
    let centres: [[f32; FEATURES]; 3] = std::array::from_fn(|_| std::array::from_fn(|_| generator.symmetric(1.0)));
    let mut set = TrainingSet::default();
    for _ in 0..ROWS {
        let level = generator.below(3) as usize;
        set.rows.push(std::array::from_fn(|i| centres[level][i] + generator.symmetric(1.0)));
        set.targets.push(Level::ALL[level]);
        set.weights.push(1.0);
    }
    set
}

/// For other languages: `rows.f32` (`[set][row][feature]`, little-endian) and `targets.u8` (`[set][row]`).
pub fn write(sets: &[TrainingSet], folder: &Path) -> io::Result<()> {
    let rows: Vec<u8> = sets.iter().flat_map(|s| s.rows.iter().flatten().flat_map(|f| f.to_le_bytes())).collect();
    let targets: Vec<u8> = sets.iter().flat_map(|s| s.targets.iter().map(|t| t.index() as u8)).collect();
    fs::create_dir_all(folder)?;
    fs::write(folder.join("rows.f32"), rows)?;
    fs::write(folder.join("targets.u8"), targets)
}
