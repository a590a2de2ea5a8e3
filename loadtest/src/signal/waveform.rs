//! What a sensor reads while the instrument is in a state.

use super::profile::SignalProfile;
use super::schedule::{Phase, TrueState};
use crate::seed::{gauss, hash, unit};
use std::f64::consts::TAU;

/// A run stays above this share of the rated current, whatever its warm-up and its cycles do.
const RUN_FLOOR: f32 = 0.26;
/// How long a motor's inrush lasts.
const INRUSH_MS: i64 = 1_500;
/// The period of the slow drift, the same for all; each instrument is at another point of it.
const DRIFT_MS: f64 = 5.3 * 3_600_000.0;
const DRIFT: f32 = 0.03;
/// How many of a million readings on standby hold a spike.
const SPIKES_PER_MILLION: u64 = 300;

/// The current in ampere, as the sensor gives it: never negative, in whole steps of the sensor.
pub(super) fn current_a(seed: u64, rated_a: f32, profile: &SignalProfile, phase: Phase, ts_ms: i64) -> f32 {
    let in_phase_ms = ts_ms - phase.from_ms;
    let dice = hash(seed, 0xD1CE, ts_ms as u64);
    let (share, noise) = match phase.state {
        TrueState::Off => (profile.off_share, 2.0 * profile.noise),
        TrueState::Standby => (standby(seed, profile, ts_ms, dice), profile.noise),
        TrueState::On => (run(seed, profile, phase.from_ms, in_phase_ms, ts_ms), profile.noise),
    };
    let slow = (TAU * ((ts_ms as f64 / DRIFT_MS + f64::from(unit(seed))) % 1.0)).sin() as f32;
    let exact_a = rated_a * share * (1.0 + DRIFT * slow + noise * gauss(dice));
    let steps = (exact_a / profile.sensor_step_a).round();
    if steps.is_finite() { (steps * profile.sensor_step_a).max(0.0) } else { 0.0 }
}

fn standby(seed: u64, profile: &SignalProfile, ts_ms: i64, dice: u64) -> f32 {
    // The second level comes and goes in slots of 3 to 12 minutes.
    let slot = ts_ms.div_euclid(180_000 + (seed % 540_000) as i64);
    let second = if hash(seed, 0x57E9, slot as u64).is_multiple_of(2) { profile.standby_step_share } else { 0.0 };
    let spike = if dice % 1_000_000 < SPIKES_PER_MILLION { 0.5 * unit(dice.rotate_left(20)) } else { 0.0 };
    profile.standby_share + second + spike + compressor(seed, profile, ts_ms)
}

fn run(seed: u64, profile: &SignalProfile, from_ms: i64, in_phase_ms: i64, ts_ms: i64) -> f32 {
    if in_phase_ms < INRUSH_MS {
        return profile.run_share + 0.6;
    }
    let of_this_run = 0.85 + 0.3 * unit(hash(seed, 0x2074, from_ms as u64));
    let in_phase_s = in_phase_ms as f32 / 1e3;
    let warm_up = 1.0 + profile.warm_up_excess * (-in_phase_s / profile.warm_up_s).exp();
    let resting = profile.cycle_share > 0.0 && (in_phase_s / profile.cycle_period_s).fract() > 0.6;
    let cycle = if resting { 1.0 - profile.cycle_share } else { 1.0 };
    (profile.run_share * of_this_run * warm_up * cycle).max(RUN_FLOOR) + compressor(seed, profile, ts_ms)
}

/// A compressor keeps its own rhythm, whatever the instrument does, and draws three times as much when it starts.
fn compressor(seed: u64, profile: &SignalProfile, ts_ms: i64) -> f32 {
    if profile.compressor_share <= 0.0 {
        return 0.0;
    }
    let period_ms = ((profile.compressor_period_s * 1e3) as i64).max(1);
    let in_period_ms = (ts_ms + (seed >> 32) as i64).rem_euclid(period_ms);
    if in_period_ms < INRUSH_MS {
        3.0 * profile.compressor_share
    } else if (in_period_ms as f32) < profile.compressor_duty * period_ms as f32 {
        profile.compressor_share
    } else {
        0.0
    }
}
