//! `dayi train`: models from labels, many instruments at a time, beside a running server or without one.
//!
//! 1. [`command`]: what was asked for, and in which order it is done.
//! 2. [`pick`]: which instruments.
//! 3. [`material`]: an instrument's readings with the labels painted over them, and the model that serves now.
//! 4. [`lesson`]: what the candidate learns from, and how it stands to the model that serves.
//! 5. [`teller`]: what became of each, for a person or for the server that started this.

mod command;
mod lesson;
mod material;
mod pick;
mod teller;

pub(super) use command::Train;
