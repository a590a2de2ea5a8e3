//! `mlp-v1`: features, one instrument's own network, its own sticky filter.
//!
//! [`prepare`] makes a [`TrainingSet`](crate::training::TrainingSet) of labelled readings, the network is trained
//! on it elsewhere (as [`TrainedModel::training`] says), [`assemble`] joins both to a [`TrainedModel`], and a [`TrainedClassifier`] runs it.

mod assemble;
mod augment;
mod classifier;
mod error;
mod familiar;
mod frame;
mod model;
mod off_rule;
mod prepare;
mod prior;
mod replay;
mod select;

pub use assemble::assemble;
pub use classifier::{Memory, TrainedClassifier};
pub use error::PrepareError;
pub use frame::Frame;
pub use model::TrainedModel;
pub use prepare::{Prepared, prepare};
