//! Lists that are answered a page at a time.

use super::problem::Problem;

/// The items of a page for which no number is asked.
pub(crate) fn default_limit() -> usize {
    100
}

/// Refuses a page of no items, or of too many.
pub(crate) fn check_limit(limit: usize) -> Result<(), Problem> {
    if (1..=1_000).contains(&limit) { Ok(()) } else { Err(Problem::bad_request("limit is 1 to 1000")) }
}
