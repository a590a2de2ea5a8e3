//! A stack of networks as one burn module, and its training.

use std::ops::ControlFlow;

use burn::module::{Module, Param};
use burn::optim::{AdamConfig, GradientsParams};
use burn::tensor::activation::{log_softmax, relu};
use burn::tensor::{Device, Tensor, TensorData};

use super::batches::{Layout, Shuffled};
use super::config::TrainingConfig;
use super::error::TrainingError;
use super::set::TrainingSet;
use crate::features::FEATURES;
use crate::network::{HIDDEN, LEVELS, Weights, numbers};

/// The same network as [`StateNetwork`](crate::network::StateNetwork), N times: the first dimension of every
/// parameter is the instrument.
#[derive(Module, Debug)]
struct StackedNetwork {
    hidden: Param<Tensor<3>>,
    hidden_bias: Param<Tensor<3>>,
    output: Param<Tensor<3>>,
    output_bias: Param<Tensor<3>>,
}

impl StackedNetwork {
    fn new(weights: &[Weights], device: &Device) -> Self {
        let n = weights.len();
        let parameter = |part: fn(&Weights) -> &[f32], rows: usize, columns: usize| {
            let joined: Vec<f32> = weights.iter().flat_map(|w| part(w).iter().copied()).collect();
            Param::from_data(TensorData::new(joined, [n, rows, columns]), device)
        };
        Self {
            hidden: parameter(Weights::hidden, FEATURES, HIDDEN),
            hidden_bias: parameter(Weights::hidden_bias, 1, HIDDEN),
            output: parameter(Weights::output, HIDDEN, LEVELS),
            output_bias: parameter(Weights::output_bias, 1, LEVELS),
        }
    }

    /// `[instrument, row, feature]` to `[instrument, row, level]`.
    fn forward(&self, rows: Tensor<3>) -> Tensor<3> {
        let hidden = relu(rows.matmul(self.hidden.val()) + self.hidden_bias.val());
        hidden.matmul(self.output.val()) + self.output_bias.val()
    }

    /// Each instrument's weights, [`TrainingError::Diverged`] where they are not finite.
    fn unstack(self) -> Vec<Result<Weights, TrainingError>> {
        let valid = self.valid();
        let [hidden, hidden_bias] = [valid.hidden, valid.hidden_bias].map(|p| numbers(p.val()));
        let [output, output_bias] = [valid.output, valid.output_bias].map(|p| numbers(p.val()));
        let parts = hidden.chunks(FEATURES * HIDDEN).zip(hidden_bias.chunks(HIDDEN));
        let outputs = output.chunks(HIDDEN * LEVELS).zip(output_bias.chunks(LEVELS));
        parts
            .zip(outputs)
            .map(|((hidden, hidden_bias), (output, output_bias))| {
                Weights::from_parts(hidden, hidden_bias, output, output_bias).map_err(|_| TrainingError::Diverged)
            })
            .collect()
    }
}

/// Trains one stack: sets that passed their check and share one layout. `after_epoch` may end it.
///
/// The loss is the sum over the instruments of each one's weighted mean cross-entropy, so no gradient and no
/// step of Adam mixes two of them.
pub(super) fn train(
    sets: &[(u64, &TrainingSet)],
    layout: Layout,
    config: &TrainingConfig,
    device: &Device,
    after_epoch: &dyn Fn() -> ControlFlow<()>,
) -> Vec<Result<Weights, TrainingError>> {
    let n = sets.len();
    let first: Vec<Weights> = sets.iter().map(|&(seed, _)| Weights::init(seed)).collect();
    let mut network = StackedNetwork::new(&first, device);
    let mut adam = AdamConfig::new().with_epsilon(1e-8).init();
    let mut shuffled: Vec<Shuffled> = sets.iter().map(|&(seed, set)| Shuffled::new(set, seed)).collect();
    for _ in 0..config.epochs {
        shuffled.iter_mut().for_each(Shuffled::shuffle);
        for step in 0..layout.steps {
            let mut rows = Vec::with_capacity(n * layout.rows * FEATURES);
            let mut shares = Vec::with_capacity(n * layout.rows * LEVELS);
            shuffled.iter().for_each(|s| s.append(step, layout, &mut rows, &mut shares));
            let rows = Tensor::from_data(TensorData::new(rows, [n, layout.rows, FEATURES]), device);
            let shares = Tensor::from_data(TensorData::new(shares, [n, layout.rows, LEVELS]), device);
            let loss = -(log_softmax(network.forward(rows), 2) * shares).sum();
            let gradients = GradientsParams::from_grads(loss.backward(), &network);
            network = adam.step(config.learning_rate, network, gradients);
        }
        if after_epoch().is_break() {
            return vec![Err(TrainingError::Cancelled); n];
        }
    }
    network.unstack()
}
