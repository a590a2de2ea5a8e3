//! Every instrument as it is watched, in memory, and the time at which each is to be looked at next. No input or output: what
//! follows is gathered in [`Pending`], to be kept and told.

use super::lifecycle::{self, Moment, Step};
use super::maintenance::Window;
use super::model::{Sign, Signals, Watch};
use super::policy::{Seen, Wish, judge};
use super::rules::WATCHED;
use super::store::Settings;
use crate::domain::{
    Acknowledged, Alert, AlertKind, AlertStep, InstrumentId, InstrumentState, Openings, Places, Severity, Silenced,
};
use crate::history::Change;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::Arc;

/// A change that was decided so long before it is known came late: others may follow at once.
const LATE_MS: i64 = 60_000;

/// What instruments are judged by.
pub(super) struct World {
    pub(super) places: Arc<dyn Places>,
    pub(super) openings: Arc<dyn Openings>,
    pub(super) settings: Arc<Settings>,
    /// How far local time is ahead of UTC, in milliseconds.
    pub(super) zone_ms: i64,
    /// Nothing new is told before this, UTC milliseconds: the grace after a start.
    pub(super) grace_ends_ms: i64,
}

/// What is watched of an instrument.
#[derive(Default)]
struct Entry {
    /// `None` before its first state.
    watch: Option<Watch>,
    signals: Signals,
    /// Of each kind the alert that is open, or ended last.
    alerts: BTreeMap<AlertKind, Alert>,
    due_ms: Option<i64>,
    /// Nothing new is told before this: what came late may not be all.
    settled_ms: i64,
}

impl Entry {
    /// Since when there is what this kind is about, as far as was heard, or told before a restart.
    fn known_since(&self, kind: AlertKind) -> Option<i64> {
        let open = || self.alerts.get(&kind).filter(|alert| lifecycle::is_open(alert)).map(|alert| alert.since_ms);
        self.signals.of(kind).or_else(open)
    }
}

/// What is to be kept, and then told.
#[derive(Default)]
pub(super) struct Pending {
    /// The number of the last state change that it accounts for.
    pub(super) cursor: i64,
    pub(super) watches: BTreeMap<InstrumentId, Watch>,
    pub(super) steps: Vec<(i64, Step)>,
}

impl Pending {
    pub(super) fn is_empty(&self) -> bool {
        self.watches.is_empty() && self.steps.is_empty()
    }
}

/// Why somebody's word on an alert does nothing.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum NotDone {
    /// It is not open any more.
    Ended,
    /// Work is planned there, until then.
    UnderMaintenance(i64),
}

/// What somebody says of an alert.
#[derive(Clone, Debug)]
pub(super) enum Word {
    Acknowledge(Acknowledged),
    Silence(Silenced),
    Unsilence,
}

pub(super) struct Engine {
    world: World,
    entries: HashMap<InstrumentId, Entry>,
    due: BTreeSet<(i64, InstrumentId)>,
    /// To be judged.
    touched: BTreeSet<InstrumentId>,
    /// Whether signs were told since the start.
    told: bool,
    pending: Pending,
}

impl Engine {
    /// Goes on from what was kept; everything is to be judged once.
    pub(super) fn new(world: World, cursor: i64, watches: Vec<(InstrumentId, Watch)>, alerts: Vec<Alert>) -> Self {
        let mut entries: HashMap<InstrumentId, Entry> = HashMap::with_capacity(watches.len());
        for (id, watch) in watches {
            entries.entry(id).or_default().watch = Some(watch);
        }
        // The open one last: it takes the place of one that ended.
        let (open, ended): (Vec<_>, Vec<_>) = alerts.into_iter().partition(lifecycle::is_open);
        for alert in ended.into_iter().chain(open) {
            entries.entry(alert.instrument.clone()).or_default().alerts.insert(alert.kind, alert);
        }
        let touched = entries.keys().cloned().collect();
        let pending = Pending { cursor, ..Pending::default() };
        Self { world, entries, due: BTreeSet::new(), touched, told: false, pending }
    }

    pub(super) fn cursor(&self) -> i64 {
        self.pending.cursor
    }

    /// Takes state changes in the order of their numbers: what ended is cleared; what follows from the last of each instrument
    /// is for [`Engine::settle`], when no more are waiting.
    pub(super) fn take(&mut self, changes: &[Change], now_ms: i64) {
        for Change { number, transition } in changes {
            let id = &transition.instrument;
            let entry = self.entries.entry(id.clone()).or_default();
            match &mut entry.watch {
                Some(watch) => watch.change(transition.to, transition.at_ms),
                none => *none = Some(Watch::first(transition.to, transition.at_ms)),
            }
            if now_ms.saturating_sub(transition.decided_ms) > LATE_MS {
                entry.settled_ms = now_ms.saturating_add(LATE_MS);
            }
            if let Some(watch) = entry.watch {
                self.pending.watches.insert(id.clone(), watch);
            }
            self.pending.cursor = *number;
            self.judge(id, now_ms, false);
            self.touched.insert(id.clone());
        }
    }

