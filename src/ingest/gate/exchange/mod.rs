//! From publishers to subscribers, in memory.
//!
//! `filters` finds who subscribed to a topic, `routing` sends each of them that may hear it (`audience`) one copy of a message, and `mailbox` is where
//! it waits, bounded, until the subscriber's session takes it; a subscriber that does not read loses its oldest messages
//! and holds nobody back. `retained` keeps the last message of topics whose publishers ask for it. Nothing here waits, so
//! a publisher is never slowed down by who listens.

mod audience;
mod filters;
mod mailbox;
mod message;
mod retained;
mod routing;

pub(super) use audience::{Audience, instrument_of};
pub(super) use filters::{Options, Target};
pub(super) use mailbox::{Limit, Mailbox};
pub(super) use message::{Delivery, Message};
pub(super) use routing::{Exchange, INSTRUMENTS};
