use super::entity::alert_rule;
use super::rules::{RuleBook, Said, Scope, Setting};
use super::store::{Settings, kind_of, severity_code, severity_of};
use crate::domain::{AlertKind, Severity};
use crate::platform::db::{Db, instrument_id};
use sea_orm::IntoActiveModel;
use sea_orm::prelude::*;
use std::sync::Arc;

impl Scope {
    fn columns(&self) -> (&'static str, &str) {
        match self {
            Self::Unit(id) => ("unit", id),
            Self::Instrument(id) => ("instrument", id.as_str()),
        }
    }

    fn of_columns(scope: &str, id: String) -> Result<Self, DbErr> {
        match scope {
            "unit" => Ok(Self::Unit(id)),
            "instrument" => instrument_id(&id).map(Self::Instrument),
            other => Err(DbErr::Type(format!("{other:?} is nothing that has rules"))),
        }
    }
}

/// Everything that is said.
pub(super) async fn load(db: &Db) -> Result<RuleBook, DbErr> {
    let mut book = RuleBook::default();
    for row in alert_rule::Entity::find().all(db.reader()).await? {
        let (scope, kind) = (Scope::of_columns(&row.scope, row.scope_id)?, kind_of(&row.kind)?);
        let mut said = book.said(&scope, kind);
        said[severity_of(row.severity)? as usize] = Some(Setting::of_minutes(row.after_min));
        book.set(&scope, kind, said);
    }
    Ok(book)
}

/// One says this of a kind from now on; gives what it said before.
pub(super) async fn set(
    db: &Db,
    settings: &Settings,
    scope: &Scope,
    kind: AlertKind,
    said: Said,
) -> Result<Said, DbErr> {
    let _turn = settings.turn.lock().await;
    let (name, id) = scope.columns();
    let transaction = db.begin().await?;
    alert_rule::Entity::delete_many()
        .filter(alert_rule::Column::Scope.eq(name))
        .filter(alert_rule::Column::ScopeId.eq(id))
        .filter(alert_rule::Column::Kind.eq(kind.name()))
        .exec(&transaction)
        .await?;
    let rows = Severity::ALL.into_iter().zip(said).filter_map(|(severity, setting)| {
        let row = alert_rule::Model {
            scope: name.into(),
            scope_id: id.into(),
            kind: kind.name().into(),
            severity: severity_code(severity),
            after_min: setting?.minutes(),
        };
        Some(row.into_active_model())
    });
    let rows: Vec<alert_rule::ActiveModel> = rows.collect();
    if !rows.is_empty() {
        alert_rule::Entity::insert_many(rows).exec_without_returning(&transaction).await?;
    }
    transaction.commit().await?;
    let mut book = RuleBook::clone(&settings.rules.load());
    let before = book.said(scope, kind);
    book.set(scope, kind, said);
    settings.rules.store(Arc::new(book));
    Ok(before)
}
