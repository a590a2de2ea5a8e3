//! One network's parameters in one array, and what they say.

use serde::{Deserialize, Serialize};

use super::generator::Generator;
use crate::features::FEATURES;

/// Hidden units of the network.
pub const HIDDEN: usize = 16;

/// Outputs of the network: one for each of [`Level::ALL`](crate::Level::ALL), in that order.
pub const LEVELS: usize = 3;

const HIDDEN_WEIGHTS: usize = FEATURES * HIDDEN;
const OUTPUT_WEIGHTS: usize = HIDDEN * LEVELS;

/// How many numbers [`Weights`] hold.
pub const PARAMETERS: usize = HIDDEN_WEIGHTS + HIDDEN + OUTPUT_WEIGHTS + LEVELS;

/// Where each part lies in the packed array.
const HIDDEN_BIAS_AT: usize = HIDDEN_WEIGHTS;
const OUTPUT_AT: usize = HIDDEN_BIAS_AT + HIDDEN;
const OUTPUT_BIAS_AT: usize = OUTPUT_AT + OUTPUT_WEIGHTS;

/// Why numbers are no weights.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum WeightsError {
    /// Another network's number of parameters.
    #[error("{found} weights where this network has {PARAMETERS}: it was trained for another network; train it anew")]
    Shape {
        /// How many there are.
        found: usize,
    },
    /// Infinite or not a number.
    #[error("weight {at} is not a finite number: the training failed or the file is damaged; train it anew")]
    NotFinite {
        /// Its index.
        at: usize,
    },
}

/// The parameters of one instrument's network, always finite: [`FEATURES`] → [`HIDDEN`] (ReLU) →
/// [`LEVELS`] logits. 1.3 KB, held in place.
#[derive(Clone, PartialEq, Serialize, Deserialize)]
#[serde(try_from = "Vec<f32>", into = "Vec<f32>")]
pub struct Weights([f32; PARAMETERS]);

impl std::fmt::Debug for Weights {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Weights({:?}, ... {PARAMETERS} in all)", &self.0[..3])
    }
}

impl Weights {
    /// The weights that the training of this seed starts from: uniform by the layer's width (He for the
    /// hidden layer, Glorot for the output), biases 0.
    #[must_use]
    pub fn init(seed: u64) -> Self {
        const PURPOSE: u64 = 1;
        let mut generator = Generator::for_purpose(seed, PURPOSE);
        let hidden_bound = (6.0 / FEATURES as f32).sqrt();
        let output_bound = (6.0 / (HIDDEN + LEVELS) as f32).sqrt();
        let mut packed = [0.0; PARAMETERS];
        packed[..HIDDEN_BIAS_AT].fill_with(|| generator.symmetric(hidden_bound));
        packed[OUTPUT_AT..OUTPUT_BIAS_AT].fill_with(|| generator.symmetric(output_bound));
        Self(packed)
    }

    /// The four parts joined: hidden weights (`[feature][unit]`), hidden biases, output weights
    /// (`[unit][level]`), output biases.
    ///
    /// # Errors
    /// [`WeightsError`], the shape counted over all four.
    pub fn from_parts(
        hidden: &[f32],
        hidden_bias: &[f32],
        output: &[f32],
        output_bias: &[f32],
    ) -> Result<Self, WeightsError> {
        let found = hidden.len() + hidden_bias.len() + output.len() + output_bias.len();
        if (hidden.len(), hidden_bias.len(), output.len()) != (HIDDEN_WEIGHTS, HIDDEN, OUTPUT_WEIGHTS) {
            return Err(WeightsError::Shape { found });
        }
        Self::try_from([hidden, hidden_bias, output, output_bias].concat().as_slice())
    }

    /// All the numbers, in the order of [`Self::from_parts`].
    #[must_use]
    pub fn as_slice(&self) -> &[f32] {
        &self.0
    }

    /// Hidden weights, `[feature][unit]`.
    #[must_use]
    pub fn hidden(&self) -> &[f32] {
        &self.0[..HIDDEN_BIAS_AT]
    }

    /// Hidden biases, one a unit.
    #[must_use]
    pub fn hidden_bias(&self) -> &[f32] {
        &self.0[HIDDEN_BIAS_AT..OUTPUT_AT]
    }

    /// Output weights, `[unit][level]`.
    #[must_use]
    pub fn output(&self) -> &[f32] {
        &self.0[OUTPUT_AT..OUTPUT_BIAS_AT]
    }

