use super::codes::Codes;
use super::credentials::Credentials;
use super::entity::{binding, code, instrument, sensor, unit};
use super::memory::Catalog;
use super::model::{Addition, Bound, Home, Instrument, NewSensor, SensorBinding};
use super::rows::{code_rows, instrument_row, loaded};
use super::units::{self, Founded, WrongUnit, found};
use crate::domain::InstrumentId;
use crate::platform::db::{Db, instrument_id};
use sea_orm::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, DatabaseTransaction, SqlErr};
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Rows in one INSERT: SQLite takes at most 32,766 values a statement.
pub(super) const ROWS: usize = 1_500;

/// Reads and writes the catalogue; what it has written it puts into [`Catalog`] and [`Credentials`].
#[derive(Clone)]
pub struct Store {
    pub(super) db: Db,
    catalog: Catalog,
    credentials: Credentials,
    /// Whose turn it is to change something: what is checked holds until it is written.
    pub(super) turn: Arc<Mutex<()>>,
}

/// Why the catalogue was not read or changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The id or the client id is taken.
    #[error("there is already an instrument or a sensor of this id")]
    Taken,
    /// Another instrument has the code.
    #[error("another instrument has the code {code:?} of the scheme {scheme} already")]
    Code {
        /// Of which scheme.
        scheme: String,
        /// Which.
        code: String,
        /// Whose it is.
        instrument: InstrumentId,
    },
    /// It was changed meanwhile.
    #[error("somebody else changed it meanwhile: load it again")]
    Stale,
    /// There is no such instrument.
    #[error("there is no instrument {0}")]
    Missing(InstrumentId),
    /// A unit cannot be so.
    #[error(transparent)]
    Unit(#[from] WrongUnit),
    /// The database did not do it.
    #[error("the database did not do it: {0}")]
    Db(#[from] DbErr),
}

impl Store {
    /// Loads everything from `db`.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub async fn load(db: Db) -> Result<Self, StoreError> {
        let (catalog, credentials) = (Catalog::default(), Credentials::default());
        let reader = db.reader();
        let units = Self::load_units(reader).await?;
        let mut codes: HashMap<String, BTreeMap<String, String>> = HashMap::new();
        for row in code::Entity::find().all(reader).await? {
            codes.entry(row.instrument_id).or_default().insert(row.scheme, row.value);
        }
        for row in instrument::Entity::find().all(reader).await? {
            let id = instrument_id(&row.id)?;
            let codes = codes.remove(&row.id).unwrap_or_default();
            let instrument = loaded(id, codes, row)?;
            if units.get(&instrument.details.unit).is_none() {
                return Err(DbErr::Type(format!("instrument {} has no unit", instrument.id)).into());
            }
            catalog.insert(Arc::new(instrument));
        }
        catalog.change_units(|known| *known = units);
        for row in sensor::Entity::find().all(reader).await? {
            credentials.set_token(&row.client_id, &row.token_sha256);
        }
        let bindings = binding::Entity::find().all(reader).await?;
        let bound: Result<Vec<Bound>, _> = bindings.into_iter().map(Bound::try_from).collect();
        credentials.bind(bound?);
        Ok(Self { db, catalog, credentials, turn: Arc::default() })
    }

    /// All instruments and units.
    #[must_use]
    pub fn catalog(&self) -> &Catalog {
        &self.catalog
    }

    /// What sensors show in CONNECT.
    #[must_use]
    pub fn credentials(&self) -> &Credentials {
        &self.credentials
    }

    /// Adds instruments, each with its sensor, all or none. Sensors of the same client id are one client, such as a
    /// gateway. An institution that is already there keeps its names. Whoever has no code of dayi's own is given one.
    ///
    /// # Errors
    /// When an id or a code is taken, a unit cannot be, or the database does not do it.
    pub async fn add(&self, added: Vec<Addition>) -> Result<Vec<Arc<Instrument>>, StoreError> {
        let _turn = self.turn.lock().await;
        let units = self.catalog.units();
        let institutions = added.iter().filter_map(|one| match &one.home {
            Home::Institution(institution) => Some(institution),
            Home::Unit(_) => None,
        });
        let Founded { new, ids } = found(&units, institutions)?;
        let mut codes = Codes::of(&self.catalog);
        let mut instruments = Vec::with_capacity(added.len());
        for Addition { id, home, mut details, sensor } in added {
            details.unit = match home {
                Home::Unit(unit) => units::for_instruments(&units, &unit)?.id.clone(),
                Home::Institution(institution) => ids.get(&institution.id).cloned().unwrap_or_default(),
            };
            codes.claim(&id, &mut details.codes)?;
            instruments.push((Arc::new(Instrument { id, details, version: 1, retired_ms: None }), sensor));
        }
        let transaction = self.db.begin().await?;
        units::refuse_used(&transaction, new.iter().map(|unit| unit.id.as_str())).await?;
        for rows in new.chunks(ROWS) {
            unit::Entity::insert_many(rows.iter().map(units::row)).exec_without_returning(&transaction).await?;
        }
        insert_instruments(&transaction, &instruments).await?;
        transaction.commit().await?;
        self.catalog.change_units(|units| new.into_iter().for_each(|unit| units.insert(unit)));
        for (instrument, sensor) in &instruments {
            self.credentials.set_token(&sensor.client_id, &sensor.token_sha256);
            self.credentials.bind([sensor.bound(&instrument.id)]);
            self.catalog.insert(instrument.clone());
        }
        Ok(instruments.into_iter().map(|(instrument, _)| instrument).collect())
    }

    /// Gives sensors new tokens: client id and SHA-256 of each. The old tokens open nothing any more.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn set_tokens(&self, tokens: &[(String, String)]) -> Result<(), StoreError> {
        let transaction = self.db.begin().await?;
        let replace =
            OnConflict::column(sensor::Column::ClientId).update_column(sensor::Column::TokenSha256).to_owned();
        for part in tokens.chunks(ROWS) {
            let rows = part.iter().map(|(client_id, sha256)| sensor::ActiveModel {
                client_id: Set(client_id.clone()),
                token_sha256: Set(sha256.clone()),
            });
            sensor::Entity::insert_many(rows).on_conflict(replace.clone()).exec_without_returning(&transaction).await?;
        }
        transaction.commit().await?;
        for (client_id, sha256) in tokens {
            self.credentials.set_token(client_id, sha256);
        }
        Ok(())
    }
}

