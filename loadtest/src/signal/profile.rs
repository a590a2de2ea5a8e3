//! The numbers that make one instrument's current its own.

use serde::{Deserialize, Serialize};

/// When an instrument is used.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Habit {
    /// By people, mostly in working hours.
    Regular,
    /// Never switched off; its runs are queued and go on at night.
    RoundTheClock,
    /// By nobody, and switched off.
    UnusedOff,
    /// By nobody, but left on standby.
    UnusedStandby,
}

/// How an instrument's current behaves. Shares are of its rated current.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct SignalProfile {
    /// When it is used.
    pub habit: Habit,
    /// What leaks when it is off.
    pub off_share: f32,
    /// What it draws on standby.
    pub standby_share: f32,
    /// What its second standby level draws beyond the first; 0 where it has one level only.
    pub standby_step_share: f32,
    /// What it draws in a usual run.
    pub run_share: f32,
    /// What its compressor draws, on standby and in runs; 0 without one.
    pub compressor_share: f32,
    /// From one start of the compressor to the next, in seconds.
    pub compressor_period_s: f32,
    /// The part of the period in which the compressor is on, 0 to 1.
    pub compressor_duty: f32,
    /// The part of a run's current that switches on and off within the run; 0 for a steady run.
    pub cycle_share: f32,
    /// The period of that switching, in seconds.
    pub cycle_period_s: f32,
    /// How slowly a run settles: its time constant in seconds.
    pub warm_up_s: f32,
    /// How much more (or, negative, less) than its level a run draws when it begins, as a part of the level.
    pub warm_up_excess: f32,
    /// The standard deviation of the noise, as a part of the level.
    pub noise: f32,
    /// The sensor's resolution, in ampere.
    pub sensor_step_a: f32,
    /// A usual run, in minutes.
    pub run_min: f32,
    /// The usual pause on standby between two runs at the busiest time of the day, in minutes.
    pub pause_min: f32,
    /// How long it usually stays off at the busiest time of the day, in minutes.
    pub rest_min: f32,
    /// How long it usually stays on standby before somebody switches it off during the day, in minutes.
    pub stay_min: f32,
    /// The same after work.
    pub closing_min: f32,
    /// How often a day its sensor is lost.
    pub losses_per_day: f32,
    /// How long a usual loss of the sensor lasts, in minutes.
    pub loss_min: f32,
}
