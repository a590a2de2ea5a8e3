//! What a posterior says of itself.

use crate::network::LEVELS;

/// The entropy of a posterior in nats: 0 when sure, ln 3 when all levels are as likely.
#[must_use]
pub fn entropy(posterior: &[f32; LEVELS]) -> f32 {
    posterior.iter().filter(|&&p| p > 0.0).map(|p| -p * p.ln()).sum()
}

/// The likeliest level's index; `None` if the numbers are no probabilities.
pub(super) fn likeliest(posterior: &[f32; LEVELS]) -> Option<usize> {
    if !posterior.iter().all(|p| (0.0..=1.0).contains(p)) {
        return None;
    }
    (0..LEVELS).max_by(|&a, &b| posterior[a].total_cmp(&posterior[b]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn entropy_by_hand() {
        assert_eq!(entropy(&[0.0, 1.0, 0.0]), 0.0);
        assert!((entropy(&[1.0 / 3.0; 3]) - 3.0_f32.ln()).abs() < 1e-6);
        assert_eq!(likeliest(&[0.2, 0.1, 0.7]), Some(2));
        assert_eq!(likeliest(&[0.2, f32::NAN, 0.7]), None);
        assert_eq!(likeliest(&[2.0, 0.0, 0.0]), None);
    }
}
