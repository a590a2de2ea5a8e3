use super::{Habit, Signal, TrueState};
use crate::fleet::{Fleet, InstrumentSpec};
use proptest::prelude::*;

/// 2025-06-11, a Wednesday, 00:00 in Shanghai.
const WEDNESDAY_MS: i64 = 1_749_571_200_000;
const HOUR_MS: i64 = 3_600_000;

#[derive(Debug, Default)]
struct Shares {
    off: f64,
    standby: f64,
    on: f64,
    lost: f64,
}

fn shares(fleet: &Fleet, activity: f32, ts_ms: i64) -> Shares {
    let one = 1.0 / fleet.instruments.len() as f64;
    let mut shares = Shares::default();
    for instrument in &fleet.instruments {
        let mut signal = Signal::with_activity(instrument, 1, activity);
        if signal.at(ts_ms).is_none() {
            shares.lost += one;
        }
        match signal.truth().unwrap() {
            TrueState::Off => shares.off += one,
            TrueState::Standby => shares.standby += one,
            TrueState::On => shares.on += one,
        }
    }
    shares
}

#[test]
fn office_hours_are_busy_and_nights_are_quiet() {
    let fleet = Fleet::generate(1, 3_000);
    let day = shares(&fleet, 0.0, WEDNESDAY_MS + 10 * HOUR_MS + HOUR_MS / 2);
    assert!((0.30..0.55).contains(&day.on), "{day:?}");
    assert!((0.15..0.40).contains(&day.standby), "{day:?}");
    assert!((0.15..0.45).contains(&day.off), "{day:?}");
    assert!((0.005..0.04).contains(&day.lost), "{day:?}");
    let night = shares(&fleet, 0.0, WEDNESDAY_MS + 3 * HOUR_MS);
    assert!((0.03..0.20).contains(&night.on), "{night:?}");
    assert!((0.45..0.80).contains(&night.off), "{night:?}");
    let sunday = shares(&fleet, 0.0, WEDNESDAY_MS + 4 * 24 * HOUR_MS + 10 * HOUR_MS);
    assert!(night.on < sunday.on && sunday.on < day.on, "{sunday:?}");
}

#[test]
fn with_full_activity_a_night_is_as_busy_as_a_day() {
    let fleet = Fleet::generate(1, 3_000);
    let day = shares(&fleet, 1.0, WEDNESDAY_MS + 10 * HOUR_MS);
    let night = shares(&fleet, 1.0, WEDNESDAY_MS + 3 * HOUR_MS);
    assert!((day.on - night.on).abs() < 0.04, "{day:?} {night:?}");
}

#[test]
fn a_demo_of_ten_thousand_changes_a_few_times_a_second() {
    let fleet = Fleet::generate(1, 2_000);
    let (from_ms, seconds) = (WEDNESDAY_MS + 2 * HOUR_MS, 1_200);
    let changes: usize = fleet
        .instruments
        .iter()
        .map(|instrument| {
            let mut signal = Signal::with_activity(instrument, 1, 1.0);
            let states = (0..=seconds).step_by(10).map(|second| {
                let seen = signal.at(from_ms + second * 1_000).is_some();
                (seen, signal.truth())
            });
            let states: Vec<_> = states.collect();
            states.windows(2).filter(|pair| pair[0] != pair[1]).count()
        })
        .sum();
    let per_second_at_10_000 = changes as f64 / seconds as f64 * 5.0;
    assert!((3.0..8.0).contains(&per_second_at_10_000), "{per_second_at_10_000}");
}

#[test]
fn the_same_seed_gives_the_same_current_and_another_one_another() {
    let fleet = Fleet::generate(1, 20);
    let trace = |instrument: &InstrumentSpec, seed| -> Vec<Option<f32>> {
        let mut signal = Signal::new(instrument, seed);
        (0..5_000).map(|second| signal.at(WEDNESDAY_MS + 9 * HOUR_MS + second * 1_000)).collect()
    };
    for instrument in &fleet.instruments {
        assert_eq!(trace(instrument, 1), trace(instrument, 1));
    }
    assert!(fleet.instruments.iter().any(|instrument| trace(instrument, 1) != trace(instrument, 2)));
}

#[test]
fn what_it_reads_does_not_depend_on_what_was_asked_before() {
    for instrument in &Fleet::generate(4, 40).instruments {
        let mut walking = Signal::new(instrument, 4);
        for minute in 0..3 * 24 * 60 {
            let ts_ms = WEDNESDAY_MS + minute * 60_000;
            let walked = walking.at(ts_ms);
            if minute % 97 == 0 {
                let mut jumping = Signal::new(instrument, 4);
                assert_eq!(jumping.at(ts_ms), walked);
                assert_eq!((jumping.truth(), jumping.since_ms()), (walking.truth(), walking.since_ms()));
                assert_eq!(jumping.at(ts_ms - 30 * HOUR_MS), Signal::new(instrument, 4).at(ts_ms - 30 * HOUR_MS));
            }
        }
    }
}

#[test]
fn states_lie_where_the_server_looks_for_them() {
    let (mut wrong, mut all) = (0, 0);
    for instrument in &Fleet::generate(5, 300).instruments {
        let mut signal = Signal::new(instrument, 5);
        for step in 0..1_000 {
            let Some(current_a) = signal.at(WEDNESDAY_MS + 7 * HOUR_MS + step * 43_000) else { continue };
            let share = current_a / instrument.rated_current_a;
            let right = match signal.truth().unwrap() {
                TrueState::Off => share < 0.005,
                TrueState::Standby => (0.045..0.2).contains(&share),
                TrueState::On => share >= 0.22,
            };
            wrong += usize::from(!right);
            all += 1;
        }
    }
    assert!(wrong * 500 < all, "{wrong} of {all}");
}

#[test]
fn habits_are_kept() {
    for instrument in &Fleet::generate(6, 600).instruments {
        let mut signal = Signal::with_activity(instrument, 6, 0.5);
        let states = (0..2_000).map(|step| {
            signal.at(WEDNESDAY_MS + step * 101_000);
            signal.truth().unwrap()
        });
        let states: Vec<TrueState> = states.collect();
        match instrument.profile.habit {
            Habit::UnusedOff => assert!(states.iter().all(|state| *state == TrueState::Off)),
            Habit::UnusedStandby => assert!(states.iter().all(|state| *state == TrueState::Standby)),
            Habit::RoundTheClock => assert!(states.iter().all(|state| *state != TrueState::Off)),
            Habit::Regular => {}
        }
    }
}

#[test]
fn ten_thousand_signals_fit_in_3_megabytes() {
    assert!(size_of::<Signal>() < 300, "{}", size_of::<Signal>());
}

proptest! {
    #[test]
    fn a_current_is_finite_and_never_negative(seed: u64, index in 0_usize..60, activity in -1.0_f32..2.0, start_ms in 0_i64..4_000_000_000_000) {
        let fleet = Fleet::generate(seed % 5, 60);
        let mut signal = Signal::with_activity(&fleet.instruments[index], seed, activity);
        for step in 0..200 {
            if let Some(current_a) = signal.at(start_ms + step * 1_777) {
                prop_assert!(current_a.is_finite() && current_a >= 0.0, "{}", current_a);
                prop_assert!(current_a < 3.0 * fleet.instruments[index].rated_current_a);
            }
        }
    }
}
