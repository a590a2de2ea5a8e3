//! A believable province: cities, institutions and instruments, the same for the same seed.

mod cities;
mod generate;
mod institutions;
mod kinds;
mod spec;

pub use spec::{CitySpec, Fleet, InstitutionSpec, InstrumentSpec};

#[cfg(test)]
mod tests;
