//! The commands of the `dayi` program, one a file.

mod behaviour;
mod command;
mod demo;
mod evaluate;
mod replay;
mod serve;
mod signals;
mod simulate;
mod train;

pub use command::Cli;
