//! The routes: channels, subscriptions, deliveries, and the list that pages show.

mod channels;
mod deliveries;
mod notifications;
mod state;
mod subscriptions;
mod target;

pub use state::{ApiState, router};
