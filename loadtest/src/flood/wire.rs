//! A socket that has said CONNECT and been let in.

use crate::mqtt::{ClientOptions, Login, MqttError, Refusal};
use crate::target::Credentials;
use bytes::BytesMut;
use rumqttc::mqttbytes::v4::ConnectReturnCode;
use std::net::SocketAddr;
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

/// CONNACK: its type, its length, the flags and the code.
const CONNACK: u8 = 0x20;

/// Connects, and returns when the server lets us in.
pub(super) async fn connect(server: SocketAddr, who: &Credentials, clean: bool) -> Result<TcpStream, MqttError> {
    let mut stream = TcpStream::connect(server).await.map_err(MqttError::Connect)?;
    stream.set_nodelay(true).map_err(MqttError::Connect)?;
    let login = Login { username: who.client_id.clone(), password: who.token.clone() };
    let options = ClientOptions {
        login: Some(login),
        clean_session: clean,
        keep_alive: Duration::ZERO,
        ..ClientOptions::new(&who.client_id)
    };
    let mut connect = BytesMut::new();
    options.packet().write(&mut connect).map_err(|error| MqttError::Protocol(error.to_string()))?;
    stream.write_all(&connect).await.map_err(MqttError::Broken)?;
    let mut answer = [0; 4];
    stream.read_exact(&mut answer).await.map_err(MqttError::Broken)?;
    match answer {
        [CONNACK, 2, _, 0] => Ok(stream),
        [CONNACK, 2, _, code] => {
            let refusal = rumqttc::mqttbytes::v4::Packet::read(&mut BytesMut::from(&answer[..]), 16).ok();
            let code = match refusal {
                Some(rumqttc::mqttbytes::v4::Packet::ConnAck(ack)) => ack.code,
                _ if code == 0 => ConnectReturnCode::Success,
                _ => ConnectReturnCode::ServiceUnavailable,
            };
            Err(Refusal::from_code(code)
                .map_or_else(|| MqttError::Protocol("an odd CONNACK".into()), MqttError::Refused))
        }
        _ => Err(MqttError::Protocol("something else than CONNACK".into())),
    }
}
