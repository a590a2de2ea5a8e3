//! What holds of alerts whatever happens, and in whatever order.

use super::bench::{Bench, DAY, GRACE, HOUR, MIN, START};
use super::engine::{NotDone, Word};
use super::lifecycle::is_open;
use super::maintenance::{Target, Window, Windows};
use super::rules::WATCHED;
use super::store;
use crate::domain::{
    Acknowledged, Alert, AlertEvent, AlertKind, AlertStep, InstrumentId, InstrumentState, Severity, Silenced,
};
use crate::platform::config::Config;
use crate::platform::db::Db;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::sync::Arc;

use AlertKind::{Offline as OfflineAlert, StandbyIdle};
use AlertStep::{Cleared, Raised, Silenced as SilencedStep, Unsilenced, Updated};
use InstrumentState::{Off, Offline, On, Standby, Unknown};
use Severity::{Notice, Warning};

#[test]
fn an_alert_is_raised_grows_and_is_cleared() {
    let mut bench = Bench::new();
    bench.change("a", Standby, 0, false);
    bench.pass(29 * MIN);
    assert_eq!(bench.told(), []);
    bench.pass(MIN);
    assert_eq!(bench.told(), [(Raised, StandbyIdle, Notice)]);
    bench.pass(4 * HOUR);
    assert_eq!(bench.told(), [(Updated, StandbyIdle, Warning)]);
    bench.change("a", On, 0, false);
    bench.follow();
    assert_eq!(bench.told(), [(Cleared, StandbyIdle, Warning)]);
}

#[test]
fn what_comes_back_within_ten_minutes_is_the_same() {
    let mut bench = Bench::new();
    bench.change("a", On, 0, false);
    bench.pass(GRACE);
    let mut ids = Vec::new();
    for (there, pause) in [(true, MIN), (false, 9 * MIN), (true, MIN), (false, 11 * MIN), (true, MIN)] {
        bench.sign("a", AlertKind::ClockSkew, there);
        bench.follow();
        ids.extend(bench.log.drain(..).map(|event| (event.step, event.alert.id.clone(), event.alert.reopened)));
        bench.pass(pause);
    }
    let steps: Vec<_> = ids.iter().map(|(step, _, reopened)| (*step, *reopened)).collect();
    assert_eq!(steps, [(Raised, 0), (Cleared, 0), (Raised, 1), (Cleared, 1), (Raised, 0)]);
    assert!(ids[0].1 == ids[2].1 && ids[2].1 != ids[4].1);
}

#[test]
fn what_came_late_raises_nothing_that_is_over() {
    let mut bench = Bench::new();
    bench.pass(3 * HOUR);
    // An hour on standby comes in late; that it was over is heard only then.
    bench.change("a", Standby, 2 * HOUR, true);
    bench.follow();
    bench.change("a", On, HOUR, true);
    bench.pass(HOUR);
    assert_eq!(bench.told(), []);
    // What lasts is told when nothing more has come for a minute.
    bench.change("b", Standby, HOUR, true);
    bench.pass(59_999);
    assert_eq!(bench.told(), []);
    bench.pass(1);
    assert_eq!(bench.told(), [(Raised, StandbyIdle, Notice)]);
}

#[test]
fn what_was_due_while_nobody_was_there_is_told_once() {
    let mut bench = Bench::new();
    bench.change("a", Offline, 0, false);
    bench.pass(20 * MIN);
    bench.restart_after(2 * HOUR);
    bench.follow();
    assert_eq!(bench.told(), [(Raised, OfflineAlert, Notice)]);
    bench.restart_after(0);
    bench.pass(HOUR);
    assert_eq!(bench.told(), []);
}

#[test]
fn of_a_time_of_which_nobody_knows_nothing_follows() {
    let mut bench = Bench::new();
    bench.change("a", Offline, 0, false);
    bench.pass(HOUR);
    bench.change("a", Unknown, 0, false);
    bench.pass(2 * DAY);
    bench.change("a", Offline, 0, false);
    bench.pass(23 * HOUR);
    assert_eq!(bench.told(), [(Raised, OfflineAlert, Notice)], "unknown time is not counted as offline");
    bench.pass(2 * HOUR);
    assert_eq!(bench.told(), [(Updated, OfflineAlert, Warning)]);
}

