//! Who signs in, and what they may.
//!
//! - An *account* is a person or a program. It has *grants*: a role in a part of the tree ([`crate::domain::Role`]).
//! - It is let in with a *session* (a browser, by a cookie) or a *token* (a program, a wall screen), and for its first
//!   session with a password, a link that opens once, or an OpenID Connect provider.
//! - Everything that is shown at a request is looked up in memory (`door`) and written through to the database first.
//!   Passwords are asked for in the database alone, and hashed with Argon2id on threads of their own.

mod api;
mod door;
mod entity;
mod model;
mod oidc;
mod oidc_api;
mod password;
mod policy;
mod session_api;
mod sessions_api;
mod store;
mod throttle;
mod tokens_api;

pub use api::{ApiState, router};
pub use door::{Door, Tree};
pub use model::{Account, AccountGrant, NewAccount};
pub use oidc::{Oidc, OidcError};
pub use policy::SESSION_MS;
pub use session_api::SignedIn;
pub use store::{AccountError, Store};
