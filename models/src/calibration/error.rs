//! Why a calibration could not be finished.

/// Why [`super::Calibrator::finish`] has no model to give.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CalibrationError {
    /// Too little time is covered by readings.
    #[error("only {covered_ms} ms are covered by readings, {needed_ms} ms are needed")]
    TooShort {
        /// Time covered so far, ms.
        covered_ms: i64,
        /// Time needed, ms.
        needed_ms: i64,
    },
}
