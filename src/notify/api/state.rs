use super::{channels, deliveries, notifications, subscriptions};
use crate::domain::{Caller, Clock, Permission, Places};
use crate::history::Changes;
use crate::notify::book::Book;
use crate::notify::inbox::Inbox;
use crate::notify::outbox::Outbox;
use crate::notify::pace::Pace;
use crate::notify::port::AlertLog;
use crate::notify::post::Post;
use crate::notify::touched::Touched;
use crate::platform::problem::Problem;
use sea_orm::DbErr;
use std::sync::{Arc, Mutex};
use tokio_util::sync::CancellationToken;
use utoipa_axum::router::OpenApiRouter;
use utoipa_axum::routes;

/// What the routes work on.
#[derive(Clone)]
pub struct ApiState {
    pub(in crate::notify) book: Book,
    pub(in crate::notify) outbox: Outbox,
    pub(in crate::notify) inbox: Inbox,
    pub(in crate::notify) post: Arc<Post>,
    pub(in crate::notify) alerts: Arc<dyn AlertLog>,
    pub(in crate::notify) changes: Changes,
    pub(in crate::notify) places: Arc<dyn Places>,
    pub(in crate::notify) clock: Arc<dyn Clock>,
    pub(in crate::notify) touched: Touched,
    /// Ends those who wait for something to tell.
    pub(in crate::notify) stop: CancellationToken,
    /// How often channels were tested.
    pub(in crate::notify) tests: Arc<Mutex<Pace>>,
}

/// The routes.
pub fn router(state: ApiState) -> OpenApiRouter {
    OpenApiRouter::new()
        .routes(routes!(channels::list, channels::add))
        .routes(routes!(channels::change, channels::remove))
        .routes(routes!(channels::rotate))
        .routes(routes!(channels::test))
        .routes(routes!(subscriptions::list, subscriptions::add))
        .routes(routes!(subscriptions::one, subscriptions::change, subscriptions::remove))
        .routes(routes!(subscriptions::replay))
        .routes(routes!(deliveries::list))
        .routes(routes!(deliveries::attempts))
        .routes(routes!(deliveries::replay))
        .routes(routes!(notifications::list))
        .with_state(state)
}

/// Lets pass who may subscribe anywhere.
pub(super) fn may_subscribe(caller: &Caller) -> Result<(), Problem> {
    match caller.may(Permission::Subscribe) {
        true => Ok(()),
        false => Err(Problem::forbidden("your role does not allow subscriptions")),
    }
}

pub(super) fn unavailable(error: DbErr) -> Problem {
    Problem::unavailable(&error)
}

/// A name that somebody gives.
pub(super) fn named(name: &str) -> Result<String, Problem> {
    let name = name.trim();
    match name.chars().count() {
        1..=100 => Ok(name.to_owned()),
        _ => Err(Problem::unprocessable("name is 1 to 100 characters")),
    }
}
