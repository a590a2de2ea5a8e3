use super::door::{Door, Used};
use super::entity::{account, account_grant, api_token, session, sign_in_link};
use super::model::{Account, AccountGrant, Kind, NewAccount, Opening};
use super::policy::LINK_MS;
use crate::domain::{Permission, Role};
use crate::platform::db::Db;
use crate::platform::secret::{TokenHash, random_token, token_hash};
use sea_orm::prelude::*;
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ActiveValue::Set, ConnectionTrait, ExprTrait, QueryOrder, SqlErr};
use std::collections::HashMap;
use std::sync::Arc;

/// Reads and writes accounts; what it has written it puts into the [`Door`].
#[derive(Clone)]
pub struct Store {
    pub(super) db: Db,
    door: Door,
}

/// Why accounts were not read or changed.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// Somebody has this login, or this subject of the provider.
    #[error("there is already an account of this login")]
    Taken,
    /// A value cannot be.
    #[error("{0}")]
    Wrong(String),
    /// A unit of a grant is not there.
    #[error("there is no unit {0:?}")]
    NoUnit(String),
    /// The database did not do it.
    #[error("the database did not do it: {0}")]
    Db(#[from] DbErr),
}

/// What is to be changed of an account; `None` leaves it.
#[derive(Default)]
pub(super) struct Edit {
    pub(super) name: Option<String>,
    pub(super) email: Option<Option<String>>,
    pub(super) language: Option<String>,
    pub(super) grants: Option<Vec<AccountGrant>>,
    pub(super) disabled: Option<bool>,
}

impl Store {
    /// Loads everybody from `db` into `door`.
    ///
    /// # Errors
    /// When the database does not answer or holds what cannot be.
    pub async fn load(db: Db, door: Door) -> Result<Self, AccountError> {
        let reader = db.reader();
        for account in accounts(reader, account::Entity::find()).await? {
            door.put(account);
        }
        for row in session::Entity::find().all(reader).await? {
            let session::Model { id, account_id, token_sha256, expires_ms, .. } = row;
            let opening = opening(&id, &account_id, Kind::Session, None, expires_ms);
            door.open(hash_of(&token_sha256)?, opening);
        }
        for row in api_token::Entity::find().all(reader).await? {
            let api_token::Model { id, account_id, token_sha256, permissions, expires_ms, .. } = row;
            let only = permissions.as_deref().map(permissions_of).transpose()?;
            door.open(hash_of(&token_sha256)?, opening(&id, &account_id, Kind::Token, only, expires_ms));
        }
        Ok(Self { db, door })
    }

    /// Everybody, in memory.
    #[must_use]
    pub fn door(&self) -> &Door {
        &self.door
    }

    /// Adds an account.
    ///
    /// # Errors
    /// When the login is taken, a unit is not there, or the database does not do it.
    pub async fn add(&self, new: NewAccount, now_ms: i64) -> Result<Account, AccountError> {
        let new = super::policy::checked(new).map_err(AccountError::Wrong)?;
        let id = ulid::Ulid::new().to_string();
        let transaction = self.db.begin().await?;
        let row = account::ActiveModel {
            id: Set(id.clone()),
            login: Set(new.login.clone()),
            name: Set(new.name.clone()),
            email: Set(new.email.clone()),
            language: Set(new.language.clone()),
            password: Set(None),
            oidc_subject: Set(None),
            disabled_ms: Set(None),
            created_ms: Set(now_ms),
            signed_in_ms: Set(None),
        };
        account::Entity::insert(row).exec_without_returning(&transaction).await.map_err(taken)?;
        put_grants(&transaction, &id, &new.grants).await?;
        transaction.commit().await?;
        let NewAccount { login, name, email, language, grants } = new;
        let account = Account { id, login, name, email, language, grants, disabled: false, created_at: now_ms };
        self.door.put(account.clone());
        Ok(account)
    }

    /// Changes an account and returns it as it is now; `None` if there is none.
    pub(super) async fn edit(&self, id: &str, edit: Edit, now_ms: i64) -> Result<Option<Account>, AccountError> {
        let transaction = self.db.begin().await?;
        let Some(row) = account::Entity::find_by_id(id).one(&transaction).await? else { return Ok(None) };
        let mut changed: account::ActiveModel = row.into();
        if let Some(name) = edit.name {
            changed.name = Set(name);
        }
        if let Some(email) = edit.email {
            changed.email = Set(email);
        }
        if let Some(language) = edit.language {
            changed.language = Set(language);
        }
        if let Some(disabled) = edit.disabled {
            changed.disabled_ms = Set(disabled.then_some(now_ms));
        }
        if changed.is_changed() {
            changed.update(&transaction).await?;
        }
        if let Some(grants) = &edit.grants {
            let of = account_grant::Column::AccountId.eq(id);
            account_grant::Entity::delete_many().filter(of).exec(&transaction).await?;
            put_grants(&transaction, id, grants).await?;
        }
        if edit.disabled == Some(true) {
            let of = session::Column::AccountId.eq(id);
            session::Entity::delete_many().filter(of).exec(&transaction).await?;
            api_token::Entity::delete_many().filter(api_token::Column::AccountId.eq(id)).exec(&transaction).await?;
            let of = sign_in_link::Column::AccountId.eq(id);
            sign_in_link::Entity::delete_many().filter(of).exec(&transaction).await?;
        }
        let after = accounts(&transaction, account::Entity::find_by_id(id)).await?.pop();
        transaction.commit().await?;
        if let Some(account) = &after {
            self.door.put(account.clone());
        }
        Ok(after)
    }

