//! The standard set: dayi, and Mosquitto that merely forwards the same load to one subscriber, in one run on one machine.
//!
//! Where the two are compared they take turns, and each round starts both anew: a neighbour that wakes up in the middle slows
//! both. dayi decodes, keeps, classifies and decides every reading; Mosquitto hands it on. The clients are the same code, and what
//! they use of the machine is told.

mod plan;
mod run;
mod saturation;
mod section;

pub use plan::{BenchPlan, Scale, Set};
pub use run::{Benched, bench};
pub use saturation::{Round, Saturation};
pub use section::sections;
