//! Who may connect over MQTT: sensors by the catalogue, services by the configuration.

use crate::catalog::{Credentials, SensorBinding, SessionPort};
use crate::domain::InstrumentId;
use crate::ingest::{Binding, Closer, DialectKind, Directory, Identity, Refused, Rights};
use crate::platform::secret::SharedSecret;
use std::sync::Arc;

/// The user name of services: programs that listen to states and send commands, and are no sensors.
const SERVICE: &str = "service";

/// Knows sensors and services.
pub(super) struct Doorman {
    sensors: Credentials,
    services: SharedSecret,
}

impl Doorman {
    pub(super) fn new(sensors: Credentials, services: SharedSecret) -> Self {
        Self { sensors, services }
    }

    fn service(&self, client_id: &str, token: &[u8]) -> Result<Identity, Refused> {
        if !self.services.matches(token) {
            return Err(Refused::BadCredentials);
        }
        // A name of its own, so that a service cannot take a sensor's session over. One without gets one.
        let client_id = if client_id.is_empty() { "".into() } else { format!("{SERVICE}:{client_id}").into() };
        let rights = Rights::Service {
            subscribe: Arc::from([Arc::from("dayi/v1/#")]),
            publish: Arc::from([Arc::from("dayi/v1/+/command/#")]),
        };
        Ok(Identity { client_id, rights })
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