    /// Everything that is wrong with sensors and models; what is not named is right.
    pub(super) fn hear(&mut self, signs: &[Sign], now_ms: i64) {
        let mut heard: HashMap<&InstrumentId, Signals> = HashMap::new();
        for sign in signs {
            let known = self.entries.get(&sign.instrument).and_then(|entry| entry.known_since(sign.kind));
            let since_ms = sign.since_ms.or(known).unwrap_or(now_ms);
            heard.entry(&sign.instrument).or_default().set(sign.kind, since_ms);
        }
        for id in heard.keys() {
            self.entries.entry((*id).clone()).or_default();
        }
        for (id, entry) in &mut self.entries {
            let signals = heard.remove(id).unwrap_or_default();
            if entry.signals != signals || !self.told {
                entry.signals = signals;
                self.touched.insert(id.clone());
            }
        }
        self.told = true;
    }

    /// The instrument is to be judged: something about it changed.
    pub(super) fn touch(&mut self, instrument: &InstrumentId) {
        if self.entries.contains_key(instrument) {
            self.touched.insert(instrument.clone());
        }
    }

    /// All are to be judged: what they are judged by changed.
    pub(super) fn touch_all(&mut self) {
        self.touched.extend(self.entries.keys().cloned());
    }

    /// Work that was planned is not planned any more: who was silenced for it is not.
    pub(super) fn window_gone(&mut self, window: &Window, now_ms: i64) {
        let Self { entries, pending, touched, .. } = self;
        for (id, entry) in entries {
            for alert in entry.alerts.values_mut() {
                let of_window = |silenced: &Silenced| {
                    silenced.until_ms == window.to_ms && silenced.by == window.by && silenced.reason == window.reason
                };
                if lifecycle::is_open(alert) && alert.silenced.as_ref().is_some_and(of_window) {
                    record(pending, alert, lifecycle::unsilenced(alert, now_ms), now_ms);
                }
            }
            touched.insert(id.clone());
        }
    }

    /// Somebody says something of an open alert; gives it before and after.
    pub(super) fn say(
        &mut self,
        (instrument, kind, id): (&InstrumentId, AlertKind, &str),
        word: Word,
        now_ms: i64,
    ) -> Result<(Alert, Alert), NotDone> {
        let Self { entries, pending, world, touched, .. } = self;
        let alert = entries.get_mut(instrument).and_then(|entry| entry.alerts.get_mut(&kind));
        let alert = alert.filter(|alert| *alert.id == *id && lifecycle::is_open(alert)).ok_or(NotDone::Ended)?;
        let before = alert.clone();
        let step = match word {
            Word::Acknowledge(acknowledged) => {
                let after = Alert { acknowledged: Some(acknowledged), updated_ms: now_ms, ..before.clone() };
                Some((AlertStep::Acknowledged, after))
            }
            Word::Silence(silence) => Some(lifecycle::silenced(&before, silence)),
            Word::Unsilence => {
                if let Some(place) = world.places.place(instrument)
                    && let (Some(window), _) = world.settings.windows.load().at(instrument, &place.unit, now_ms)
                {
                    return Err(NotDone::UnderMaintenance(window.to_ms));
                }
                before.silenced.is_some().then(|| lifecycle::unsilenced(&before, now_ms))
            }
        };
        if let Some(step) = step {
            record(pending, alert, step, now_ms);
        }
        touched.insert(instrument.clone());
        Ok((before, alert.clone()))
    }

    /// Judges up to `most` of those that are to be judged; whether more are left.
    pub(super) fn settle(&mut self, now_ms: i64, most: usize) -> bool {
        for _ in 0..most {
            let Some(id) = self.touched.pop_first() else { return false };
            self.judge(&id, now_ms, true);
        }
        !self.touched.is_empty()
    }

    /// Those whose time has come are to be judged.
    pub(super) fn touch_due(&mut self, now_ms: i64) {
        while self.next_due_ms().is_some_and(|due_ms| due_ms <= now_ms) {
            let Some((_, id)) = self.due.pop_first() else { return };
            if let Some(entry) = self.entries.get_mut(&id) {
                entry.due_ms = None;
            }
            self.touched.insert(id);
        }
    }

    /// When the next one is due.
    pub(super) fn next_due_ms(&self) -> Option<i64> {
        self.due.first().map(|(due_ms, _)| *due_ms)
    }

    /// What is to be kept and told; it is forgotten here.
    pub(super) fn take_pending(&mut self) -> Pending {
        let empty = Pending { cursor: self.pending.cursor, ..Pending::default() };
        std::mem::replace(&mut self.pending, empty)
    }

