//! The push alone, on a port of its own.

use crate::harness::Live as Page;
use axum::http::HeaderMap;
use dayi::bus::Bus;
use dayi::domain::{
    Caller, Cause, CurrentState, Event, Grant, InstrumentId, InstrumentState, ManualClock, Role, Transition, UnitPath,
};
use dayi::live::{Card, Fleet, Hub, InstitutionView, Live, Row, router};
use dayi::platform::access::{Admission, Doorkeeper, NotAdmitted, SESSION_COOKIE};
use dayi::platform::config::LiveConfig;
use futures::future::BoxFuture;
use serde_json::json;
use std::collections::{BTreeMap, HashMap};
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};
use tokio::sync::mpsc;
use tokio_util::sync::CancellationToken;

pub(super) fn path(ids: &str) -> UnitPath {
    ids.split('/').fold(UnitPath::root(), |path, id| path.child(id))
}

/// Tokens, each with whom it lets in.
#[derive(Default)]
pub(super) struct Keys(Mutex<HashMap<String, Admission>>);

impl Keys {
    /// From now on the token lets in somebody of this role there.
    pub(super) fn give(&self, token: &str, role: Role, unit: UnitPath) {
        let grants = [Grant { role, unit }].into();
        let caller = Caller { account: token.into(), name: token.into(), grants, only: None };
        let admission = Admission { caller, ended: CancellationToken::new() };
        self.0.lock().unwrap().insert(token.to_owned(), admission);
    }

    fn take_from(&self, other: &Self) {
        self.0.lock().unwrap().extend(other.0.lock().unwrap().drain());
    }

    pub(super) fn revoke(&self, token: &str) {
        self.0.lock().unwrap().remove(token).unwrap().ended.cancel();
    }
}

impl Doorkeeper for Keys {
    fn admit(&self, token: &str) -> Result<Admission, NotAdmitted> {
        self.0.lock().unwrap().get(token).cloned().ok_or(NotAdmitted::Unknown)
    }

    fn admit_request(&self, headers: &HeaderMap) -> Result<Admission, NotAdmitted> {
        assert!(headers.keys().all(|name| name == "cookie"), "nothing but cookies counts: {headers:?}");
        let cookie = headers.get("cookie").and_then(|cookie| cookie.to_str().ok()).ok_or(NotAdmitted::Nobody)?;
        let token = cookie.strip_prefix(&format!("{SESSION_COOKIE}=")).ok_or(NotAdmitted::Nobody)?;
        self.admit(token)
    }
}

/// Instruments that stand where a test puts them.
#[derive(Default)]
pub(super) struct Instruments(Mutex<BTreeMap<InstrumentId, Row>>);

impl Instruments {
    pub(super) fn put(&self, id: &str, unit: &str) -> Event {
        let institution = InstitutionView {
            id: unit.replace('/', "-"),
            name: unit.into(),
            name_en: unit.into(),
            city: "杭州市".into(),
            city_en: "Hangzhou".into(),
        };
        let card = Card {
            id: id.parse().unwrap(),
            name: "电镜".into(),
            name_en: "SEM".into(),
            institution,
            unit: path(unit),
            class: "030101".into(),
            words: format!("{id}\n电镜\nsem"),
        };
        let id = card.id.clone();
        let mut rows = self.0.lock().unwrap();
        let known = rows.get(&id).map(|row| row.state.clone());
        let added = known.is_none();
        let state = known.unwrap_or_else(CurrentState::unknown);
        rows.insert(id.clone(), Row { card: Arc::new(card), state });
        if added { Event::InstrumentAdded(id) } else { Event::InstrumentChanged(id) }
    }

    pub(super) fn remove(&self, id: &str) -> Event {
        let id = id.parse().unwrap();
        self.0.lock().unwrap().remove(&id);
        Event::InstrumentChanged(id)
    }

