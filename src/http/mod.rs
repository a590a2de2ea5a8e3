//! The HTTP side: each slice's routes under one roof, the page, the documentation, health and metrics.

mod auth;
mod health;
mod openapi;
mod permissions;
mod proxy;
mod requests;
mod router;
mod system;
mod ui;

pub use health::{Health, Vitals};
pub use router::{Parts, build};
pub use system::Disk;
