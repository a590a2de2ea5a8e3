//! What went wrong with a write, as answers.

use super::store::StoreError;
use super::units::WrongUnit;
use crate::platform::problem::Problem;

impl From<StoreError> for Problem {
    fn from(error: StoreError) -> Self {
        match error {
            StoreError::Taken | StoreError::Code { .. } => Self::conflict(error.to_string()),
            StoreError::Stale => Self::precondition_failed(error.to_string()),
            StoreError::Missing(_) => Self::not_found(error.to_string()),
            StoreError::Unit(wrong) => match wrong {
                WrongUnit::Taken(_) | WrongUnit::Used(_) | WrongUnit::InUse { .. } => Self::conflict(wrong.to_string()),
                wrong => Self::unprocessable(wrong.to_string()),
            },
            StoreError::Db(error) => Self::unavailable(&error),
        }
    }
}
