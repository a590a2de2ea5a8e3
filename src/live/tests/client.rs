use super::super::frame::{Format, Resume};
use super::super::hub::HubHandle;
use super::super::model::Row;
use super::super::policy::View;
use super::super::reader::Reader;
use super::super::subscription::Subscription;
use crate::domain::InstrumentState;
use axum::extract::ws::Message;
use futures::FutureExt;
use serde_json::Value;
use std::collections::BTreeMap;

/// What a client holds of an instrument.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Held {
    name: String,
    state: u8,
    since: i64,
    seq: u64,
}

impl From<&Row> for Held {
    fn from(row: &Row) -> Self {
        let Row { card, state } = row;
        Self { name: card.name.clone(), state: state.state.code(), since: state.since_ms, seq: state.seq }
    }
}

/// A client that refuses whatever is out of order.
pub(crate) struct Client {
    hub: HubHandle,
    view: View,
    format: Format,
    subscription: Option<Subscription>,
    reader: Reader,
    epoch: String,
    offset: u64,
    /// A snapshot's pages that came so far.
    begun: Option<BTreeMap<String, Held>>,
    pub(crate) held: BTreeMap<String, Held>,
    pub(crate) snapshots: usize,
    pub(crate) changes: u64,
    pub(crate) coalesced: u64,
}

impl Client {
    pub(crate) fn new(hub: &HubHandle, view: View, format: Format) -> Self {
        Self {
            subscription: Some(Subscription::new(view.clone(), format, None, hub)),
            hub: hub.clone(),
            view,
            format,
            reader: Reader::default(),
            epoch: String::new(),
            offset: 0,
            begun: None,
            held: BTreeMap::new(),
            snapshots: 0,
            changes: 0,
            coalesced: 0,
        }
    }

    pub(crate) fn leave(&mut self) {
        self.subscription = None;
    }

    /// Comes back with what it has; whether it could go on.
    pub(crate) async fn come_back(&mut self) -> bool {
        let resume = Resume { epoch: self.epoch.clone(), offset: self.offset };
        let mut subscription = Subscription::new(self.view.clone(), self.format, Some(resume), &self.hub);
        let recovered = subscription.recovers(&self.hub).await.unwrap();
        self.subscription = Some(subscription);
        self.begun = None;
        recovered
    }

    /// Takes one answer of its subscription: some frames.
    pub(crate) async fn take(&mut self) {
        let Some(subscription) = &mut self.subscription else { return };
        for frame in subscription.next(&self.hub).await.unwrap() {
            self.apply(frame);
        }
    }

    /// Takes all there is, and what a heartbeat would say.
    pub(crate) async fn catch_up(&mut self) {
        // Long enough for the hub to have told everything, with the clock paused.
        while tokio::time::timeout(std::time::Duration::from_secs(1), self.take()).await.is_ok()
            && self.subscription.is_some()
        {}
        let Some(subscription) = &mut self.subscription else { return };
        let (after, offset) = subscription.heartbeat(&self.hub).unwrap();
        assert_eq!(after, self.offset, "a heartbeat of a client that has all");
        self.offset = offset;
        assert!(subscription.next(&self.hub).now_or_never().is_none());
    }

    fn apply(&mut self, frame: Message) {
        let frame: Value = match frame {
            Message::Text(text) => serde_json::from_str(&text).unwrap(),
            Message::Binary(bytes) => self.reader.read(&bytes).unwrap(),
            other => panic!("{other:?}"),
        };
        let number = |name: &str| frame[name].as_u64().unwrap();
        let items = |name: &str| frame[name].as_array().unwrap().clone();
        if frame["type"] == "snapshot" {
            if number("page") == 0 {
                self.begun = Some(BTreeMap::new());
            }
            let begun = self.begun.as_mut().expect("pages in order");
            begun.extend(items("instruments").iter().map(row));
            if number("page") + 1 == number("pages") {
                self.held = self.begun.take().unwrap();
                self.epoch = frame["epoch"].as_str().unwrap().into();
                self.offset = number("offset");
                self.snapshots += 1;
            }
            return;
        }
        assert_eq!(frame["type"], "delta");
        assert!(self.begun.is_none(), "no delta between the pages of a snapshot");
        assert!(number("after") <= self.offset && number("offset") > self.offset, "{frame} after {}", self.offset);
        self.offset = number("offset");
        self.coalesced += frame["coalesced"].as_u64().unwrap_or(0);
        for change in items("changes") {
            self.changes += 1;
            self.change(&change);
        }
    }

    fn change(&mut self, change: &Value) {
        let id = || change["id"].as_str().unwrap().to_owned();
        match change["kind"].as_str().unwrap() {
            "state" => {
                let held = self.held.get_mut(&id()).expect("a state of what is in the set");
                let code = |name: &str| {
                    let state: InstrumentState = serde_json::from_value(change[name].clone()).unwrap();
                    state.code()
                };
                let seq = change["seq"].as_u64().unwrap();
                assert!(seq > held.seq, "an instrument's changes come in order");
                assert_eq!(code("from"), held.state);
                (held.state, held.since, held.seq) = (code("state"), change["at"].as_i64().unwrap(), seq);
            }
            "row" => drop(self.held.extend([row(&change["instrument"])])),
            "left" => assert!(self.held.remove(&id()).is_some(), "only what is in the set leaves it"),
            "alert" => assert!(change["step"].is_string() && change["about"] == "standby-idle"),
            other => panic!("{other}"),
        }
    }
}

fn row(row: &Value) -> (String, Held) {
    let name = row[1].as_str().unwrap().into();
    let (state, since, seq) = (row[4].as_u64().unwrap() as u8, row[5].as_i64().unwrap(), row[6].as_u64().unwrap());
    (row[0].as_str().unwrap().into(), Held { name, state, since, seq })
}
