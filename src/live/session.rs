use super::api::Live;
use super::frame::{ClientFrame, PROTOCOL, ServerFrame, Subscribe, text};
use super::limits::Ticket;
use super::line::{End, Line};
use super::policy::{NoView, View};
use super::subscription::Subscription;
use super::watched::Watched;
use crate::domain::{InstrumentId, Permission};
use crate::platform::access::{Admission, NotAdmitted};
use axum::extract::ws::{Message, WebSocket};
use axum::http::HeaderMap;
use std::convert::Infallible;
use std::time::Duration;

/// The first frame comes within this time.
const AUTH_WITHIN: Duration = Duration::from_secs(5);
/// A frame follows at least this often.
const HEARTBEAT: Duration = Duration::from_secs(5);

/// What a request brought that its page may not have asked for: the cookie, and nothing if the page is another host's.
pub(super) type Cookies = Option<HeaderMap>;

/// Serves one client until it or the server goes.
pub(super) async fn serve(socket: WebSocket, live: Live, cookies: Cookies) {
    let mut line = Line::new(socket, live.hub.stop.clone());
    let end = match admit(&mut line, &live, cookies).await {
        Ok((admission, ticket)) => {
            metrics::gauge!("dayi_live_sessions").increment(1.0);
            line.ends_with(admission.ended.clone());
            let end =
                Session { line: &mut line, live, admission, ticket, subscription: None, watched: Watched::default() };
            let end = end.run().await;
            metrics::gauge!("dayi_live_sessions").decrement(1.0);
            end
        }
        Err(end) => end,
    };
    line.close(end).await;
}

