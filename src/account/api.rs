use super::door::{Door, Tree};
use super::model::{Account, AccountGrant, NewAccount};
use super::oidc::Oidc;
use super::password::Hasher;
use super::policy;
use super::store::{AccountError, Edit, Store};
use super::throttle::Throttle;
use super::{oidc_api, session_api, sessions_api, tokens_api};
use crate::domain::{Caller, Clock, Permission, Reach, UnitPath};
use crate::platform::audit::Changed;
use crate::platform::page::{check_limit, default_limit};
use crate::platform::problem::{Json, Path, Problem, Query};
use axum::extract::State;
use axum::http::StatusCode;
use serde::{Deserialize, Serialize};
use std::sync::{Arc, Mutex};
use utoipa::{IntoParams, ToSchema};
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the routes work on.
#[derive(Clone)]
pub struct ApiState {
    pub(super) store: Store,
    pub(super) tree: Arc<dyn Tree>,
    pub(super) oidc: Option<Arc<Oidc>>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) hasher: Hasher,
    pub(super) throttle: Arc<Mutex<Throttle<String>>>,
    /// Whether browsers reach the server over HTTPS alone.
    pub(super) secure: bool,
}

impl ApiState {
    /// Works on `store`; `public_url` is where browsers reach the server, if that is said.
    #[must_use]
    pub fn new(
        store: Store,
        tree: Arc<dyn Tree>,
        oidc: Option<Oidc>,
        clock: Arc<dyn Clock>,
        public_url: Option<&str>,
    ) -> Self {
        Self {
            store,
            tree,
            oidc: oidc.map(Arc::new),
            clock,
            hasher: Hasher::new(),
            throttle: Arc::new(Mutex::new(Throttle::new())),
            secure: public_url.is_some_and(|url| url.starts_with("https://")),
        }
    }

    pub(super) fn door(&self) -> &Door {
        self.store.door()
    }

    /// Whether the caller may do to somebody with these grants what it may to itself: what they have lies within what it
    /// may give.
    fn manages(&self, caller: &Caller, grants: &[AccountGrant]) -> bool {
        // A token that is limited must not let itself in as somebody who is not.
        let everywhere = caller.only.is_none() && caller.reach(Permission::ManageAccounts) == Reach::Everything;
        everywhere
            || !grants.is_empty()
                && grants
                    .iter()
                    .all(|grant| policy::may_grant(caller, grant.role, &self.tree.reached_from(&grant.unit)))
    }

    /// The account, for a caller that manages it.
    pub(super) fn managed(&self, caller: &Caller, id: &str) -> Result<Arc<Account>, Problem> {
        let account = self.door().account(id).filter(|account| self.manages(caller, &account.grants));
        account.ok_or_else(|| Problem::not_found(format!("there is no account {id:?}, or it is not yours to manage")))
    }

    /// Where an account has its first role.
    fn home(&self, account: &Account) -> Option<UnitPath> {
        self.tree.reached_from(&account.grants.first()?.unit).into_iter().next()
    }

    fn check_grants(&self, caller: &Caller, grants: &[AccountGrant]) -> Result<(), Problem> {
        for AccountGrant { role, unit } in grants {
            // One that is not there is answered like one that the caller may not see.
            if !policy::may_grant(caller, *role, &self.tree.reached_from(unit)) {
                return Err(Problem::forbidden(format!(
                    "you cannot make anybody {} of {unit:?}: there is no such unit, or you may not do all of it there yourself",
                    role.name()
                )));
            }
        }
        Ok(())
    }
}

/// The routes of accounts, sessions and tokens.
pub fn router(state: ApiState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(list, add))
        .routes(routes!(one, edit))
        .routes(routes!(add_link))
        .merge(session_api::routes())
        .merge(sessions_api::routes())
        .merge(tokens_api::routes())
        .merge(oidc_api::routes())
        .with_state(state)
}

#[derive(Deserialize, IntoParams)]
#[serde(deny_unknown_fields)]
#[into_params(parameter_in = Query)]
struct ListQuery {
    /// Part of the login, the name or the e-mail address, in any case.
    q: Option<String>,
    /// Only who has a role at this unit itself.
    unit: Option<String>,
    /// At most this many, up to 1000.
    #[serde(default = "default_limit")]
    limit: usize,
    /// Leaving out this many.
    #[serde(default)]
    offset: usize,
}

#[derive(Serialize, ToSchema)]
struct AccountPage {
    /// How many match.
    total: usize,
    items: Vec<Account>,
}

/// What is to be changed of an account; what is left out stays.
#[derive(Deserialize, ToSchema)]
#[serde(deny_unknown_fields)]
struct AccountEdit {
    name: Option<String>,
    /// Empty for none.
    email: Option<String>,
    language: Option<String>,
    grants: Option<Vec<AccountGrant>>,
    /// Who is disabled is signed out at once, and their tokens are gone for good.
    disabled: Option<bool>,
}

/// A link that lets somebody in once.
#[derive(Serialize, ToSchema)]
struct Link {
    /// Where to open it, below the address of the page. It works once.
    #[schema(example = "/sign-in#dayi_link_0123456789abcdef")]
    path: String,
    /// UTC milliseconds.
    expires_at: i64,
}

/// The accounts that the caller manages.
#[utoipa::path(get, path = "/api/v1/accounts", operation_id = "list_accounts", tag = "accounts", params(ListQuery),
    responses((status = 200, body = AccountPage), (status = 400, body = Problem)))]
