//! Whether a server could run with a configuration: what is set ([`settings`]), and one check after the other
//! ([`command`] has the list).

mod access;
mod command;
mod finding;
mod network;
mod settings;
mod storage;

pub(super) use command::CheckConfig;
