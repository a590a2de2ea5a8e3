//! One measurement: sensors that keep a ledger against a server, watched from outside all the while.

mod dayi;
mod error;
mod forwarding;
mod outcome;
mod sampler;
mod section;
mod subject;

pub use dayi::{Script, measure};
pub use error::MeasureError;
pub use forwarding::forward;
pub use outcome::{Outcome, Storm, VerdictFacts, cores_between};
pub use sampler::{Sampler, Tick};
pub use section::{section, verdict_blocks};
pub use subject::Subject;
