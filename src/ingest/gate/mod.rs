//! One task a connection: who is it, may it do that, and what becomes of it.
//!
//! `connection` is the whole life of one: `connect` lets a client in and `lease` keeps it to one session; `session` is the loop that reads, hands over, and
//! answers; `publish` takes messages in, `subscribe` and `outbox` give messages out, `will` speaks for those who left
//! without a word. `codec` and `encode` are the bytes, `authorise` and `topic` the rules, `exchange` and `post` the
//! ways from one client to another.

mod authorise;
mod closer;
mod codec;
mod connect;
mod connection;
mod encode;
mod exchange;
#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;
mod lease;
mod outbox;
mod post;
mod publish;
mod publisher;
mod session;
mod shared;
mod subscribe;
mod topic;
mod will;

pub use closer::Closer;
pub(super) use connection::connection;
pub use publisher::Publisher;
pub(super) use shared::Gate;
