//! What people say an instrument did: labels painted over its readings, and names for the levels that its calibration
//! found.
//!
//! Labels are kept as *edits*: each paints a span in one state, or erases it, with its author and time. What holds at a
//! time is the newest edit over it that was not undone ([`paint`]). So a correction is one more edit, an undo takes one
//! back, and nothing that anybody said is lost.

mod api;
mod entity;
mod levels;
mod model;
mod policy;
mod store;

pub use api::{ApiState, LevelsPort, router};
pub use levels::LevelNames;
pub use model::{Edit, Label, Span};
pub use policy::paint;
pub use store::{LabelStore, UndoError};
