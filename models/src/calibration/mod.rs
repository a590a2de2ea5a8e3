//! Learning an instrument's levels from its own readings, without labels.

mod calibrator;
mod error;
mod ground;
mod histogram;
mod holds;
mod levels;
mod lows;
mod naming;
mod runs;

pub use calibrator::Calibrator;
pub use error::CalibrationError;
