//! The commands of the `dayi` program, one a file.

mod account;
mod archive;
mod behaviour;
mod check_config;
mod command;
mod demo;
mod demo_accounts;
mod evaluate;
mod export;
mod migrate;
mod province;
mod replay;
mod serve;
mod signals;
mod simulate;
mod source;
mod train;
mod watch;

pub use command::Cli;
