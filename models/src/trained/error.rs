//! Why readings cannot be trained on.

/// Why [`prepare`](super::prepare) has nothing to give.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum PrepareError {
    /// Samples and labels do not go together.
    #[error("{samples} readings but {labels} labels: there must be as many of each")]
    Lengths {
        /// Readings.
        samples: usize,
        /// Labels.
        labels: usize,
    },
    /// Too few readings carry a label.
    #[error("only {labelled} plausible readings carry a label, at least {needed} are needed: label more of them")]
    TooFew {
        /// Readings with a label.
        labelled: usize,
        /// How many it takes.
        needed: usize,
    },
}
