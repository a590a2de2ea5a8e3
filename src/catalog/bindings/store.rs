use super::policy::{Wanted, Wrong, check};
use super::sight::Sight;
use crate::catalog::entity::{binding, sensor};
use crate::catalog::model::Bound;
use crate::catalog::store::{ROWS, Store, StoreError, binding_row, taken};
use crate::domain::{InstrumentId, Reach};
use sea_orm::ActiveValue::Set;
use sea_orm::prelude::*;
use std::collections::BTreeSet;

/// What becomes of a binding that is wanted.
#[derive(Clone, Debug, PartialEq)]
pub enum Outcome {
    /// The instrument had none.
    Created(Bound),
    /// The instrument had another.
    Changed(Bound),
    /// It is as it was.
    Same(Bound),
    /// It cannot be.
    Wrong(Vec<Wrong>),
}

/// What becomes of bindings that are wanted together.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Change {
    /// One for each, in their order.
    pub outcomes: Vec<Outcome>,
    /// Whether they were written: all of them, and only if none is wrong.
    pub written: bool,
    /// The clients whose bindings are others now.
    pub clients: BTreeSet<String>,
}

impl Store {
    /// Changes bindings within reach, all or none; with `dry_run` only says what would become of them.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn change_bindings(&self, wanted: &[Wanted], reach: Reach, dry_run: bool) -> Result<Change, StoreError> {
        let _turn = self.turn.lock().await;
        let (catalog, credentials) = (self.catalog(), self.credentials());
        let mut change = Change::default();
        let mut written = Vec::new();
        for checked in check(wanted, &Sight { catalog, credentials, reach }) {
            let outcome = match checked {
                Err(wrong) => Outcome::Wrong(wrong),
                Ok(bound) => match credentials.bound(&bound.instrument) {
                    Some(old) if old == bound => Outcome::Same(bound),
                    old => {
                        change.clients.extend(old.iter().map(|old| old.client_id.clone()));
                        change.clients.insert(bound.client_id.clone());
                        written.push(bound.clone());
                        if old.is_some() { Outcome::Changed(bound) } else { Outcome::Created(bound) }
                    }
                },
            };
            change.outcomes.push(outcome);
        }
        let wrong = change.outcomes.iter().any(|outcome| matches!(outcome, Outcome::Wrong(_)));
        if dry_run || wrong {
            change.clients.clear();
            return Ok(change);
        }
        let transaction = self.db.begin().await?;
        for part in written.chunks(ROWS) {
            // Two may change places, which no order of updates lets them.
            let instruments = part.iter().map(|bound| bound.instrument.as_str());
            binding::Entity::delete_many()
                .filter(binding::Column::InstrumentId.is_in(instruments))
                .exec(&transaction)
                .await?;
        }
        for part in written.chunks(ROWS) {
            let rows = part.iter().map(binding_row);
            binding::Entity::insert_many(rows).exec_without_returning(&transaction).await.map_err(taken)?;
        }
        transaction.commit().await?;
        credentials.bind(written);
        change.written = true;
        Ok(change)
    }

    /// Takes an instrument's binding away; what it was, if there was one.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn remove_binding(&self, instrument: &InstrumentId) -> Result<Option<Bound>, StoreError> {
        let _turn = self.turn.lock().await;
        let Some(bound) = self.credentials().bound(instrument) else { return Ok(None) };
        let transaction = self.db.begin().await?;
        binding::Entity::delete_by_id(instrument.as_str()).exec(&transaction).await?;
        transaction.commit().await?;
        self.credentials().unbind(instrument);
        Ok(Some(bound))
    }

    /// Adds a client that reports for nothing yet.
    ///
    /// # Errors
    /// When there is one of this id or the database does not do it.
    pub async fn add_client(&self, client_id: &str, token_sha256: &str) -> Result<(), StoreError> {
        let _turn = self.turn.lock().await;
        let transaction = self.db.begin().await?;
        let row = sensor::ActiveModel { client_id: Set(client_id.into()), token_sha256: Set(token_sha256.into()) };
        sensor::Entity::insert(row).exec_without_returning(&transaction).await.map_err(taken)?;
        transaction.commit().await?;
        self.credentials().set_token(client_id, token_sha256);
        Ok(())
    }

    /// Removes a client that reports for nothing; whether it does report for something and is still there.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn remove_client(&self, client_id: &str) -> Result<bool, StoreError> {
        let _turn = self.turn.lock().await;
        if self.credentials().clients().iter().any(|(id, bindings)| id == client_id && *bindings > 0) {
            return Ok(true);
        }
        let transaction = self.db.begin().await?;
        sensor::Entity::delete_by_id(client_id).exec(&transaction).await?;
        transaction.commit().await?;
        self.credentials().remove(client_id);
        Ok(false)
    }
}
