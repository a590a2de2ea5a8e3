//! Who may connect over MQTT: sensors by the catalogue, services by the configuration or with the token of an account.

use crate::account::Door;
use crate::catalog::{Credentials, SensorBinding, SessionPort};
use crate::domain::{InstrumentId, Permission, Places};
use crate::ingest::{Binding, Closer, DialectKind, Directory, Identity, Refused, Rights, Sight};
use crate::platform::access::{Admission, Doorkeeper};
use crate::platform::secret::SharedSecret;
use std::fmt;
use std::sync::Arc;
use tokio_util::sync::CancellationToken;

/// The user name of services: programs that listen to states and send commands, and are no sensors.
const SERVICE: &str = "service";

/// The user name of programs that show the token of an account: they hear, and command, what the account may.
const TOKEN: &str = "token";

/// Knows sensors, services and the tokens of accounts.
pub(super) struct Doorman {
    sensors: Credentials,
    services: SharedSecret,
    accounts: Door,
    places: Arc<dyn Places>,
}

/// Whoever shows a token, and where instruments stand.
struct Admitted {
    admission: Admission,
    places: Arc<dyn Places>,
}

impl fmt::Debug for Admitted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.admission.fmt(f)
    }
}

impl Sight for Admitted {
    fn account(&self) -> &str {
        &self.admission.caller.account
    }

    fn hears_alerts(&self, instrument: &InstrumentId) -> bool {
        self.may(Permission::ViewAlerts, instrument)
    }

    fn hears(&self, instrument: &InstrumentId) -> bool {
        self.may(Permission::View, instrument)
    }

    fn commands(&self, instrument: &InstrumentId) -> bool {
        self.may(Permission::ManageSensors, instrument)
    }

    fn ended(&self) -> &CancellationToken {
        &self.admission.ended
    }
}

impl Admitted {
    fn may(&self, permission: Permission, instrument: &InstrumentId) -> bool {
        let place = self.places.place(instrument);
        place.is_some_and(|place| self.admission.caller.may_at(permission, &place.unit))
    }
}

impl Doorman {
    pub(super) fn new(sensors: Credentials, services: SharedSecret, accounts: Door, places: Arc<dyn Places>) -> Self {
        Self { sensors, services, accounts, places }
    }

    fn account(&self, client_id: &str, token: &[u8]) -> Result<Identity, Refused> {
        let token = str::from_utf8(token).map_err(|_| Refused::BadCredentials)?;
        let admission = self.accounts.admit(token).map_err(|_| Refused::BadCredentials)?;
        if !admission.caller.may(Permission::View) {
            return Err(Refused::BadCredentials);
        }
        // A name within the account, so that nobody takes the session of another over.
        let account = &admission.caller.account;
        let client_id = if client_id.is_empty() { "".into() } else { format!("{account}:{client_id}").into() };
        let sight = Admitted { admission, places: self.places.clone() };
        Ok(Identity { client_id, rights: everything(Some(Arc::new(sight))) })
    }

    fn service(&self, client_id: &str, token: &[u8]) -> Result<Identity, Refused> {
        if !self.services.matches(token) {
            return Err(Refused::BadCredentials);
        }
        // A name of its own, so that a service cannot take a sensor's session over. One without gets one.
        let client_id = if client_id.is_empty() { "".into() } else { format!("{SERVICE}:{client_id}").into() };
        Ok(Identity { client_id, rights: everything(None) })
    }
}

/// Hears of, and commands, the instruments that it sees.
fn everything(sight: Option<Arc<dyn Sight>>) -> Rights {
    Rights::Service {
        subscribe: Arc::from([Arc::from("dayi/v1/#")]),
        publish: Arc::from([Arc::from("dayi/v1/+/command/#")]),
        sight,
    }
}

impl Directory for Doorman {
    fn authenticate(
        &self,
        client_id: &str,
        username: Option<&str>,
        password: Option<&[u8]>,
    ) -> Result<Identity, Refused> {
        if username == Some(SERVICE) {
            return self.service(client_id, password.unwrap_or_default());
        }
        if username == Some(TOKEN) {
            return self.account(client_id, password.unwrap_or_default());
        }
        // Devices that know only one secret send it as the user name.
        let token = password.or(username.map(str::as_bytes)).unwrap_or_default();
        if !self.sensors.knows(client_id) {
            return match password {
                None => self.nameless(token),
                Some(_) => Err(Refused::UnknownClient),
            };
        }
        self.sensor(client_id, token)
    }
}

impl Doorman {
    fn sensor(&self, client_id: &str, token: &[u8]) -> Result<Identity, Refused> {
        let bindings = self.sensors.check(client_id, token).ok_or(Refused::BadCredentials)?;
        let bindings = bindings.into_iter().filter_map(|(instrument, binding)| bound(instrument, binding)).collect();
        Ok(Identity { client_id: client_id.into(), rights: Rights::Sensor { bindings } })
    }

    /// Devices of ThingsBoard's API have any client id, and their token says who they are.
    fn nameless(&self, token: &[u8]) -> Result<Identity, Refused> {
        let client_id = self.sensors.client_of(token).ok_or(Refused::UnknownClient)?;
        let identity = self.sensor(&client_id, token)?;
        match &identity.rights {
            Rights::Sensor { bindings } if bindings.iter().any(|one| one.dialect == DialectKind::Thingsboard) => {
                Ok(identity)
            }
            _ => Err(Refused::UnknownClient),
        }
    }
}

impl SessionPort for Closer {
    fn close(&self, client_id: &str) {
        Closer::close(self, client_id);
    }
}

fn bound(instrument: InstrumentId, binding: SensorBinding) -> Option<Binding> {
    let Some(dialect) = DialectKind::named(&binding.dialect) else {
        let dialect = &*binding.dialect;
        tracing::warn!(%instrument, dialect, "a binding names a dialect that this version does not know");
        return None;
    };
    Some(Binding {
        instrument,
        dialect,
        prefix: binding.prefix.into(),
        channel: binding.channel.into(),
        volts: binding.volts,
        power_factor: binding.power_factor,
    })
}
