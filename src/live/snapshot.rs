use super::book::Book;
use super::frame::{Format, Listed, SnapshotPage};
use super::model::{Fleet, Row};
use super::policy::View;
use axum::extract::ws::Message;
use std::collections::HashMap;
use std::sync::Arc;
use tokio::sync::OnceCell;

/// Instruments on one page of a snapshot: about 200 KB of JSON.
const PAGE: usize = 2_000;

/// What a view shows at one offset. All who ask for the same within a moment share one, and the first of them writes it.
#[derive(Clone)]
pub(super) struct Snapshot {
    pub(super) offset: u64,
    epoch: String,
    view: Arc<View>,
    format: Format,
    rows: Arc<[(u32, Arc<Row>)]>,
    pages: Arc<OnceCell<Arc<[Message]>>>,
}

impl Snapshot {
    pub(super) fn new(run: &str, view: Arc<View>, format: Format, book: &Book) -> Self {
        let rows = book.rows().map(|(number, row)| (number, row.clone())).collect();
        Self { offset: book.offset(), epoch: epoch(run, &view), view, format, rows, pages: Arc::default() }
    }

    /// Its pages; at least one.
    pub(super) async fn pages(&self, fleet: &dyn Fleet) -> Arc<[Message]> {
        self.pages.get_or_init(|| self.write(fleet)).await.clone()
    }

    async fn write(&self, fleet: &dyn Fleet) -> Arc<[Message]> {
        let rows: Vec<_> = self.rows.iter().filter(|(_, row)| self.view.holds(row)).collect();
        let mut institutions = Vec::new();
        let mut known = HashMap::new();
        for (_, row) in &rows {
            let institution = &row.card.institution;
            known.entry(&institution.id).or_insert_with(|| institutions.push(institution));
        }
        let count = rows.len().div_ceil(PAGE).max(1);
        let mut pages = Vec::with_capacity(count);
        for page in 0..count {
            let listed: Vec<_> = rows
                .iter()
                .skip(page * PAGE)
                .take(PAGE)
                .map(|(number, row)| Listed { number: *number, row, current_a: fleet.last_current(&row.card.id) })
                .collect();
            pages.push(self.format.page(&SnapshotPage {
                epoch: &self.epoch,
                offset: self.offset,
                page,
                pages: count,
                institutions: if page == 0 { &institutions } else { &[] },
                instruments: &listed,
            }));
            // Ten thousand take some milliseconds, and others wait for this thread, too.
            tokio::task::yield_now().await;
        }
        pages.into()
    }
}

/// Names the server's run and what is looked at: who comes back with it may go on from an offset.
pub(super) fn epoch(run: &str, view: &View) -> String {
    format!("{run}-{:016x}", view.fingerprint())
}
