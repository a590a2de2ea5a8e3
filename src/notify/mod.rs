//! Who is told of what: subscriptions to alerts and state changes, and their delivery.
//!
//! The [`reader`] follows both logs by their numbers and puts what a subscription asks for ([`policy`]), and when
//! ([`times`]), into the [`outbox`], in the transaction that moves its place. The [`dispatcher`] takes out what is due, one
//! message a channel at a time, the head of each subscription first; the [`post`] puts it into words ([`text`]), sends it
//! ([`send`]) and keeps what came of it. Delivery is at least once: a message has the same id at every attempt. Channels and
//! subscriptions are in the [`book`], whose they are says [`access`]; the [`inbox`] is what pages show.

mod access;
mod api;
mod book;
mod dispatcher;
mod entity;
mod inbox;
mod model;
mod notice;
mod outbox;
mod pace;
mod policy;
mod port;
mod post;
mod reader;
mod send;
mod service;
mod status;
mod text;
mod times;
mod touched;

#[cfg(test)]
mod tests;

pub use api::{ApiState, router};
pub use port::{AlertLog, Named, Names, Owners};
pub use send::SendError;
pub use service::{Handle, Notifier, NotifyError, Parts};
