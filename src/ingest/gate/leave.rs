//! The end of a connection: its session ends with it, or waits for the client to come back.

use super::encode::code;
use super::kept::{Kept, Waiting};
use super::session::{End, Session};
use super::will::Will;
use std::time::Duration;
use tokio::time::Instant;

impl Session {
    /// The client takes its leave, and may say anew how long its session is kept; but not make one out of a session that
    /// was to end with its connection (MQTT 5, 3.14.2.2.2).
    pub(super) fn disconnected(&mut self, with_will: bool, expiry_s: Option<u32>) -> End {
        if let Some(seconds) = expiry_s {
            if self.expiry_s == 0 && seconds > 0 {
                return End::breach(code::PROTOCOL_ERROR, "a session expiry that comes too late");
            }
            self.expiry_s = seconds.min(self.gate.config().max_session_expiry_s);
        }
        End::Disconnected { with_will }
    }

    /// Ends the session, or keeps it for the time it is to be kept. The will is spoken when the session ends, or before
    /// when its delay is shorter (MQTT 5, 3.1.2.5).
    pub(super) fn leave(self, will: Option<Will>) {
        let Self { gate, number, client, mut authority, inbox, outbox, mut subscriptions, expiry_s, .. } = self;
        if expiry_s == 0 {
            drop(subscriptions);
            if let Some(will) = will {
                will.speak(&gate, &mut authority);
            }
            return;
        }
        if let Some(subscriptions) = &mut subscriptions {
            subscriptions.suspend();
        }
        let kept = Kept { number, subscriptions, pending: outbox.into_pending(), unreleased: inbox.into_unreleased() };
        let now = Instant::now();
        let waiting = match will {
            Some(will) if will.delay.is_zero() => {
                will.speak(&gate, &mut authority);
                None
            }
            will => will.map(|will| (now + will.delay, Waiting { will, authority })),
        };
        let evicted = gate.kept.put(&client, kept, now + Duration::from_secs(expiry_s.into()), waiting);
        if let Some(mut evicted) = evicted {
            evicted.will.speak(&gate, &mut evicted.authority);
        }
    }
}