    /// Output biases, one a level.
    #[must_use]
    pub fn output_bias(&self) -> &[f32] {
        &self.0[OUTPUT_BIAS_AT..]
    }

    /// What the network says of these features: a logit a level. Features that are not finite, or so large
    /// that the sums overflow, give logits that are not finite: never a verdict.
    #[must_use]
    pub fn logits(&self, features: &[f32; FEATURES]) -> [f32; LEVELS] {
        let mut units = [0.0_f32; HIDDEN];
        units.copy_from_slice(self.hidden_bias());
        for (&feature, weights) in features.iter().zip(self.hidden().as_chunks::<HIDDEN>().0) {
            for (unit, &weight) in units.iter_mut().zip(weights) {
                *unit += feature * weight;
            }
        }
        let mut logits = [0.0_f32; LEVELS];
        logits.copy_from_slice(self.output_bias());
        for (&unit, weights) in units.iter().zip(self.output().as_chunks::<LEVELS>().0) {
            // Not `max`, which would turn NaN into 0.
            let unit = if unit < 0.0 { 0.0 } else { unit };
            for (logit, &weight) in logits.iter_mut().zip(weights) {
                *logit += unit * weight;
            }
        }
        logits
    }

    /// The probability of each level, by softmax of [`Self::logits`]; `None` where those are not finite.
    #[must_use]
    pub fn posterior(&self, features: &[f32; FEATURES]) -> Option<[f32; LEVELS]> {
        let logits = self.logits(features);
        if !logits.iter().all(|l| l.is_finite()) {
            return None;
        }
        let highest = logits.iter().copied().fold(f32::NEG_INFINITY, f32::max);
        let odds = logits.map(|l| (l - highest).exp());
        let sum: f32 = odds.iter().sum();
        Some(odds.map(|o| o / sum))
    }
}

impl TryFrom<&[f32]> for Weights {
    type Error = WeightsError;

    fn try_from(packed: &[f32]) -> Result<Self, Self::Error> {
        let found = packed.len();
        let packed: [f32; PARAMETERS] = packed.try_into().map_err(|_| WeightsError::Shape { found })?;
        match packed.iter().position(|w| !w.is_finite()) {
            Some(at) => Err(WeightsError::NotFinite { at }),
            None => Ok(Self(packed)),
        }
    }
}

impl TryFrom<Vec<f32>> for Weights {
    type Error = WeightsError;

    fn try_from(packed: Vec<f32>) -> Result<Self, Self::Error> {
        Self::try_from(packed.as_slice())
    }
}

impl From<Weights> for Vec<f32> {
    fn from(weights: Weights) -> Self {
        weights.0.to_vec()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_seed_gives_its_own_weights() {
        assert_eq!(Weights::init(1), Weights::init(1));
        assert_ne!(Weights::init(1), Weights::init(2));
        assert!(Weights::init(1).hidden_bias().iter().all(|&b| b == 0.0));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        let wrong = Weights::try_from(vec![0.0; 7]).unwrap_err();
        assert_eq!(wrong, WeightsError::Shape { found: 7 });
        let mut packed: Vec<f32> = Weights::init(1).into();
        packed[9] = f32::INFINITY;
        assert_eq!(Weights::try_from(packed).unwrap_err(), WeightsError::NotFinite { at: 9 });
    }

    #[test]
    fn json_gives_the_same_bits_back() {
        let weights = Weights::init(5);
        let json = serde_json::to_string(&weights).unwrap();
        assert_eq!(serde_json::from_str::<Weights>(&json).unwrap(), weights);
        assert!(serde_json::from_str::<Weights>("[1.0, 2.0]").is_err());
    }

    #[test]
    fn what_is_not_finite_is_no_verdict() {
        let weights = Weights::init(5);
        for wrong in [f32::NAN, f32::INFINITY, f32::NEG_INFINITY, f32::MAX] {
            for at in 0..FEATURES {
                let mut features = [0.1; FEATURES];
                features[at] = wrong;
                if wrong.is_nan() {
                    assert!(weights.logits(&features).iter().any(|l| !l.is_finite()));
                    assert_eq!(weights.posterior(&features), None);
                }
                if let Some(p) = weights.posterior(&features) {
                    assert!(p.iter().all(|p| (0.0..=1.0).contains(p)));
                }
            }
        }
        let sum: f32 = weights.posterior(&[0.3; FEATURES]).unwrap().iter().sum();
        assert!((sum - 1.0).abs() < 1e-6);
    }
}
