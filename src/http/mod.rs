//! The HTTP side: each slice's routes under one roof, the page, the documentation, health and metrics.

mod auth;
mod health;
mod openapi;
mod router;
mod ui;

pub use health::{AskHealth, Health};
pub use router::{Parts, build};
