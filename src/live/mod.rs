//! The live push: a snapshot of the whole fleet, then every change, over WebSocket (`docs/live-protocol.md`).
//!
//! One hub keeps the fleet's announced states and numbers every change; each connected page has a session that
//! forwards the hub's frames. A session too slow for the changes gets a new snapshot instead of an ever longer queue.

mod api;
mod frame;
mod hub;
mod session;

pub use api::router;
pub use frame::InstitutionView;
pub use hub::{Fleet, Hub, HubHandle, Row};
