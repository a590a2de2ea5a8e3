//! What the server tells a page over its WebSocket, kept with the moment at which it came.

mod frame;
mod subscriber;

pub use frame::Told;
pub(crate) use frame::{first_frames, read_told};
pub use subscriber::{Heard, Subscriber};
