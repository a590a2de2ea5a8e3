//! The network as a burn module.

use burn::module::{Module, Param};
use burn::nn::Linear;
use burn::tensor::activation::relu;
use burn::tensor::{Device, Tensor, TensorData};

use super::device::ComputeDevice;
use super::weights::{HIDDEN, LEVELS, Weights, WeightsError};
use crate::features::FEATURES;

/// The definition of the network: [`FEATURES`] → [`HIDDEN`], ReLU → [`LEVELS`] logits. Only for inference,
/// on a device that follows no gradients; training stacks many of them
/// ([`train_stacked`](crate::training::train_stacked)).
#[derive(Module, Debug)]
pub struct StateNetwork {
    hidden: Linear,
    output: Linear,
}

impl StateNetwork {
    /// The network with these weights.
    #[must_use]
    pub fn from_weights(weights: &Weights, device: &ComputeDevice) -> Self {
        let device = device.plain();
        let linear = |weight: &[f32], bias: &[f32], inputs: usize| Linear {
            weight: parameter::<2>(weight, [inputs, bias.len()], device),
            bias: Some(parameter::<1>(bias, [bias.len()], device)),
        };
        Self {
            hidden: linear(weights.hidden(), weights.hidden_bias(), FEATURES),
            output: linear(weights.output(), weights.output_bias(), HIDDEN),
        }
        .valid()
    }

    /// The network's weights, packed.
    ///
    /// # Errors
    /// [`WeightsError`] where they are not finite or not of this network's shape.
    pub fn to_weights(&self) -> Result<Weights, WeightsError> {
        let (hidden, hidden_bias) = parts(&self.hidden);
        let (output, output_bias) = parts(&self.output);
        Weights::from_parts(&hidden, &hidden_bias, &output, &output_bias)
    }

    /// Logits for a batch of features.
    #[must_use]
    pub fn logits_of(&self, rows: &[[f32; FEATURES]]) -> Vec<[f32; LEVELS]> {
        if rows.is_empty() {
            return Vec::new();
        }
        let data = TensorData::new(rows.as_flattened().to_vec(), [rows.len(), FEATURES]);
        let logits = numbers(self.forward(Tensor::from_data(data, &self.device())));
        logits.as_chunks::<LEVELS>().0.to_vec()
    }

    /// Logits for one window's features.
    #[must_use]
    pub fn logits(&self, features: &[f32; FEATURES]) -> [f32; LEVELS] {
        self.logits_of(std::slice::from_ref(features)).first().copied().unwrap_or([f32::NAN; LEVELS])
    }

    fn forward(&self, rows: Tensor<2>) -> Tensor<2> {
        self.output.forward(relu(self.hidden.forward(rows)))
    }

    fn device(&self) -> Device {
        self.hidden.weight.device()
    }
}

fn parameter<const D: usize>(values: &[f32], shape: [usize; D], device: &Device) -> Param<Tensor<D>> {
    Param::from_data(TensorData::new(values.to_vec(), shape), device)
}

fn parts(layer: &Linear) -> (Vec<f32>, Vec<f32>) {
    let bias = layer.bias.as_ref().map(|b| numbers(b.val())).unwrap_or_default();
    (numbers(layer.weight.val()), bias)
}

/// A tensor's numbers; none if they are not `f32`, which no tensor here is.
pub(crate) fn numbers<const D: usize>(tensor: Tensor<D>) -> Vec<f32> {
    tensor.into_data().try_into_vec().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::network::Generator;

    /// Weights and inputs of every size that training and features may give.
    #[test]
    fn the_hand_written_network_is_burns() {
        for seed in 0..500 {
            let mut generator = Generator::new(seed);
            let mut packed: Vec<f32> = Weights::init(seed).into();
            packed.iter_mut().for_each(|w| *w += generator.symmetric(1.0));
            let weights = Weights::try_from(packed).unwrap();
            let rows: Vec<[f32; FEATURES]> =
                (0..8).map(|_| std::array::from_fn(|_| generator.symmetric(3.0))).collect();
            let network = StateNetwork::from_weights(&weights, &ComputeDevice::default());
            assert_eq!(network.to_weights().unwrap(), weights);
            for (row, reference) in rows.iter().zip(network.logits_of(&rows)) {
                let ours = weights.logits(row);
                let single = network.logits(row);
                for level in 0..LEVELS {
                    let wrong = |l: [f32; LEVELS]| (l[level] - reference[level]).abs();
                    assert!(wrong(ours) <= 1e-5, "{ours:?} {reference:?}");
                    assert!(wrong(single) <= 1e-5, "{single:?} {reference:?}");
                }
            }
        }
    }

    #[test]
    fn no_rows_no_logits() {
        let network = StateNetwork::from_weights(&Weights::init(1), &ComputeDevice::default());
        assert!(network.logits_of(&[]).is_empty());
        assert!(!network.logits(&[f32::NAN; FEATURES])[0].is_finite());
    }
}
