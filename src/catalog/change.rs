//! Changing instruments that are there.

use super::codes::Codes;
use super::details::OWN_SCHEME;
use super::entity::{code, instrument};
use super::model::Instrument;
use super::rows::{code_rows, instrument_row};
use super::store::{ROWS, Store, StoreError, taken};
use super::units::for_instruments;
use sea_orm::DatabaseTransaction;
use sea_orm::prelude::*;
use std::sync::Arc;

impl Store {
    /// Changes an instrument; its version is the one it had before.
    ///
    /// # Errors
    /// When it has another version by now, it cannot be so, or the database does not do it.
    pub async fn change_instrument(&self, after: Instrument) -> Result<Arc<Instrument>, StoreError> {
        let _turn = self.turn.lock().await;
        let mut codes = Codes::of(self.catalog());
        let after = [self.next(after, &mut codes)?];
        let transaction = self.db.begin().await?;
        write_changes(&transaction, &after).await?;
        transaction.commit().await?;
        let [after] = after;
        self.catalog().insert(after.clone());
        Ok(after)
    }

    /// The instrument as its next version, if it may become so.
    pub(super) fn next(&self, mut after: Instrument, codes: &mut Codes) -> Result<Arc<Instrument>, StoreError> {
        let before = self.catalog().get(&after.id).ok_or_else(|| StoreError::Missing(after.id.clone()))?;
        if before.version != after.version {
            return Err(StoreError::Stale);
        }
        for_instruments(&self.catalog().units(), &after.details.unit)?;
        // It stands on its label.
        if let Some(own) = before.details.codes.get(OWN_SCHEME) {
            after.details.codes.entry(OWN_SCHEME.to_owned()).or_insert_with(|| own.clone());
        }
        codes.release(&before.details.codes);
        codes.claim(&after.id, &mut after.details.codes)?;
        after.version += 1;
        Ok(Arc::new(after))
    }
}

/// Writes instruments that are there over what they were.
pub(super) async fn write_changes(
    transaction: &DatabaseTransaction,
    changed: &[Arc<Instrument>],
) -> Result<(), StoreError> {
    for part in changed.chunks(ROWS) {
        // All codes go first: two may have changed theirs among themselves.
        let ids = part.iter().map(|instrument| instrument.id.as_str());
        code::Entity::delete_many().filter(code::Column::InstrumentId.is_in(ids)).exec(transaction).await?;
    }
    for instrument in changed {
        instrument::Entity::update(instrument_row(instrument)).exec(transaction).await?;
    }
    let codes: Vec<_> = changed.iter().flat_map(|instrument| code_rows(instrument)).collect();
    for rows in codes.chunks(ROWS) {
        code::Entity::insert_many(rows.to_vec()).exec_without_returning(transaction).await.map_err(taken)?;
    }
    Ok(())
}
