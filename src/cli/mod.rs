//! The commands of the `dayi` program, one a file.

mod archive;
mod behaviour;
mod check_config;
mod command;
mod demo;
mod evaluate;
mod export;
mod migrate;
mod replay;
mod serve;
mod signals;
mod simulate;
mod source;
mod train;
mod watch;

pub use command::Cli;