#[test]
fn under_maintenance_nothing_new_is_told_and_what_is_open_is_silent() {
    let mut bench = Bench::new();
    bench.change("open", Offline, 0, false);
    bench.pass(HOUR);
    assert_eq!(bench.told(), [(Raised, OfflineAlert, Notice)]);
    let window = Window {
        id: "w".into(),
        target: Target::Unit("lab".into()),
        from_ms: bench.now_ms + HOUR,
        to_ms: bench.now_ms + 3 * HOUR,
        reason: "保养".into(),
        by: "A".into(),
        at_ms: bench.now_ms,
    };
    bench.settings.windows.store(Arc::new(Windows::new(vec![window.clone()])));
    bench.engine.touch_all();
    bench.change("new", Offline, 0, false);
    bench.pass(HOUR);
    // The new one was raised before it began.
    assert_eq!(bench.told()[0], (Raised, OfflineAlert, Notice));
    assert_eq!(bench.log.len(), 0);
    bench.change("newer", Offline, 0, false);
    bench.pass(HOUR);
    assert_eq!(bench.told(), []);
    let open = |bench: &Bench| {
        let mut alerts = BTreeMap::new();
        bench.log.iter().for_each(|event| drop(alerts.insert(event.alert.instrument.clone(), event.alert.clone())));
        alerts
    };
    bench.pass(HOUR);
    let alerts = open(&bench);
    assert_eq!(alerts.len(), 3);
    assert!(alerts.values().all(|alert| is_open(alert) && alert.silenced.is_none()));
    bench.log.clear();

    // Cancelled: whoever was silenced for it is not any more.
    let window = Window { from_ms: bench.now_ms, to_ms: bench.now_ms + 5 * HOUR, ..window };
    bench.settings.windows.store(Arc::new(Windows::new(vec![window.clone()])));
    bench.engine.touch_all();
    bench.follow();
    assert_eq!(bench.told().iter().map(|(step, ..)| *step).collect::<Vec<_>>(), [SilencedStep; 3]);
    let alert = alerts.values().next().unwrap();
    let named = (&alert.instrument, alert.kind, &*alert.id);
    let refused = bench.engine.say(named, Word::Unsilence, bench.now_ms);
    assert_eq!(refused.unwrap_err(), NotDone::UnderMaintenance(window.to_ms));
    bench.settings.windows.store(Arc::default());
    bench.engine.window_gone(&window, bench.now_ms);
    bench.follow();
    assert_eq!(bench.told().iter().map(|(step, ..)| *step).collect::<Vec<_>>(), [Unsilenced; 3]);
}

#[test]
fn a_silence_ends_by_itself_and_an_acknowledgement_stays() {
    let mut bench = Bench::new();
    bench.change("a", Offline, 0, false);
    bench.pass(HOUR);
    let alert = bench.log[0].alert.clone();
    bench.told();
    let named = (&alert.instrument, alert.kind, &*alert.id);
    let acknowledged = Acknowledged { by: "王".into(), at_ms: bench.now_ms, note: "在修".into() };
    bench.engine.say(named, Word::Acknowledge(acknowledged.clone()), bench.now_ms).unwrap();
    let until_ms = bench.now_ms + HOUR;
    let silence = Silenced { by: "王".into(), at_ms: bench.now_ms, until_ms, reason: String::new() };
    bench.engine.say(named, Word::Silence(silence), bench.now_ms).unwrap();
    bench.follow();
    bench.pass(HOUR);
    assert_eq!(bench.now_ms, until_ms);
    let last = bench.log.last().unwrap().alert.clone();
    assert_eq!((last.acknowledged, last.silenced), (Some(acknowledged), None));
    let steps: Vec<_> = bench.told().iter().map(|(step, ..)| *step).collect();
    assert_eq!(steps, [AlertStep::Acknowledged, SilencedStep, Unsilenced]);
    bench.change("a", Off, 0, false);
    bench.follow();
    assert_eq!(bench.engine.say(named, Word::Unsilence, bench.now_ms).unwrap_err(), NotDone::Ended);
}

