//! The live push: a snapshot of what a client asked for and may see, then every change, over WebSocket
//! (`docs/live-protocol.md`).
//!
//! One hub numbers every change in its `book`, which holds the fleet as it is announced and the latest changes. A `policy`
//! says what a client sees, and `seen` what a change looks like from there. Those who see the same share their frames
//! and `snapshot`s. Each client has a `session` on its `line`, and in it a `subscription` that knows how far the client has
//! come: who comes back goes on from there, and who is too slow gets the latest state of each instrument instead of an
//! ever longer queue.

mod api;
mod binary;
mod book;
mod frame;
mod hub;
mod limits;
mod line;
mod model;
mod policy;
#[cfg(test)]
mod reader;
#[cfg(test)]
mod sample;
mod seen;
mod session;
mod snapshot;
mod subscription;
#[cfg(test)]
mod tests;
mod watched;

pub use api::{Live, router};
pub use hub::{Hub, HubHandle};
pub use model::{Card, Fleet, InstitutionView, Row};
