//! Why an instrument got no weights.

/// Why one instrument could not be trained; the others are not touched by it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum TrainingError {
    /// No row at all.
    #[error("there is nothing to learn from: no labelled window")]
    Empty,
    /// Rows, targets and weights do not go together.
    #[error("{rows} rows, {targets} targets and {weights} weights: there must be as many of each")]
    Lengths {
        /// Feature rows.
        rows: usize,
        /// Levels.
        targets: usize,
        /// Importances.
        weights: usize,
    },
    /// A feature that is infinite or not a number.
    #[error("feature {feature} of row {row} is not a finite number: leave such windows out")]
    Feature {
        /// Index of the row.
        row: usize,
        /// Index of the feature.
        feature: usize,
    },
    /// An importance that is negative, infinite or not a number.
    #[error("the weight of row {row} is negative or not a finite number")]
    Importance {
        /// Index of the row.
        row: usize,
    },
    /// Every row has weight 0.
    #[error("every row has weight 0: there is nothing to learn from")]
    NoImportance,
    /// The weights grew without bound.
    #[error("the training diverged: check the scale of the features, or take a smaller learning rate")]
    Diverged,
    /// The whole training cannot be run like that.
    #[error("{0}")]
    Config(&'static str),
    /// Somebody said stop before this instrument was done.
    #[error("the training was cancelled")]
    Cancelled,
    /// The device or burn panicked; the other chunks go on.
    #[error("the training of this chunk broke off: {0}")]
    Device(String),
}
