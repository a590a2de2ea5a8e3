//! `dayi watch`: what changes at a server, a line a change (`docs/live-protocol.md`).
//!
//! `client` keeps the connection and comes back by itself, `wanted` reads the command line's conditions, `told` writes the
//! lines.

mod args;
mod client;
mod told;
mod wanted;

pub(super) use args::Watch;
