//! One task a connection: who is it, may it do that, and what becomes of it.
//!
//! `connection` is the whole life of one: `connect` lets a client in and `lease` keeps it to one session; `session` is the
//! loop that reads, hands over, and answers; `publish` takes messages in (`alias` names their topics), `subscribe` and
//! `outbox` give messages out, `will` speaks for those who left without a word, and `leave` puts the sessions of those who
//! come back into `kept`. `stream` (`tls_stream` when encrypted), `codec` and `encode` are the bytes, `authorise` and
//! `topic` the rules, `exchange` the way from one client to another.

mod alias;
mod authorise;
mod closer;
mod codec;
mod connect;
mod connection;
mod encode;
mod exchange;
#[cfg(feature = "fuzzing")]
pub(super) mod fuzzing;
mod kept;
mod lease;
mod leave;
mod outbox;
mod publish;
mod publisher;
mod session;
mod shared;
mod stream;
mod subscribe;
mod tls_stream;
mod topic;
mod will;

pub use closer::Closer;
pub(super) use connection::{aftermath, connection};
pub use publisher::Publisher;
pub(super) use shared::Gate;
