//! Many pages that look at everything, one of which does not read: what each is told, and how long it takes.

mod listener;
mod plan;
mod run;
mod section;
mod verdict;

pub use plan::FanoutPlan;
pub use run::{Fanned, fan_out};
pub use section::section;
pub use verdict::Crowd;
