//! Who has read how far.

use super::frame::Position;
use std::sync::{Condvar, Mutex, MutexGuard, PoisonError};
use std::time::Duration;
use tokio::sync::watch;

/// What a reader that falls behind means for the journal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Hold {
    /// The journal waits: nothing is appended faster than this reader works.
    Required,
    /// The journal keeps what it has not read within its bounds of size and age, then drops it and counts.
    Optional,
}

/// How far the journal is.
#[derive(Clone, Copy, Debug)]
pub(super) struct End {
    /// Where the next frame will stand; everything before is kept.
    pub(super) at: Position,
    /// Whether nothing will follow.
    pub(super) closed: bool,
}

/// One reader's account.
struct Account {
    name: &'static str,
    hold: Hold,
    /// Everything before was worked through.
    done: Position,
    /// Everything before is never asked for again.
    released: Position,
    excuse: Excuse,
}

/// Whether a required reader may fall behind as far as the journal's bound of size.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Excuse {
    /// It may not.
    None,
    /// It may: what it waits for is away.
    Away,
    /// It may, until it has caught up.
    CatchingUp,
}

/// What the writer and the readers share.
pub(super) struct Ledger {
    end: watch::Sender<End>,
    state: Mutex<State>,
    moved: Condvar,
}

#[derive(Default)]
struct State {
    accounts: Vec<Account>,
    /// The beginnings of all segments.
    segments: Vec<Position>,
    /// Why nothing is appended at present.
    refusing: Option<String>,
}

impl Ledger {
    pub(super) fn new(segments: Vec<Position>, at: Position) -> Self {
        let state = Mutex::new(State { segments, ..State::default() });
        Self { end: watch::Sender::new(End { at, closed: false }), state, moved: Condvar::new() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    pub(super) fn end(&self) -> watch::Receiver<End> {
        self.end.subscribe()
    }

    pub(super) fn at(&self) -> Position {
        self.end.borrow().at
    }

    pub(super) fn grown_to(&self, at: Position) {
        self.end.send_modify(|end| end.at = at);
    }

    pub(super) fn close(&self) {
        self.end.send_modify(|end| end.closed = true);
    }

    /// Why nothing is appended at present.
    pub(super) fn refusing(&self) -> Option<String> {
        self.state().refusing.clone()
    }

    /// Notes why nothing is appended, and gives what was noted before.
    pub(super) fn note_refusing(&self, why: Option<String>) -> Option<String> {
        std::mem::replace(&mut self.state().refusing, why)
    }

    pub(super) fn add_segment(&self, base: Position) {
        self.state().segments.push(base);
    }

    /// Opens a reader's account.
    pub(super) fn add_reader(&self, name: &'static str, hold: Hold, from: Position) {
        self.state().accounts.push(Account { name, hold, done: from, released: from, excuse: Excuse::None });
    }

    /// The beginning of the segment that holds `at`, or of the first after it.
    pub(super) fn segment_of(&self, at: Position) -> Option<Position> {
        let state = self.state();
        let after = state.segments.partition_point(|base| *base <= at);
        state.segments.get(after.saturating_sub(1)).copied()
    }

    /// The beginning of the segment after the one that holds `at`.
    pub(super) fn segment_after(&self, at: Position) -> Option<Position> {
        let state = self.state();
        let after = state.segments.partition_point(|base| *base <= at);
        state.segments.get(after).copied()
    }

    pub(super) fn note_done(&self, name: &'static str, at: Position) {
        self.note(name, |account| account.done = account.done.max(at));
    }

    pub(super) fn note_released(&self, name: &'static str, at: Position) {
        self.note(name, |account| account.released = account.released.max(at));
    }

    pub(super) fn excuse(&self, name: &'static str, excuse: Excuse) {
        self.note(name, |account| account.excuse = excuse);
    }

    fn note(&self, name: &'static str, change: impl FnOnce(&mut Account)) {
        if let Some(account) = self.state().accounts.iter_mut().find(|account| account.name == name) {
            change(account);
        }
        self.moved.notify_all();
    }

    /// The required reader that stands in the way of `more` bytes, if one is further behind than `lag` in its work, without an
    /// excuse, or holds more than `most` bytes.
    pub(super) fn in_the_way(&self, more: u64, lag: u64, most: u64) -> Option<&'static str> {
        let (at, end) = (self.at(), self.at() + more);
        let mut state = self.state();
        for account in state.accounts.iter_mut().filter(|account| account.hold == Hold::Required) {
            // A single group larger than the bound must pass, too.
            let late = end - account.done > lag && account.done < at;
            let full = end - account.released > most && account.released < at;
            if !late && account.excuse == Excuse::CatchingUp {
                account.excuse = Excuse::None;
            }
            if full || late && account.excuse == Excuse::None {
                return Some(account.name);
            }
        }
        None
    }

    /// Waits until a reader moves, but not longer than `most`.
    pub(super) fn wait(&self, most: Duration) {
        let _ = self.moved.wait_timeout(self.state(), most);
    }

    /// Takes the segments off the list that nobody needs: those that all have released, and those that only optional
    /// readers hold beyond `most` bytes. The newest stays.
    pub(super) fn take_unneeded(&self, most: u64, too_old: impl Fn(Position) -> bool) -> Vec<Position> {
        let at = self.at();
        let mut state = self.state();
        let State { accounts, segments, .. } = &mut *state;
        let released = |hold: Hold| {
            accounts.iter().filter(|account| account.hold == hold).map(|account| account.released).min().unwrap_or(at)
        };
        let (required, optional) = (released(Hold::Required), released(Hold::Optional));
        let mut unneeded = 0;
        for pair in segments.windows(2) {
            let (base, end) = (pair[0], pair[1]);
            let bound = at - base > most || too_old(base);
            if end > required || (end > optional && !bound) {
                break;
            }
            unneeded += 1;
        }
        let gone: Vec<Position> = segments.drain(..unneeded).collect();
        if let Some(&first) = segments.first().filter(|_| !gone.is_empty()) {
            for account in accounts.iter_mut().filter(|account| account.released < first) {
                let lost = first - account.done.max(account.released);
                tracing::error!(
                    reader = account.name,
                    lost,
                    "a reader was away for too long: the journal dropped what it had not read"
                );
                metrics::counter!("dayi_journal_dropped_bytes_total", "reader" => account.name).increment(lost);
                account.released = first;
                account.done = account.done.max(first);
            }
        }
        gone
    }

    /// Bytes each reader is behind.
    pub(super) fn tell_metrics(&self) {
        let at = self.at();
        let state = self.state();
        for account in &state.accounts {
            metrics::gauge!("dayi_journal_lag_bytes", "reader" => account.name).set((at - account.done) as f64);
        }
        let first = state.segments.first().copied().unwrap_or(at);
        metrics::gauge!("dayi_journal_bytes").set((at - first) as f64);
    }
}
