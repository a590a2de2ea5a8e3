//! Sensors that keep a ledger: every reading they sent, when, and whether it was acknowledged.
//!
//! [`Plan`] says how many there are and how they behave, [`Wave`] what they measure, [`Load`] keeps them going, and a
//! [`Ledger`] an instrument comes out, to be held against what the server says.

mod connection;
mod counters;
mod fleet;
mod ledger;
mod orders;
mod plan;
mod wave;

pub use counters::{LoadCounters, LoadCounts};
pub(crate) use counters::{record, times};
pub use fleet::{Line, Load, lay_out, sign_up};
pub use ledger::{Ledger, Sent};
pub use plan::{Plan, Stall};
pub use wave::Wave;
