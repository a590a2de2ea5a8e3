//! What this folder needs of others; `app` fills it.

use crate::domain::{AlertEvent, Caller, InstrumentId};
use async_trait::async_trait;
use sea_orm::DbErr;

/// The log of alerts.
#[async_trait]
pub trait AlertLog: Send + Sync + 'static {
    /// The entries after the one of this number (0: all), oldest first, at most `limit`.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    async fn after(&self, number: i64, limit: u32) -> Result<Vec<AlertEvent>, DbErr>;

    /// The number of the newest entry; 0 before there is one.
    ///
    /// # Errors
    /// When the database does not answer.
    async fn last(&self) -> Result<i64, DbErr>;
}

/// What accounts may, at this moment. A look-up in memory.
pub trait Owners: Send + Sync + 'static {
    /// The account; `None` if it is gone or disabled.
    fn caller(&self, account: &str) -> Option<Caller>;
}

/// What an instrument is called.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Named {
    /// In Chinese.
    pub name: String,
    /// In English.
    pub name_en: String,
    /// The institution that owns it, in Chinese.
    pub institution: String,
    /// The same in English.
    pub institution_en: String,
}

/// What instruments are called. A look-up in memory.
pub trait Names: Send + Sync + 'static {
    /// The instrument's names; `None` if there is no such instrument.
    fn named(&self, instrument: &InstrumentId) -> Option<Named>;
}