    /// The account of this login and its password's hash, as the database has them.
    pub(super) async fn by_login(&self, login: &str) -> Result<Option<(Account, Option<String>)>, DbErr> {
        let found = account::Entity::find().filter(account::Column::Login.eq(login));
        let Some(row) = found.clone().one(self.db.reader()).await? else { return Ok(None) };
        let account = accounts(self.db.reader(), found).await?.pop();
        Ok(account.map(|account| (account, row.password)))
    }

    /// The account tied to this subject of the provider; else the one that has this address and is tied to none yet, which
    /// is tied to it now.
    pub(super) async fn by_subject(&self, subject: &str, email: Option<&str>) -> Result<Option<Account>, DbErr> {
        let tied = account::Entity::find().filter(account::Column::OidcSubject.eq(subject));
        if let Some(account) = accounts(self.db.reader(), tied).await?.pop() {
            return Ok(Some(account));
        }
        let Some(email) = email else { return Ok(None) };
        let same = account::Entity::find()
            .filter(ExprTrait::eq(Expr::expr(Func::lower(account::Column::Email.into_expr())), email.to_lowercase()))
            .filter(account::Column::OidcSubject.is_null());
        let found = accounts(self.db.reader(), same).await?;
        // Two of the same address: nobody knows which is meant.
        let Ok([account]) = <[Account; 1]>::try_from(found) else { return Ok(None) };
        let tie = account::Entity::update_many()
            .col_expr(account::Column::OidcSubject, Expr::value(subject))
            .filter(account::Column::Id.eq(&account.id))
            .filter(account::Column::OidcSubject.is_null());
        let transaction = self.db.begin().await?;
        let tied = tie.exec(&transaction).await?.rows_affected;
        transaction.commit().await?;
        Ok((tied == 1).then_some(account))
    }

    pub(super) async fn password_hash(&self, id: &str) -> Result<Option<String>, DbErr> {
        Ok(account::Entity::find_by_id(id).one(self.db.reader()).await?.and_then(|row| row.password))
    }

    /// Sets the password, and ends every session of the account but the one that is `kept`.
    pub(super) async fn set_password(&self, id: &str, hash: String, kept: &str) -> Result<(), DbErr> {
        let transaction = self.db.begin().await?;
        account::Entity::update_many()
            .col_expr(account::Column::Password, Expr::value(hash))
            .filter(account::Column::Id.eq(id))
            .exec(&transaction)
            .await?;
        sign_in_link::Entity::delete_many().filter(sign_in_link::Column::AccountId.eq(id)).exec(&transaction).await?;
        session::Entity::delete_many()
            .filter(session::Column::AccountId.eq(id))
            .filter(session::Column::Id.ne(kept))
            .exec(&transaction)
            .await?;
        transaction.commit().await?;
        self.door.close(|opening| opening.kind == Kind::Session && &*opening.account == id && &*opening.id != kept);
        Ok(())
    }