    /// Open alerts by kind and severity.
    pub(super) fn open(&self) -> BTreeMap<(AlertKind, Severity), usize> {
        let mut counts = BTreeMap::new();
        for alert in self.entries.values().flat_map(|entry| entry.alerts.values()).filter(|one| lifecycle::is_open(one))
        {
            *counts.entry((alert.kind, alert.severity)).or_default() += 1;
        }
        counts
    }

    /// Judges an instrument by everything that is known now, and notes when it is to be looked at next.
    fn judge(&mut self, id: &InstrumentId, now_ms: i64, raising: bool) {
        let Self { world, entries, due, pending, told, .. } = self;
        let Some(entry) = entries.get_mut(id) else { return };
        let next_ms = world.judge(id, entry, *told, now_ms, raising, pending);
        if let Some(due_ms) = entry.due_ms.filter(|due_ms| Some(*due_ms) != next_ms) {
            due.remove(&(due_ms, id.clone()));
        }
        if let Some(next_ms) = next_ms.filter(|_| entry.due_ms != next_ms) {
            due.insert((next_ms, id.clone()));
        }
        entry.due_ms = next_ms;
    }
}

impl World {
    /// Judges every kind; gives the first time after now at which something may change.
    fn judge(
        &self,
        id: &InstrumentId,
        entry: &mut Entry,
        told: bool,
        now_ms: i64,
        raising: bool,
        pending: &mut Pending,
    ) -> Option<i64> {
        // Who has no place is not there any more.
        let place = self.places.place(id);
        let hours = self.openings.opening(id);
        let rules = self.settings.rules.load();
        let windows = self.settings.windows.load();
        let watch = entry.watch.unwrap_or_else(|| Watch::first(InstrumentState::Unknown, 0));
        let signals = told.then_some(&entry.signals);
        let (window, next_window_ms) = place.as_ref().map_or((None, None), |place| windows.at(id, &place.unit, now_ms));
        let may_raise_ms =
            [self.grace_ends_ms, entry.settled_ms, window.map_or(i64::MIN, |window| window.to_ms)].into_iter().max();
        let may_raise_ms = may_raise_ms.unwrap_or(i64::MIN);
        let moment = Moment { now_ms, state: watch.state, may_raise: raising && may_raise_ms <= now_ms };
        let mut next = Next { now_ms, at_ms: None };
        for kind in WATCHED {
            let wish = match &place {
                None => Wish::Gone,
                Some(place) => {
                    let seen = Seen { watch: &watch, signals, hours: &hours, zone_ms: self.zone_ms, now_ms };
                    let verdict = judge(kind, seen, &rules.levels(id, &place.unit, kind));
                    next.at(verdict.next_ms);
                    verdict.wish
                }
            };
            if matches!(wish, Wish::Alert { .. }) && may_raise_ms > now_ms {
                next.at(Some(may_raise_ms));
            }
            if let Some(alert) = entry.alerts.get_mut(&kind)
                && let Some(step) = lifecycle::silence_ends(alert, now_ms)
            {
                record(pending, alert, step, now_ms);
            }
            if let Some(step) = lifecycle::follow((id, kind), entry.alerts.get(&kind), wish, moment) {
                let alert = entry.alerts.entry(kind).or_insert_with(|| step.1.clone());
                record(pending, alert, step, now_ms);
            }
            let Some(alert) = entry.alerts.get_mut(&kind).filter(|alert| lifecycle::is_open(alert)) else { continue };
            if let Some(window) = window
                && alert.silenced.as_ref().is_none_or(|silenced| silenced.until_ms < window.to_ms)
            {
                let (by, reason) = (window.by.clone(), window.reason.clone());
                let silence = Silenced { by, at_ms: now_ms, until_ms: window.to_ms, reason };
                record(pending, alert, lifecycle::silenced(alert, silence), now_ms);
            }
            next.at(next_window_ms);
            next.at(alert.silenced.as_ref().map(|silenced| silenced.until_ms));
        }
        entry
            .alerts
            .retain(|_, alert| alert.cleared_ms.is_none_or(|at_ms| now_ms.saturating_sub(at_ms) <= lifecycle::SAME_MS));
        next.at_ms
    }
}

/// The first of several times after now.
struct Next {
    now_ms: i64,
    at_ms: Option<i64>,
}

impl Next {
    fn at(&mut self, at_ms: Option<i64>) {
        let Some(at_ms) = at_ms.filter(|at_ms| *at_ms > self.now_ms) else { return };
        self.at_ms = Some(self.at_ms.map_or(at_ms, |first| first.min(at_ms)));
    }
}

fn record(pending: &mut Pending, alert: &mut Alert, step: Step, now_ms: i64) {
    alert.clone_from(&step.1);
    pending.steps.push((now_ms, step));
}
