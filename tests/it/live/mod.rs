//! The live push over real sockets, with callers and a fleet of the tests' own.

mod admission;
mod filters;
mod forms;
mod limits;
mod resume;
mod slow;
mod stage;
mod watch;
