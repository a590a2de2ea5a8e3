use super::credentials::Credentials;
use super::entity::{binding, institution, instrument, sensor, unit};
use super::model::{Bound, Catalog, Institution, Instrument, NewSensor, SensorBinding};
use crate::domain::{InstrumentId, UnitPath};
use crate::platform::db::{Db, instrument_id};
use sea_orm::prelude::*;
use sea_orm::sea_query::OnConflict;
use sea_orm::{ActiveValue::Set, SqlErr};
use std::collections::{HashMap, HashSet};
use std::sync::Arc;
use tokio::sync::Mutex;

/// Rows in one INSERT: SQLite takes at most 32,766 values a statement.
pub(super) const ROWS: usize = 2_000;

/// Reads and writes the catalogue; what it has written it puts into [`Catalog`] and [`Credentials`].
#[derive(Clone)]
pub struct Store {
    pub(super) db: Db,
    catalog: Catalog,
    credentials: Credentials,
    /// Whose turn it is to change bindings and clients: what is checked holds until it is written.
    pub(super) turn: Arc<Mutex<()>>,
}

/// Why the catalogue was not read or changed.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// The id or the client id is taken.
    #[error("there is already an instrument or a sensor of this id")]
    Taken,
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
        let institutions: HashMap<String, Arc<Institution>> = institution::Entity::find()
            .all(reader)
            .await?
            .into_iter()
            .map(|row| (row.id.clone(), Arc::new(Institution::from(row))))
            .collect();
        for row in instrument::Entity::find().all(reader).await? {
            let id = instrument_id(&row.id)?;
            let institution = institutions
                .get(&row.institution_id)
                .cloned()
                .ok_or_else(|| DbErr::Type(format!("instrument {id} has no institution")))?;
            catalog.insert(Arc::new(loaded(id, institution, row)));
        }
        for row in sensor::Entity::find().all(reader).await? {
            credentials.set_token(&row.client_id, &row.token_sha256);
        }
        let bindings = binding::Entity::find().all(reader).await?;
        let bound: Result<Vec<Bound>, _> = bindings.into_iter().map(Bound::try_from).collect();
        credentials.bind(bound?);
        Ok(Self { db, catalog, credentials, turn: Arc::default() })
    }

    /// All instruments.
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
    /// gateway. An institution that is already there keeps its names.
    ///
    /// # Errors
    /// When an id is taken or the database does not do it.
    pub async fn add(&self, added: Vec<(Instrument, NewSensor)>) -> Result<Vec<Arc<Instrument>>, StoreError> {
        let transaction = self.db.begin().await?;
        let institutions: HashMap<&str, &Institution> = added
            .iter()
            .map(|(instrument, _)| (instrument.institution.id.as_str(), &*instrument.institution))
            .collect();
        let units: Vec<_> = institutions.values().flat_map(|institution| unit_rows(institution)).collect();
        let known = OnConflict::column(unit::Column::Id).do_nothing().to_owned();
        for rows in units.chunks(ROWS) {
            let insert = unit::Entity::insert_many(rows.to_vec()).on_conflict(known.clone());
            insert.exec_without_returning(&transaction).await?;
        }
        let rows: Vec<_> = institutions.into_values().map(institution_row).collect();
        let keep = OnConflict::column(institution::Column::Id).do_nothing().to_owned();
        for rows in rows.chunks(ROWS) {
            institution::Entity::insert_many(rows.to_vec())
                .on_conflict(keep.clone())
                .exec_without_returning(&transaction)
                .await?;
        }
        let mut clients = HashSet::new();
        for part in added.chunks(ROWS) {
            let instruments = part.iter().map(|(instrument, _)| instrument_row(instrument));
            instrument::Entity::insert_many(instruments).exec_without_returning(&transaction).await.map_err(taken)?;
            let new_clients = part.iter().filter(|(_, sensor)| clients.insert(sensor.client_id.as_str()));
            let sensors: Vec<_> = new_clients.map(|(_, sensor)| sensor_row(sensor)).collect();
            if !sensors.is_empty() {
                sensor::Entity::insert_many(sensors).exec_without_returning(&transaction).await.map_err(taken)?;
            }
            let bindings = part.iter().map(|(instrument, sensor)| binding_row(&sensor.bound(&instrument.id)));
            binding::Entity::insert_many(bindings).exec_without_returning(&transaction).await.map_err(taken)?;
        }
        transaction.commit().await?;
        let mut instruments = Vec::with_capacity(added.len());
        for (instrument, sensor) in added {
            self.credentials.set_token(&sensor.client_id, &sensor.token_sha256);
            self.credentials.bind([sensor.bound(&instrument.id)]);
            let instrument = Arc::new(instrument);
            self.catalog.insert(instrument.clone());
            instruments.push(instrument);
        }
        Ok(instruments)
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

pub(super) fn taken(error: DbErr) -> StoreError {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => StoreError::Taken,
        _ => error.into(),
    }
}

fn institution_row(institution: &Institution) -> institution::ActiveModel {
    institution::ActiveModel {
        id: Set(institution.id.clone()),
        name: Set(institution.name.clone()),
        name_en: Set(institution.name_en.clone()),
        city: Set(institution.city.clone()),
        city_en: Set(institution.city_en.clone()),
    }
}

/// The institution's city and itself, as units.
fn unit_rows(institution: &Institution) -> [unit::ActiveModel; 2] {
    let path = institution.path();
    let [own, city, above, _] = path.upwards().try_into().unwrap_or_else(|_| std::array::from_fn(|_| path.clone()));
    let row = |path: &UnitPath, parent: &UnitPath, kind: &str, name: &str, name_en: &str| unit::ActiveModel {
        id: Set(path.id().into()),
        parent_id: Set(Some(parent.id().into())),
        kind: Set(kind.into()),
        name: Set(name.into()),
        name_en: Set(name_en.into()),
        path: Set(path.to_string()),
    };
    [
        row(&city, &above, "city", &institution.city, &institution.city_en),
        row(&own, &city, "institution", &institution.name, &institution.name_en),
    ]
}

fn instrument_row(instrument: &Instrument) -> instrument::ActiveModel {
    instrument::ActiveModel {
        id: Set(instrument.id.to_string()),
        institution_id: Set(instrument.institution.id.clone()),
        unit_id: Set(Some(instrument.institution.path().id().into())),
        name: Set(instrument.name.clone()),
        name_en: Set(instrument.name_en.clone()),
        class: Set(instrument.class.clone()),
        maker: Set(instrument.maker.clone()),
        model: Set(instrument.model.clone()),
        rated_current_a: Set(instrument.rated_current_a.map(f64::from)),
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
    fn bound(&self, instrument: &InstrumentId) -> Bound {
        let binding = self.binding.clone().of(instrument);
        Bound { instrument: instrument.clone(), client_id: self.client_id.clone(), binding }
    }
}

#[expect(clippy::cast_possible_truncation, reason = "they were f32 before")]
fn loaded(id: InstrumentId, institution: Arc<Institution>, row: instrument::Model) -> Instrument {
    let instrument::Model { name, name_en, class, maker, model, rated_current_a, .. } = row;
    let rated_current_a = rated_current_a.map(|ampere| ampere as f32);
    Instrument { id, name, name_en, institution, class, maker, model, rated_current_a }
}

impl From<institution::Model> for Institution {
    fn from(row: institution::Model) -> Self {
        Self { id: row.id, name: row.name, name_en: row.name_en, city: row.city, city_en: row.city_en }
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