/// One thing that happens.
#[derive(Clone, Debug)]
enum Happens {
    Change(&'static str, InstrumentState),
    Late(&'static str, InstrumentState, i64),
    Sign(&'static str, AlertKind, bool),
    Passes(i64),
}

fn happens() -> impl Strategy<Value = Happens> {
    let who = || prop::sample::select(vec!["a", "b"]);
    let state = || prop::sample::select(InstrumentState::ALL.to_vec());
    let kind = prop::sample::select(vec![AlertKind::SensorFrozen, AlertKind::ClockSkew, AlertKind::ModelDrift]);
    prop_oneof![
        4 => (who(), state()).prop_map(|(who, state)| Happens::Change(who, state)),
        1 => (who(), state(), 0..3 * HOUR).prop_map(|(who, state, ago)| Happens::Late(who, state, ago)),
        1 => (who(), kind, any::<bool>()).prop_map(|(who, kind, there)| Happens::Sign(who, kind, there)),
        3 => (0..3 * HOUR).prop_map(Happens::Passes),
        2 => (0..20 * DAY).prop_map(Happens::Passes),
    ]
}

impl Bench {
    fn happen(&mut self, happens: &Happens) {
        match *happens {
            Happens::Change(who, to) if self.states.get(&who.parse().unwrap()) != Some(&to) => {
                self.change(who, to, 0, false)
            }
            Happens::Late(who, to, ago) if self.states.get(&who.parse().unwrap()) != Some(&to) => {
                self.change(who, to, ago, true)
            }
            Happens::Change(..) | Happens::Late(..) => {}
            Happens::Sign(who, kind, there) => self.sign(who, kind, there),
            Happens::Passes(ms) => self.pass(ms),
        }
    }
}

fn check_log(log: &[AlertEvent]) {
    let mut open: BTreeMap<(InstrumentId, AlertKind), Alert> = BTreeMap::new();
    for AlertEvent { step, at_ms, alert, .. } in log {
        let key = (alert.instrument.clone(), alert.kind);
        assert!(WATCHED.contains(&alert.kind));
        match step {
            Raised => {
                assert!(!open.contains_key(&key), "two are open of {key:?}");
                assert!(*at_ms >= START + GRACE, "told within the grace");
                assert!(alert.state != Unknown || !matches!(alert.kind, StandbyIdle | OfflineAlert));
                open.insert(key, alert.clone());
            }
            Cleared => {
                let was = open.remove(&key).expect("what is cleared was open");
                assert!(was.id == alert.id && alert.cleared_ms == Some(*at_ms));
            }
            _ => {
                let was = open.insert(key, alert.clone()).expect("what changes is open");
                assert!(was.id == alert.id && was.severity <= alert.severity && is_open(alert));
                assert!(*step != Updated || was.severity < alert.severity && *at_ms >= START + GRACE);
            }
        }
    }
    assert!(log.is_sorted_by_key(|event| event.at_ms));
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(200))]

    #[test]
    fn whatever_happens_alerts_are_raised_and_cleared_in_turn(script in prop::collection::vec(happens(), 1..60)) {
        let run = || {
            let mut bench = Bench::new();
            for happens in &script {
                bench.happen(happens);
            }
            bench.pass(0);
            bench.log
        };
        let log = run();
        check_log(&log);
        // Who works the same through again tells the same.
        prop_assert_eq!(log, run());
    }

    #[test]
    fn a_restart_at_any_time_tells_nothing_twice_and_forgets_nothing(
        script in prop::collection::vec(happens(), 1..40), crashes in prop::collection::vec(any::<bool>(), 40),
    ) {
        let run = |crashes: Option<&[bool]>| {
            let mut bench = Bench::new();
            for (n, happens) in script.iter().filter(|one| !matches!(one, Happens::Late(..))).enumerate() {
                bench.happen(happens);
                if crashes.is_some_and(|crashes| crashes[n]) {
                    // Something was taken, and not kept.
                    let after = usize::try_from(bench.engine.cursor()).unwrap();
                    bench.engine.take(&bench.changes[after..], bench.now_ms);
                    bench.restart_after(0);
                    bench.follow();
                } else {
                    bench.follow();
                }
            }
            bench.pass(0);
            bench.log
        };
        let log = run(Some(&crashes));
        check_log(&log);
        prop_assert_eq!(log, run(None));
    }
}

#[tokio::test]
async fn what_is_kept_comes_back_and_the_log_is_numbered_on() {
    let folder = tempfile::tempdir().unwrap();
    let db = Db::open(&Config::of_folder(folder.path())).await.unwrap();
    let mut bench = Bench::new();
    bench.change("a", Offline, 0, false);
    bench.change("b", Standby, 0, false);
    let mut numbers = Vec::new();
    for ms in [GRACE, HOUR, DAY] {
        bench.now_ms += ms;
        let after = usize::try_from(bench.engine.cursor()).unwrap();
        bench.engine.take(&bench.changes[after..], bench.now_ms);
        bench.engine.touch_due(bench.now_ms);
        while bench.engine.settle(bench.now_ms, 100) {}
        let events = store::keep(&db, bench.engine.take_pending()).await.unwrap();
        numbers.extend(events.iter().map(|event| event.number));
        bench.log.extend(events);
    }
    assert_eq!(numbers, (1..=numbers.len() as i64).collect::<Vec<_>>());
    let log = super::AlertLog::new(db.clone());
    assert_eq!(log.after(0, 100).await.unwrap(), bench.log);
    assert_eq!(log.after(1, 1).await.unwrap(), bench.log[1..2]);
    assert_eq!(log.last().await.unwrap(), numbers.len() as i64);
    let left = store::load(&db, bench.now_ms).await.unwrap();
    assert_eq!((left.cursor, left.watches.len()), (2, 2));
    let mut open: BTreeMap<AlertKind, Alert> = BTreeMap::new();
    bench.log.iter().for_each(|event| drop(open.insert(event.alert.kind, event.alert.clone())));
    let kept: BTreeMap<AlertKind, Alert> = left.alerts.into_iter().map(|alert| (alert.kind, alert)).collect();
    assert_eq!(kept, open);
    db.close().await;
}
