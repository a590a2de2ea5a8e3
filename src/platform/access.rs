//! Who asks, as routes and sessions see it: the extractor, and the port that knows tokens and sessions.

use super::problem::Problem;
use crate::domain::{Caller, Permission, Reach, UnitPath};
use axum::extract::FromRequestParts;
use axum::http::HeaderMap;
use axum::http::request::Parts;
use sea_orm::sea_query::{Expr, Func};
use sea_orm::{ColumnTrait, Condition, ExprTrait, Value};
use tokio_util::sync::CancellationToken;

/// The cookie a signed-in browser shows.
pub const SESSION_COOKIE: &str = "dayi_session";

/// Somebody who was let in, for as long as that holds.
#[derive(Clone, Debug)]
pub struct Admission {
    /// Who.
    pub caller: Caller,
    /// Cancelled when the session or token is revoked or runs out, and when what the account may changes. What stays open,
    /// such as a WebSocket, has to close then.
    pub ended: CancellationToken,
}

/// Why somebody was not let in.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NotAdmitted {
    /// Nothing was shown.
    #[error("sign in, or send the header Authorization: Bearer <token>")]
    Nobody,
    /// What was shown is not known, was revoked, or has run out.
    #[error("this token or session is not known, was revoked, or has run out: sign in again or ask for a new token")]
    Unknown,
}

/// Knows sessions and tokens. A look-up in memory.
pub trait Doorkeeper: Send + Sync + 'static {
    /// Whoever shows this token.
    ///
    /// # Errors
    /// When it opens nothing.
    fn admit(&self, token: &str) -> Result<Admission, NotAdmitted>;

    /// Whoever sent this request: by `Authorization: Bearer`, or else by the session's cookie.
    ///
    /// # Errors
    /// When it shows nothing, or nothing that opens.
    fn admit_request(&self, headers: &HeaderMap) -> Result<Admission, NotAdmitted>;
}

impl From<NotAdmitted> for Problem {
    fn from(not: NotAdmitted) -> Self {
        Self::unauthorized(not.to_string())
    }
}

/// Whoever sent the request; the guard before all routes has put it there.
impl<S: Sync> FromRequestParts<S> for Caller {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, _: &S) -> Result<Self, Problem> {
        parts.extensions.get::<Self>().cloned().ok_or_else(|| NotAdmitted::Nobody.into())
    }
}

impl Caller {
    /// Lets pass who may do this to what belongs to the unit.
    ///
    /// # Errors
    /// 404 with `missing` for who may not even see it, so that nobody learns what there is; else 403.
    pub fn check(&self, permission: Permission, unit: &UnitPath, missing: &str) -> Result<(), Problem> {
        if self.may_at(permission, unit) {
            Ok(())
        } else if self.may_at(Permission::View, unit) {
            Err(Problem::forbidden("your role does not allow this here"))
        } else {
            Err(Problem::not_found(missing))
        }
    }
}

impl Reach {
    /// The condition that `column`, a unit's path, is within reach; its values are appended to `values`, and stand in the
    /// condition as `$1`, `$2` and so on.
    #[must_use]
    pub fn condition(&self, column: &str, values: &mut Vec<Value>) -> String {
        let Self::Within(units) = self else { return "1 = 1".into() };
        // Not LIKE: ids may hold its wildcards.
        let within = units.iter().map(|unit| {
            values.push(unit.as_str().into());
            let place = values.len();
            format!("substr({column}, 1, length(${place})) = ${place}")
        });
        let within: Vec<_> = within.collect();
        if within.is_empty() { "1 = 0".into() } else { format!("({})", within.join(" OR ")) }
    }
}

impl Reach {
    /// The same for a query that SeaORM builds.
    #[must_use]
    pub fn filter(&self, column: impl ColumnTrait) -> Condition {
        let Self::Within(units) = self else { return Condition::all() };
        if units.is_empty() {
            return Condition::all().add(Expr::val(1).eq(0));
        }
        let within = |unit: &UnitPath| {
            let length = i64::try_from(unit.as_str().chars().count()).unwrap_or(i64::MAX);
            let begin = Func::cust("substr").args([column.into_expr(), Expr::val(1), Expr::val(length)]);
            Expr::expr(begin).eq(unit.as_str())
        };
        units.iter().fold(Condition::any(), |any, unit| any.add(within(unit)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_reach_becomes_a_condition_that_numbers_its_values_on() {
        let mut values = vec![Value::from(7)];
        let units = vec![UnitPath::root().child("a"), UnitPath::root().child("b")];
        let condition = Reach::Within(units).condition("u.path", &mut values);
        assert_eq!(condition, "(substr(u.path, 1, length($2)) = $2 OR substr(u.path, 1, length($3)) = $3)");
        assert_eq!(values.len(), 3);
        assert_eq!(Reach::Within(Vec::new()).condition("u.path", &mut values), "1 = 0");
        assert_eq!(Reach::Everything.condition("u.path", &mut values), "1 = 1");
    }

    #[test]
    fn what_may_not_be_seen_is_not_found() {
        use crate::domain::{Grant, Role};
        use axum::response::IntoResponse;
        let unit = UnitPath::root().child("a");
        let grants = [Grant { role: Role::Researcher, unit: unit.clone() }].into();
        let caller = Caller { account: "x".into(), name: "X".into(), grants, only: None };
        let status = |permission, unit: &UnitPath| {
            caller.check(permission, unit, "there is none").map_err(|problem| problem.into_response().status().as_u16())
        };
        assert_eq!(status(Permission::View, &unit), Ok(()));
        assert_eq!(status(Permission::EditCatalog, &unit), Err(403));
        assert_eq!(status(Permission::EditCatalog, &UnitPath::root().child("b")), Err(404));
    }
}