    /// A link's token that lets the account in once, within a day.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn add_link(&self, account: &str, now_ms: i64) -> Result<(String, i64), AccountError> {
        let token = random_token("dayi_link_");
        let expires_ms = now_ms + LINK_MS;
        let transaction = self.db.begin().await?;
        let old = sign_in_link::Column::ExpiresMs.lte(now_ms);
        sign_in_link::Entity::delete_many().filter(old).exec(&transaction).await?;
        let row = sign_in_link::ActiveModel {
            token_sha256: Set(hex::encode(token_hash(token.as_bytes()))),
            account_id: Set(account.into()),
            expires_ms: Set(expires_ms),
        };
        sign_in_link::Entity::insert(row).exec_without_returning(&transaction).await?;
        transaction.commit().await?;
        Ok((token, expires_ms))
    }

    /// Uses a link up: whose it was; `None` if it opens nothing.
    pub(super) async fn use_link(&self, token: &str, now_ms: i64) -> Result<Option<Account>, DbErr> {
        let hash = hex::encode(token_hash(token.as_bytes()));
        let transaction = self.db.begin().await?;
        let Some(row) = sign_in_link::Entity::find_by_id(hash).one(&transaction).await? else { return Ok(None) };
        let (account_id, expires_ms) = (row.account_id.clone(), row.expires_ms);
        let gone = row.delete(&transaction).await?.rows_affected;
        let account = accounts(&transaction, account::Entity::find_by_id(account_id)).await?.pop();
        transaction.commit().await?;
        Ok(account.filter(|account| gone == 1 && expires_ms > now_ms && !account.disabled))
    }

    /// Ends what has run out, and writes down what was used. To be called every few seconds.
    ///
    /// # Errors
    /// When the database does not do it.
    pub async fn sweep(&self, now_ms: i64) -> Result<(), DbErr> {
        let used = self.door.sweep();
        // A command may have added or changed accounts beside the server.
        for account in accounts(self.db.reader(), account::Entity::find()).await? {
            if self.door.account(&account.id).as_deref() != Some(&account) {
                self.door.put(account);
            }
        }
        let transaction = self.db.begin().await?;
        for Used { id, kind, expires_ms, used_ms } in used {
            match kind {
                Kind::Session => {
                    let update = session::Entity::update_many()
                        .col_expr(session::Column::ExpiresMs, Expr::value(expires_ms))
                        .filter(session::Column::Id.eq(&*id));
                    update.exec(&transaction).await?;
                }
                Kind::Token => {
                    let update = api_token::Entity::update_many()
                        .col_expr(api_token::Column::UsedMs, Expr::value(used_ms))
                        .filter(api_token::Column::Id.eq(&*id));
                    update.exec(&transaction).await?;
                }
            }
        }
        session::Entity::delete_many().filter(session::Column::ExpiresMs.lte(now_ms)).exec(&transaction).await?;
        api_token::Entity::delete_many().filter(api_token::Column::ExpiresMs.lte(now_ms)).exec(&transaction).await?;
        transaction.commit().await
    }
}

pub(super) fn opening(
    id: &str,
    account: &str,
    kind: Kind,
    only: Option<Arc<[Permission]>>,
    expires_ms: i64,
) -> Opening {
    Opening { id: id.into(), account: account.into(), kind, only, expires_ms, by_link: false }
}

fn hash_of(hexadecimal: &str) -> Result<TokenHash, DbErr> {
    let mut hash = TokenHash::default();
    hex::decode_to_slice(hexadecimal, &mut hash).map_err(|_| DbErr::Type("a token's hash is damaged".into()))?;
    Ok(hash)
}

fn permissions_of(json: &str) -> Result<Arc<[Permission]>, DbErr> {
    let list: Vec<Permission> =
        serde_json::from_str(json).map_err(|error| DbErr::Type(format!("a token's permissions: {error}")))?;
    Ok(list.into())
}

async fn put_grants(db: &impl ConnectionTrait, account: &str, grants: &[AccountGrant]) -> Result<(), AccountError> {
    for AccountGrant { role, unit } in grants {
        let row = account_grant::ActiveModel {
            account_id: Set(account.into()),
            role: Set(role.name().into()),
            unit_id: Set(unit.clone()),
        };
        account_grant::Entity::insert(row).exec_without_returning(db).await.map_err(|error| match error.sql_err() {
            Some(SqlErr::ForeignKeyConstraintViolation(_)) => AccountError::NoUnit(unit.clone()),
            Some(SqlErr::UniqueConstraintViolation(_)) => AccountError::Wrong("a grant stands twice".into()),
            _ => error.into(),
        })?;
    }
    Ok(())
}

/// The accounts that `query` finds, in the order in which they were added, with their grants.
async fn accounts(db: &impl ConnectionTrait, query: Select<account::Entity>) -> Result<Vec<Account>, DbErr> {
    let rows = query.order_by_asc(account::Column::Id).all(db).await?;
    let ids = rows.iter().map(|row| row.id.as_str());
    let mut query = account_grant::Entity::find().order_by_asc(account_grant::Column::UnitId);
    if rows.len() < 100 {
        query = query.filter(account_grant::Column::AccountId.is_in(ids));
    }
    let mut grants: HashMap<String, Vec<AccountGrant>> = HashMap::new();
    for row in query.all(db).await? {
        let role = Role::named(&row.role).ok_or_else(|| DbErr::Type(format!("no role {:?}", row.role)))?;
        grants.entry(row.account_id).or_default().push(AccountGrant { role, unit: row.unit_id });
    }
    let account = |row: account::Model| Account {
        grants: grants.remove(&row.id).unwrap_or_default(),
        id: row.id,
        login: row.login,
        name: row.name,
        email: row.email,
        language: row.language,
        disabled: row.disabled_ms.is_some(),
        created_at: row.created_ms,
    };
    Ok(rows.into_iter().map(account).collect())
}

fn taken(error: DbErr) -> AccountError {
    match error.sql_err() {
        Some(SqlErr::UniqueConstraintViolation(_)) => AccountError::Taken,
        _ => error.into(),
    }
}
