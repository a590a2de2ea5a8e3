//! Many instruments' networks trained at once.
//!
//! A [`TrainingSet`] is one instrument's feature rows with the level and the importance of each.
//! [`train_stacked`] stacks the weights of up to [`TrainingConfig::stack`] instruments in one batched matrix
//! product, a chunk a thread. Stacking saves most of the cost of a small tensor operation and changes
//! nothing else: an instrument gets bit for bit the weights it would get alone, from its own seed, whatever
//! its neighbours, the stack, the threads, or other users of random numbers in the process.
//!
//! Training leaves memory behind in burn's graphs now and then; run it in a process of its own.

mod batches;
mod config;
mod error;
mod set;
mod stacked;
mod workers;

pub use config::{Progress, TrainingConfig};
pub use error::TrainingError;
pub use set::TrainingSet;
pub use workers::train_stacked;
