//! What a v5 PUBLISH may hold besides its topic: an alias that stands for it, and no property a client may not send.

use super::codec::Published;
use super::encode::code;
use super::session::{End, Session};
use crate::ingest::refusal::Reason;
use bytes::Bytes;
use std::collections::HashMap;

/// The topic aliases of one connection (MQTT 5, 3.3.2.3.4).
#[derive(Default)]
pub(super) struct Aliases(HashMap<u16, Bytes>);

impl Session {
    /// Puts the topic in that an alias stands for, and learns new aliases.
    pub(super) fn name_topic(&mut self, published: &mut Published) -> Result<(), End> {
        let Some(properties) = &published.properties else { return Ok(()) };
        if !properties.subscription_identifiers.is_empty() {
            return Err(End::breach(code::PROTOCOL_ERROR, "a subscription id in a PUBLISH of a client"));
        }
        if properties.response_topic.as_ref().is_some_and(|topic| topic.contains(['+', '#', '\0'])) {
            return Err(End::breach(code::PROTOCOL_ERROR, "a response topic that is none"));
        }
        let Some(alias) = properties.topic_alias else { return Ok(()) };
        if alias == 0 || alias > self.gate.config().topic_aliases {
            let refusal = self.gate.refusal(Reason::InvalidTopic, format!("the topic alias {alias}"));
            self.gate.refusals.record(&self.client, refusal.about(&published.topic));
            return Err(End::Refused(code::TOPIC_ALIAS_INVALID));
        }
        let Aliases(aliases) = &mut self.aliases;
        if published.topic.is_empty() {
            let known = aliases.get(&alias).cloned();
            published.topic =
                known.ok_or(End::breach(code::PROTOCOL_ERROR, "a topic alias that stands for nothing"))?;
        } else {
            // Bytes of its own: the packet's are a view of a whole read, which need not be kept.
            aliases.insert(alias, Bytes::copy_from_slice(&published.topic));
        }
        Ok(())
    }
}