/// Lets in who shows who it is in the first frame.
async fn admit(line: &mut Line, live: &Live, cookies: Cookies) -> Result<(Admission, Ticket), End> {
    let first = tokio::time::timeout(AUTH_WITHIN, line.frame()).await;
    let first = first.map_err(|_| End::Refused("the first frame, auth, did not come within 5 s".into()))??;
    let token = match serde_json::from_str(&first) {
        Ok(ClientFrame::Auth { token }) => token,
        _ => return Err(End::Refused(r#"the first frame has to be {"type":"auth","token":"…"}"#.into())),
    };
    let admission = match (token, cookies) {
        (Some(token), _) => live.door.admit(&token),
        (None, Some(cookies)) => live.door.admit_request(&cookies),
        (None, None) => Err(NotAdmitted::Nobody),
    };
    let admission = admission.map_err(|not| End::Refused(not.to_string()))?;
    let most = live.limits.config.sessions_per_user;
    let ticket = live.limits.enter(&admission.caller.account);
    let ticket =
        ticket.ok_or_else(|| End::TooMany(format!("this account has {most} live connections open already")))?;
    Ok((admission, ticket))
}

/// A client that was let in.
struct Session<'a> {
    line: &'a mut Line,
    live: Live,
    admission: Admission,
    ticket: Ticket,
    subscription: Option<Subscription>,
    watched: Watched,
}

impl Session<'_> {
    async fn run(mut self) -> End {
        match self.serve().await {
            Err(end) => end,
            Ok(never) => match never {},
        }
    }

    async fn serve(&mut self) -> Result<Infallible, End> {
        let name = self.admission.caller.name.clone();
        self.say(&ServerFrame::Hello { protocol: PROTOCOL, server_time: self.live.clock.now_ms(), name: &name })
            .await?;
        let mut heartbeat = tokio::time::interval(HEARTBEAT);
        heartbeat.reset();
        loop {
            tokio::select! {
                frames = next(&mut self.subscription, &self.live) => {
                    for frame in frames.ok_or(End::Stopping)? {
                        self.line.send(frame).await?;
                    }
                    heartbeat.reset();
                }
                (instrument, readings) = self.watched.next() => {
                    let format = self.subscription.as_ref().map(Subscription::format).unwrap_or_default();
                    self.line.send(format.readings(instrument.as_str(), &readings)).await?;
                }
                frame = self.line.frame() => self.client_frame(&frame?).await?,
                _ = heartbeat.tick() => self.heartbeat().await?,
            }
        }
    }

    async fn heartbeat(&mut self) -> Result<(), End> {
        let at = match &mut self.subscription {
            Some(subscription) => match subscription.heartbeat(&self.live.hub) {
                Some(at) => Some(at),
                // Frames are about to come.
                None => return Ok(()),
            },
            None => None,
        };
        let server_time = self.live.clock.now_ms();
        let (after, offset) = at.unzip();
        self.say(&ServerFrame::Heartbeat { after, offset, server_time }).await
    }

    async fn client_frame(&mut self, frame: &str) -> Result<(), End> {
        match serde_json::from_str(frame) {
            Ok(ClientFrame::Subscribe(wanted)) => self.subscribe(*wanted).await,
            Ok(ClientFrame::Watch { instrument }) => self.watch(&instrument).await,
            Ok(ClientFrame::Unwatch { instrument }) => {
                if self.watched.remove(&instrument) {
                    self.ticket.unwatch();
                }
                Ok(())
            }
            Ok(ClientFrame::Auth { .. }) => self.complain("bad-frame", "auth is the first frame alone").await,
            Err(error) => self.complain("bad-frame", &error.to_string()).await,
        }
    }

    async fn subscribe(&mut self, wanted: Subscribe) -> Result<(), End> {
        if !self.ticket.subscribe() {
            let most = self.live.limits.config.subscribes_per_minute;
            return self
                .complain("too-many-subscribes", &format!("{most} a minute are allowed: try again later"))
                .await;
        }
        let hub = &self.live.hub;
        let view = match View::new(wanted.wanted, &self.admission.caller, |id| hub.fleet.unit(id)) {
            Ok(view) => view,
            Err(error) => {
                let code = match &error {
                    NoView::Forbidden => "forbidden",
                    NoView::Unit(_) => "bad-filter",
                };
                return self.complain(code, &error.to_string()).await;
            }
        };
        let mut subscription = Subscription::new(view, wanted.format, wanted.resume, hub);
        let recovered = subscription.recovers(hub).await.ok_or(End::Stopping)?;
        let offset = hub.flushed();
        self.say(&ServerFrame::Subscribed { epoch: subscription.epoch(), recovered, offset }).await?;
        self.subscription = Some(subscription);
        Ok(())
    }

    async fn watch(&mut self, instrument: &str) -> Result<(), End> {
        let id = instrument.parse::<InstrumentId>().ok();
        if id.as_ref().is_some_and(|id| self.watched.has(id)) {
            return Ok(());
        }
        let fleet = self.live.hub.fleet.clone();
        let seen = id.filter(|id| {
            let row = fleet.row(id);
            row.is_some_and(|row| self.admission.caller.may_at(Permission::View, &row.card.unit))
        });
        let Some(id) = seen else {
            return self.complain("no-instrument", &format!("there is no instrument {instrument:?}")).await;
        };
        if !self.ticket.watch() {
            let most = self.live.limits.config.watched_per_user;
            return self.complain("too-many-watched", &format!("an account may watch {most} instruments")).await;
        }
        if !fleet.watch(&id, self.watched.add(id.clone())).await {
            self.watched.remove(instrument);
            self.ticket.unwatch();
            return self.complain("no-instrument", &format!("there is no instrument {instrument:?}")).await;
        }
        Ok(())
    }

    async fn complain(&mut self, code: &'static str, detail: &str) -> Result<(), End> {
        self.say(&ServerFrame::Error { code, detail }).await
    }

    async fn say(&mut self, frame: &ServerFrame<'_>) -> Result<(), End> {
        self.line.send(text(frame)).await
    }
}

/// The subscription's next frames; waits for ever without one.
async fn next(subscription: &mut Option<Subscription>, live: &Live) -> Option<Vec<Message>> {
    match subscription {
        Some(subscription) => subscription.next(&live.hub).await,
        None => std::future::pending().await,
    }
}
