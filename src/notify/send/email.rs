//! Mail, through the operator's server.

use super::outcome::Outcome;
use super::{Parcel, SendError};
use crate::notify::policy::Verdict;
use crate::notify::text::{html, plain};
use crate::platform::config::{SmtpConfig, SmtpTls};
use lettre::message::header::{HeaderName, HeaderValue};
use lettre::message::{Mailbox, MultiPart};
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::{AsyncSmtpTransport, AsyncTransport, Tokio1Executor};
use std::net::IpAddr;
use std::time::Duration;

/// Sends mail.
pub(in crate::notify) struct Mail {
    server: AsyncSmtpTransport<Tokio1Executor>,
    from: Mailbox,
}

impl Mail {
    pub(super) fn new(config: &SmtpConfig, timeout: Duration) -> Result<Self, SendError> {
        let from: Mailbox = config.from.parse().map_err(|_| SendError::From(config.from.clone()))?;
        let loopback = config.host == "localhost" || config.host.parse().is_ok_and(|ip: IpAddr| ip.is_loopback());
        if config.tls == SmtpTls::None && !loopback {
            return Err(SendError::PlainMail(config.host.clone()));
        }
        let parameters = || TlsParameters::new(config.host.clone());
        let (tls, port) = match config.tls {
            SmtpTls::Tls => (Tls::Wrapper(parameters()?), 465),
            SmtpTls::Starttls => (Tls::Required(parameters()?), 587),
            SmtpTls::None => (Tls::None, 25),
        };
        let mut server = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&config.host)
            .port(config.port.unwrap_or(port))
            .tls(tls)
            .timeout(Some(timeout));
        if let (Some(user), Some(password)) = (&config.username, &config.password) {
            server = server.credentials(Credentials::new(user.clone(), password.clone()));
        }
        Ok(Self { server: server.build(), from })
    }

    pub(super) async fn send(&self, to: &[String], parcel: &Parcel<'_>) -> Outcome {
        let message = match self.letter(to, parcel) {
            Ok(message) => message,
            Err(why) => return Outcome::new(Verdict::Refused, None, &why),
        };
        match self.server.send(message).await {
            Ok(response) => {
                let said: Vec<_> = response.message().collect();
                Outcome::new(Verdict::Delivered, Some(response.code().into()), &said.join(" "))
            }
            Err(error) => failed(&error),
        }
    }

    fn letter(&self, to: &[String], parcel: &Parcel<'_>) -> Result<lettre::Message, String> {
        let mut letter = lettre::Message::builder()
            .from(self.from.clone())
            .subject(&parcel.message.title)
            // The same at every attempt: whoever gets it twice can tell.
            .message_id(Some(format!("<{}@{}>", parcel.id, self.from.email.domain())))
            .date_now()
            // So that nobody's absence note answers.
            .raw_header(HeaderValue::new(HeaderName::new_from_ascii_str("Auto-Submitted"), "auto-generated".into()));
        for one in to {
            letter = letter.to(one.parse().map_err(|_| format!("{one:?} is no mail address"))?);
        }
        let body = MultiPart::alternative_plain_html(plain(parcel.message), html(parcel.message));
        letter.multipart(body).map_err(|error| error.to_string())
    }
}

/// Whether a text is a mail address.
pub(in crate::notify) fn is_address(text: &str) -> bool {
    text.len() <= 254 && text.parse::<lettre::Address>().is_ok()
}

fn failed(error: &lettre::transport::smtp::Error) -> Outcome {
    let status: Option<u16> = error.status().map(Into::into);
    let verdict = match status {
        // Signing in is between the operator and the server: the message is not at fault.
        Some(530 | 534 | 535 | 538) => Verdict::Later(None),
        Some(500..=599) => Verdict::Refused,
        _ => Verdict::Later(None),
    };
    Outcome::new(verdict, status, &error.to_string())
}
