//! The small network that tells an instrument's level from the features of its window.
//!
//! [`StateNetwork`] is the burn module: it defines what the network is, is what a GPU would run, and is the
//! reference for [`Weights`], the same parameters packed in one array and evaluated by hand, as an
//! instrument's actor does. [`ComputeDevice`] names what burn computes on. [`Generator`] draws the first
//! weights, for each instrument from a seed of its own: burn's generator belongs to the whole process.

mod device;
mod generator;
mod state_network;
mod weights;

pub use device::{ComputeDevice, DeviceError};
pub use generator::Generator;
pub use state_network::StateNetwork;
pub(crate) use state_network::numbers;
pub use weights::{HIDDEN, LEVELS, PARAMETERS, Weights, WeightsError};