/// Writes instruments, their codes, sensors and bindings.
pub(super) async fn insert_instruments(
    transaction: &DatabaseTransaction,
    added: &[(Arc<Instrument>, NewSensor)],
) -> Result<(), StoreError> {
    let mut clients = HashSet::new();
    for part in added.chunks(ROWS) {
        let rows = part.iter().map(|(instrument, _)| instrument_row(instrument));
        instrument::Entity::insert_many(rows).exec_without_returning(transaction).await.map_err(taken)?;
        let codes: Vec<_> = part.iter().flat_map(|(instrument, _)| code_rows(instrument)).collect();
        for rows in codes.chunks(ROWS) {
            code::Entity::insert_many(rows.to_vec()).exec_without_returning(transaction).await.map_err(taken)?;
        }
        let new_clients = part.iter().filter(|(_, sensor)| clients.insert(sensor.client_id.as_str()));
        let sensors: Vec<_> = new_clients.map(|(_, sensor)| sensor_row(sensor)).collect();
        if !sensors.is_empty() {
            sensor::Entity::insert_many(sensors).exec_without_returning(transaction).await.map_err(taken)?;
        }
        let bindings = part.iter().map(|(instrument, sensor)| binding_row(&sensor.bound(&instrument.id)));
        binding::Entity::insert_many(bindings).exec_without_returning(transaction).await.map_err(taken)?;
    }
    Ok(())
}

pub(super) fn taken(error: DbErr) -> StoreError {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => StoreError::Taken,
        _ => error.into(),
    }
}

fn sensor_row(sensor: &NewSensor) -> sensor::ActiveModel {
    sensor::ActiveModel { client_id: Set(sensor.client_id.clone()), token_sha256: Set(sensor.token_sha256.clone()) }
}

pub(super) fn binding_row(bound: &Bound) -> binding::ActiveModel {
    let Bound { instrument, client_id, binding } = bound;
    binding::ActiveModel {
        instrument_id: Set(instrument.to_string()),
        client_id: Set(client_id.clone()),
        dialect: Set(binding.dialect.clone()),
        prefix: Set(binding.prefix.clone()),
        channel: Set(binding.channel.clone()),
        volts: Set(binding.volts.into()),
        power_factor: Set(binding.power_factor.into()),
    }
}

impl NewSensor {
    pub(super) fn bound(&self, instrument: &InstrumentId) -> Bound {
        let binding = self.binding.clone().of(instrument);
        Bound { instrument: instrument.clone(), client_id: self.client_id.clone(), binding }
    }
}

impl TryFrom<binding::Model> for Bound {
    type Error = DbErr;

    #[expect(clippy::cast_possible_truncation, reason = "they were f32 before")]
    fn try_from(row: binding::Model) -> Result<Self, DbErr> {
        let binding::Model { instrument_id: instrument, client_id, dialect, prefix, channel, volts, power_factor } =
            row;
        let (volts, power_factor) = (volts as f32, power_factor as f32);
        let binding = SensorBinding { dialect, prefix, channel, volts, power_factor };
        Ok(Self { instrument: instrument_id(&instrument)?, client_id, binding })
    }
}