    /// The instrument's next state, as a model of this name decided.
    pub(super) fn change(&self, id: &str, to: InstrumentState, model: &str) -> Event {
        let mut rows = self.0.lock().unwrap();
        let row = rows.get_mut(&id.parse().unwrap()).unwrap();
        let transition = Transition {
            instrument: row.card.id.clone(),
            seq: row.state.seq + 1,
            from: row.state.state,
            to,
            at_ms: row.state.since_ms + 1,
            decided_ms: row.state.since_ms + 1,
            confidence: 0.5,
            cause: Cause::Model,
            model: model.into(),
            position: 0,
        };
        row.state = CurrentState::from(&transition);
        Event::StateChanged(Arc::new(transition))
    }
}

impl Fleet for Instruments {
    fn rows(&self) -> Vec<Row> {
        self.0.lock().unwrap().values().cloned().collect()
    }

    fn row(&self, instrument: &InstrumentId) -> Option<Row> {
        self.0.lock().unwrap().get(instrument).cloned()
    }

    fn unit(&self, id: &str) -> Option<UnitPath> {
        let rows = self.rows();
        rows.iter().flat_map(|row| row.card.unit.upwards()).find(|unit| unit.id() == id)
    }

    fn last_current(&self, _: &InstrumentId) -> Option<f32> {
        Some(1.25)
    }

    fn watch<'a>(&'a self, instrument: &'a InstrumentId, watcher: mpsc::Sender<(i64, f32)>) -> BoxFuture<'a, bool> {
        Box::pin(async move {
            let known = self.row(instrument).is_some();
            if known {
                // One reading, and the line is kept open.
                watcher.send((1_700_000_000_000, 1.5)).await.unwrap();
                tokio::spawn(async move { watcher.closed().await });
            }
            known
        })
    }
}

/// A push on its own port.
pub(super) struct Stage {
    pub(super) http: SocketAddr,
    pub(super) fleet: Arc<Instruments>,
    pub(super) keys: Arc<Keys>,
    bus: Bus,
    stop: CancellationToken,
}

impl Stage {
    pub(super) async fn start() -> Self {
        Self::start_with(Arc::default(), LiveConfig::default()).await
    }

    pub(super) async fn start_with(fleet: Arc<Instruments>, config: LiveConfig) -> Self {
        let (bus, stop, keys) = (Bus::default(), CancellationToken::new(), Arc::new(Keys::default()));
        keys.give("admin", Role::Administrator, UnitPath::root());
        let events = bus.never_drop("live", 1_000);
        let (hub, handle) = Hub::new(fleet.clone(), stop.clone());
        tokio::spawn(hub.run(events));
        let live = Live::new(handle, keys.clone(), Arc::new(ManualClock::default()), config);
        let (router, _) = router(live).split_for_parts();
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let http = listener.local_addr().unwrap();
        tokio::spawn(
            axum::serve(listener, router).with_graceful_shutdown(stop.clone().cancelled_owned()).into_future(),
        );
        Self { http, fleet, keys, bus, stop }
    }

    /// Stops it; another on the same fleet is another run.
    pub(super) async fn restart(self) -> Self {
        self.stop.cancel();
        Self::start_with(self.fleet.clone(), LiveConfig::default()).await
    }

    /// The same for the same callers.
    pub(super) async fn restart_with_keys(self) -> Self {
        let keys = self.keys.clone();
        let stage = self.restart().await;
        stage.keys.take_from(&keys);
        stage
    }

    pub(super) async fn tell(&self, event: Event) {
        self.bus.publish(event).await;
    }

    /// The instrument's next state is told.
    pub(super) async fn change(&self, id: &str, to: InstrumentState) {
        self.tell(self.fleet.change(id, to, "m")).await;
    }

    /// A page of whoever has the token, which has said hello.
    pub(super) async fn page(&self, token: &str) -> Page {
        let mut page = Page::connect(self.http).await;
        page.send(json!({"type": "auth", "token": token})).await;
        assert_eq!(page.frame().await.unwrap()["type"], "hello");
        page
    }
}
