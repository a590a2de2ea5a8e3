//! Who may come in, while there are no accounts: everybody, as the configured administrator.

use crate::domain::Caller;
use crate::platform::access::{Admission, Doorkeeper, NotAdmitted};
use axum::http::HeaderMap;
use tokio_util::sync::CancellationToken;

/// Lets everybody in.
pub(super) struct OpenDoor;

impl Doorkeeper for OpenDoor {
    fn admit(&self, _: &str) -> Result<Admission, NotAdmitted> {
        Ok(Admission { caller: Caller::configured(), ended: CancellationToken::new() })
    }

    fn admit_request(&self, _: &HeaderMap) -> Result<Admission, NotAdmitted> {
        self.admit("")
    }
}