async fn list(
    State(api): State<ApiState>,
    caller: Caller,
    Query(query): Query<ListQuery>,
) -> Result<axum::Json<AccountPage>, Problem> {
    check_limit(query.limit)?;
    let needle = query.q.as_deref().map(str::to_lowercase);
    let named = |account: &Account| {
        let texts = [&account.login, &account.name, account.email.as_ref().unwrap_or(&account.login)];
        needle.as_ref().is_none_or(|needle| texts.iter().any(|text| text.to_lowercase().contains(needle)))
    };
    let at = |account: &Account| {
        query.unit.as_ref().is_none_or(|unit| account.grants.iter().any(|grant| grant.unit == *unit))
    };
    let mut all = api.door().accounts();
    all.retain(|account| named(account) && at(account) && api.manages(&caller, &account.grants));
    let items = all.iter().skip(query.offset).take(query.limit).map(|account| Account::clone(account)).collect();
    Ok(axum::Json(AccountPage { total: all.len(), items }))
}

/// Adds an account. It signs in for the first time by a link (`…/link`), or through the OpenID Connect provider.
#[utoipa::path(post, path = "/api/v1/accounts", operation_id = "add_account", tag = "accounts", request_body = NewAccount,
    responses((status = 201, body = Account), (status = 403, body = Problem), (status = 409, body = Problem),
        (status = 422, body = Problem)))]
async fn add(
    State(api): State<ApiState>,
    caller: Caller,
    Json(new): Json<NewAccount>,
) -> Result<(StatusCode, Changed, axum::Json<Account>), Problem> {
    api.check_grants(&caller, &new.grants)?;
    if !api.manages(&caller, &new.grants) {
        return Err(Problem::unprocessable("grants: say at least one role in your part of the tree"));
    }
    let account = api.store.add(new, api.clock.now_ms()).await?;
    Ok((StatusCode::CREATED, Changed::new(None, Some(&account)).at(api.home(&account)), axum::Json(account)))
}

/// One account.
#[utoipa::path(get, path = "/api/v1/accounts/{account}", operation_id = "get_account", tag = "accounts",
    params(("account" = String, Path)), responses((status = 200, body = Account), (status = 404, body = Problem)))]
async fn one(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<axum::Json<Account>, Problem> {
    Ok(axum::Json(Account::clone(&*api.managed(&caller, &id)?)))
}

/// Changes an account. What it has open ends, and comes back with what it may now.
#[utoipa::path(patch, path = "/api/v1/accounts/{account}", operation_id = "edit_account", tag = "accounts",
    params(("account" = String, Path)), request_body = AccountEdit,
    responses((status = 200, body = Account), (status = 403, body = Problem), (status = 404, body = Problem),
        (status = 422, body = Problem)))]
async fn edit(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
    Json(wanted): Json<AccountEdit>,
) -> Result<(Changed, axum::Json<Account>), Problem> {
    let before = api.managed(&caller, &id)?;
    if *caller.account == *id && (wanted.disabled == Some(true) || wanted.grants.is_some()) {
        return Err(Problem::forbidden("nobody changes their own roles or disables themselves: ask somebody else"));
    }
    if let Some(grants) = &wanted.grants {
        api.check_grants(&caller, grants)?;
        if !api.manages(&caller, grants) {
            return Err(Problem::unprocessable("grants: leave at least one, or disable the account"));
        }
    }
    let checked = || -> Result<Edit, String> {
        if let Some(language) = &wanted.language {
            policy::language(language)?;
        }
        Ok(Edit {
            name: wanted.name.as_deref().map(policy::name).transpose()?,
            email: wanted.email.map(|email| policy::email(Some(email))).transpose()?,
            language: wanted.language,
            grants: wanted.grants,
            disabled: wanted.disabled,
        })
    };
    let edit = checked().map_err(Problem::unprocessable)?;
    let after = api.store.edit(&id, edit, api.clock.now_ms()).await?;
    let after = after.ok_or_else(|| Problem::not_found(format!("there is no account {id:?}")))?;
    Ok((Changed::new(Some(&*before), Some(&after)).at(api.home(&after)), axum::Json(after)))
}

/// A link that lets the account in once, within a day: for its first sign-in, or instead of a forgotten password.
#[utoipa::path(post, path = "/api/v1/accounts/{account}/link", operation_id = "add_sign_in_link", tag = "accounts",
    params(("account" = String, Path)),
    responses((status = 201, body = Link), (status = 404, body = Problem), (status = 409, body = Problem)))]
async fn add_link(
    State(api): State<ApiState>,
    caller: Caller,
    Path(id): Path<String>,
) -> Result<(StatusCode, axum::Json<Link>), Problem> {
    let account = api.managed(&caller, &id)?;
    if account.disabled {
        return Err(Problem::conflict("the account is disabled"));
    }
    let (token, expires_at) = api.store.add_link(&id, api.clock.now_ms()).await?;
    Ok((StatusCode::CREATED, axum::Json(Link { path: format!("/sign-in#{token}"), expires_at })))
}

impl From<AccountError> for Problem {
    fn from(error: AccountError) -> Self {
        match error {
            AccountError::Taken => Self::conflict(error.to_string()),
            AccountError::Wrong(_) | AccountError::NoUnit(_) => Self::unprocessable(error.to_string()),
            AccountError::Db(error) => Self::unavailable(&error),
        }
    }
}
