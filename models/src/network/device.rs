//! What burn computes on, chosen at run time.

use std::str::FromStr;

use burn::tensor::Device;

/// A device for [`StateNetwork`](super::StateNetwork) and for training, chosen by name: `flex`, the CPU, or
/// `gpu` where the crate is built with its feature `gpu`.
#[derive(Debug, Clone)]
pub struct ComputeDevice {
    name: &'static str,
    device: Device,
}

/// Why there is no such device.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DeviceError {
    /// A name nobody knows.
    #[error("`{0}` is no device: expected one of {known}", known = ComputeDevice::NAMES.join(", "))]
    Unknown(String),
    /// `gpu` in a program built without it.
    #[error("this program was built without the device `gpu` (cargo feature `gpu` of dayi-models): use `flex`")]
    NotBuilt,
    /// The device is there by name only.
    #[error("the device `{0}` does not start: is there a GPU and its driver? Use `flex`")]
    NoHardware(String),
}

impl ComputeDevice {
    /// The names [`FromStr`] knows.
    pub const NAMES: [&str; 2] = ["flex", "gpu"];

    /// The CPU.
    #[must_use]
    pub fn flex() -> Self {
        Self { name: "flex", device: Device::flex() }
    }

    /// The best GPU that wgpu finds.
    ///
    /// # Errors
    /// [`DeviceError::NotBuilt`], or [`DeviceError::NoHardware`] when it does not start.
    pub fn gpu() -> Result<Self, DeviceError> {
        #[cfg(feature = "gpu")]
        {
            let start = || {
                let device = Device::wgpu(burn::tensor::DeviceKind::DefaultDevice);
                device.sync().map(|()| device)
            };
            // wgpu panics where it finds no adapter.
            match std::panic::catch_unwind(start) {
                Ok(Ok(device)) => Ok(Self { name: "gpu", device }),
                _ => Err(DeviceError::NoHardware("gpu".to_owned())),
            }
        }
        #[cfg(not(feature = "gpu"))]
        Err(DeviceError::NotBuilt)
    }

    /// The name it was chosen by.
    #[must_use]
    pub fn name(&self) -> &'static str {
        self.name
    }

    /// The device on which tensors are plain: nothing is kept for a backward pass.
    pub(crate) fn plain(&self) -> &Device {
        &self.device
    }

    /// The device on which gradients are followed. Every forward pass must be followed by a backward one:
    /// what a forward pass keeps for it stays in the process otherwise.
    pub(crate) fn training(&self) -> Device {
        self.device.clone().autodiff()
    }
}

impl Default for ComputeDevice {
    fn default() -> Self {
        Self::flex()
    }
}

impl FromStr for ComputeDevice {
    type Err = DeviceError;

    fn from_str(name: &str) -> Result<Self, Self::Err> {
        match name {
            "flex" => Ok(Self::flex()),
            "gpu" => Self::gpu(),
            other => Err(DeviceError::Unknown(other.to_owned())),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_device_is_chosen_by_name() {
        assert_eq!("flex".parse::<ComputeDevice>().unwrap().name(), "flex");
        assert_eq!("abacus".parse::<ComputeDevice>().unwrap_err(), DeviceError::Unknown("abacus".into()));
        #[cfg(not(feature = "gpu"))]
        assert_eq!("gpu".parse::<ComputeDevice>().unwrap_err(), DeviceError::NotBuilt);
    }
}
