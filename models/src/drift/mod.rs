//! Whether an instrument still behaves as its model was taught.
//!
//! A [`Reference`] keeps from training, for each level, the range in which each feature lay and how undecided
//! the network was. A [`DriftWatch`] follows the readings of the running instrument and says once, with what
//! changed ([`Drift`]), when a level's features lie outside their range for hours, when the network became
//! undecided, or when a level appears that was never taught.
//!
//! It judges each level by itself and by time spent in it. How much of a day an instrument is on changes with
//! every weekend, and is no drift; a level that lies elsewhere than it ever did is one.

mod posterior;
mod reference;
mod report;
mod watch;

pub use posterior::entropy;
pub use reference::{Reference, ReferenceBuilder};
pub use report::{Drift, EntropyChange, FeatureChange};
pub use watch::{DriftWatch, WatchMemory};
