//! The whole push without sockets.

mod client;
mod converge;
mod fleet;
mod golden;
mod slow;
