use super::model::{Fleet, Row};
use crate::domain::{AlertEvent, CurrentState, Event, InstrumentId, Transition};
use std::collections::{HashMap, VecDeque};
use std::sync::Arc;

/// One numbered change.
#[derive(Debug)]
pub(super) struct Entry {
    /// Counts all changes from 1.
    pub(super) offset: u64,
    /// The instrument's number.
    pub(super) number: u32,
    pub(super) what: What,
}

#[derive(Debug)]
pub(super) enum What {
    /// The instrument before and after; none where it was not there.
    Row { before: Option<Arc<Row>>, after: Option<Arc<Row>> },
    /// Something about an alert of the instrument.
    Alert { row: Arc<Row>, event: Arc<AlertEvent> },
}

/// What happened, and how the instrument was then, if that is about the catalogue.
pub(super) struct News {
    event: Event,
    row: Option<Row>,
}

impl News {
    /// News that come now.
    pub(super) fn now(event: Event, fleet: &dyn Fleet) -> Self {
        let row = match &event {
            Event::InstrumentAdded(instrument) | Event::InstrumentChanged(instrument) => fleet.row(instrument),
            _ => None,
        };
        Self { event, row }
    }
}

/// The whole fleet as it is announced, and its latest changes.
pub(super) struct Book {
    /// By the instrument's number; none for what is gone.
    rows: Vec<Option<Arc<Row>>>,
    numbers: HashMap<InstrumentId, u32>,
    offset: u64,
    /// The latest changes; the last one's offset is `offset`, and there is no gap.
    latest: VecDeque<Arc<Entry>>,
    remembered: usize,
}

impl Book {
    pub(super) fn new(rows: Vec<Row>, remembered: usize) -> Self {
        let numbers = (0..).zip(&rows).map(|(number, row)| (row.card.id.clone(), number)).collect();
        let rows = rows.into_iter().map(|row| Some(Arc::new(row))).collect();
        Self { rows, numbers, offset: 0, latest: VecDeque::new(), remembered }
    }

    /// The last change's offset.
    pub(super) fn offset(&self) -> u64 {
        self.offset
    }

    /// Every instrument that is there, with its number.
    pub(super) fn rows(&self) -> impl Iterator<Item = (u32, &Arc<Row>)> {
        (0..).zip(&self.rows).filter_map(|(number, row)| row.as_ref().map(|row| (number, row)))
    }

    /// The changes after `held`; `None` if they are not all remembered, or `held` never was.
    pub(super) fn since(&self, held: u64) -> Option<impl Iterator<Item = &Arc<Entry>>> {
        let behind = usize::try_from(self.offset.checked_sub(held)?).ok()?;
        Some(self.latest.iter().skip(self.latest.len().checked_sub(behind)?))
    }

    /// Writes down what happened; `None` if it changes nothing here.
    pub(super) fn apply(&mut self, News { event, row }: News) -> Option<Arc<Entry>> {
        let (number, what) = match event {
            Event::StateChanged(transition) => self.change(&transition)?,
            Event::InstrumentAdded(instrument) | Event::InstrumentChanged(instrument) => self.list(&instrument, row)?,
            Event::AlertRaised(event) | Event::AlertUpdated(event) | Event::AlertCleared(event) => {
                let number = *self.numbers.get(&event.alert.instrument)?;
                let row = self.rows[number as usize].clone()?;
                (number, What::Alert { row, event })
            }
            // A page asks for these where it shows them.
            Event::ModelDrifted { .. } => return None,
        };
        self.offset += 1;
        let entry = Arc::new(Entry { offset: self.offset, number, what });
        if self.latest.len() == self.remembered {
            self.latest.pop_front();
        }
        self.latest.push_back(entry.clone());
        Some(entry)
    }

    fn change(&mut self, transition: &Transition) -> Option<(u32, What)> {
        let number = *self.numbers.get(&transition.instrument)?;
        let row = &mut self.rows[number as usize];
        let before = row.clone()?;
        // The bus may tell again what the rows already held when the book was begun.
        if transition.seq <= before.state.seq {
            return None;
        }
        let after = Arc::new(Row { card: before.card.clone(), state: CurrentState::from(transition) });
        *row = Some(after.clone());
        Some((number, What::Row { before: Some(before), after: Some(after) }))
    }

    /// What the catalogue says now of an instrument.
    fn list(&mut self, instrument: &InstrumentId, now: Option<Row>) -> Option<(u32, What)> {
        let known = self.numbers.get(instrument).copied();
        if known.is_none() && now.is_none() {
            return None;
        }
        let number = known.unwrap_or_else(|| {
            let number = self.rows.len() as u32;
            self.rows.push(None);
            self.numbers.insert(instrument.clone(), number);
            number
        });
        let row = &mut self.rows[number as usize];
        let before = row.take();
        let after = match (&before, now) {
            (_, None) => None,
            (None, Some(now)) => Some(Arc::new(now)),
            (Some(before), Some(now)) => {
                // Transitions that are not announced yet come in their order; a number that went back is an instrument that
                // came anew.
                let state = if before.state.seq < now.state.seq { before.state.clone() } else { now.state };
                let same = before.card == now.card && before.state == state;
                Some(if same { before.clone() } else { Arc::new(Row { card: now.card, state }) })
            }
        };
        *row = after.clone();
        let same = match (&before, &after) {
            (Some(before), Some(after)) => Arc::ptr_eq(before, after),
            (before, after) => before.is_none() && after.is_none(),
        };
        (!same).then_some((number, What::Row { before, after }))
    }
}
