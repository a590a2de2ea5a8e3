//! Who may connect over MQTT: sensors by the catalogue, services by the configuration.

use crate::catalog::{Credentials, SensorBinding};
use crate::domain::InstrumentId;
use crate::ingest::{Binding, DialectKind, Directory, Identity, Refused, Rights};
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
        if !self.sensors.knows(client_id) {
            return Err(Refused::UnknownClient);
        }
        // Devices that know only one secret send it as the user name.
        let token = password.or(username.map(str::as_bytes)).unwrap_or_default();
        let bindings = self.sensors.check(client_id, token).ok_or(Refused::BadCredentials)?;
        let bindings = bindings.into_iter().filter_map(|(instrument, binding)| bound(instrument, binding)).collect();
        Ok(Identity { client_id: client_id.into(), rights: Rights::Sensor { bindings } })
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
        channel: binding.channel.to_string().into(),
        volts: binding.volts,
        power_factor: binding.power_factor,
    })
}
