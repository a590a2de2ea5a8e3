//! A believable province: cities, institutions and instruments, the same for the same seed.

mod cities;
mod generate;
mod institutions;
mod kinds;
mod records;
mod spec;

pub use spec::{CitySpec, CountySpec, Fleet, InstitutionSpec, InstrumentSpec, LaboratorySpec, RecordSpec};

#[cfg(test)]
mod tests;
