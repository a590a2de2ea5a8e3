use crate::platform::db::Db;
use serde::{Deserialize, Serialize};
use utoipa::ToSchema;

/// The outbox. Cheap to clone.
#[derive(Clone)]
pub(in crate::notify) struct Outbox {
    pub(super) db: Db,
}

impl Outbox {
    pub(in crate::notify) fn new(db: Db) -> Self {
        Self { db }
    }
}

/// Where a delivery stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, ToSchema)]
#[serde(rename_all = "lowercase")]
#[schema(as = DeliveryState)]
pub(in crate::notify) enum State {
    /// It is to be sent.
    Waiting,
    /// The receiver has it.
    Delivered,
    /// It was given up, and can be sent again by hand.
    Dead,
    /// It is not to be sent any more: `why` says why.
    Dropped,
}

impl State {
    /// As in the database.
    pub(super) const fn word(self) -> &'static str {
        match self {
            Self::Waiting => "waiting",
            Self::Delivered => "delivered",
            Self::Dead => "dead",
            Self::Dropped => "dropped",
        }
    }

    pub(super) fn read(word: &str) -> Self {
        let all = [Self::Waiting, Self::Delivered, Self::Dead];
        all.into_iter().find(|state| state.word() == word).unwrap_or(Self::Dropped)
    }
}
