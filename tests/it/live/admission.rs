use super::stage::{Stage, path};
use crate::harness::Live as Page;
use dayi::domain::{InstrumentState, Role};
use dayi::platform::access::SESSION_COOKIE;
use serde_json::json;
use tokio_tungstenite::tungstenite::client::IntoClientRequest;
use tokio_tungstenite::tungstenite::handshake::client::Request;

const REFUSED: u16 = 4401;

async fn refused(mut page: Page, first: serde_json::Value) -> String {
    page.send(first).await;
    let (code, reason) = page.frame().await.unwrap_err();
    assert_eq!(code, REFUSED);
    reason
}

#[tokio::test]
async fn who_does_not_say_who_it_is_is_let_in_nowhere() {
    let stage = Stage::start().await;
    let refused = async |first| refused(Page::connect(stage.http).await, first).await;
    assert!(refused(json!({"type": "auth", "token": "guess"})).await.contains("not known"));
    assert!(refused(json!({"type": "auth"})).await.contains("sign in"));
    assert!(refused(json!({"type": "subscribe"})).await.contains("first frame"));
    assert!(refused(json!(7)).await.contains("first frame"));
    let (code, reason) = Page::connect(stage.http).await.frame().await.unwrap_err();
    assert_eq!((code, reason.contains("5 s")), (REFUSED, true));
}

#[tokio::test]
async fn a_session_cookie_counts_on_the_hosts_own_pages_alone() {
    let stage = Stage::start().await;
    stage.keys.give("cookie-7", Role::Researcher, path("zj"));
    let request = |origin: Option<String>, cookie: &str| -> Request {
        let mut request = format!("ws://{}/api/v1/live", stage.http).into_client_request().unwrap();
        request.headers_mut().insert("cookie", format!("{SESSION_COOKIE}={cookie}").parse().unwrap());
        request.headers_mut().insert("authorization", "Bearer admin".parse().unwrap());
        if let Some(origin) = origin {
            request.headers_mut().insert("origin", origin.parse().unwrap());
        }
        request
    };
    let own = Some(format!("http://{}", stage.http));
    let mut page = Page::connect_with(request(own.clone(), "cookie-7")).await;
    page.send(json!({"type": "auth"})).await;
    assert_eq!(page.frame().await.unwrap()["name"], "cookie-7");
    let strange = [(own, "guess"), (Some("https://evil.example".into()), "cookie-7"), (None, "cookie-7")];
    for (origin, cookie) in strange {
        refused(Page::connect_with(request(origin, cookie)).await, json!({"type": "auth"})).await;
    }
    // A token says who it is wherever the page comes from.
    let mut page = Page::connect_with(request(Some("https://evil.example".into()), "x")).await;
    page.send(json!({"type": "auth", "token": "admin"})).await;
    assert_eq!(page.frame().await.unwrap()["type"], "hello");
}

#[tokio::test]
async fn what_is_revoked_closes_at_once() {
    let stage = Stage::start().await;
    stage.keys.give("lab", Role::Operator, path("zj"));
    stage.fleet.put("i1", "zj/hz");
    let stage = stage.restart_with_keys().await;
    let (mut revoked, mut other) = (stage.page("lab").await, stage.page("admin").await);
    revoked.done().await;
    other.done().await;
    stage.keys.revoke("lab");
    let (code, reason) = revoked.frame().await.unwrap_err();
    assert_eq!((code, reason.contains("sign in again")), (REFUSED, true));
    stage.change("i1", InstrumentState::On).await;
    other.change_to("i1", "on").await;
}

#[tokio::test]
async fn two_callers_see_each_their_part_and_nothing_of_the_other() {
    let stage = Stage::start().await;
    for (token, unit) in [("hz", "zj/hz"), ("nb", "zj/nb")] {
        stage.keys.give(token, Role::LaboratoryManager, path(unit));
        stage.fleet.put(&format!("{token}-1"), unit);
    }
    let stage = stage.restart_with_keys().await;
    let mut pages = [("hz", stage.page("hz").await), ("nb", stage.page("nb").await)];
    for (own, page) in &mut pages {
        page.send(json!({"type": "subscribe"})).await;
        let snapshot = page.next("snapshot").await;
        assert_eq!(snapshot["instruments"].as_array().unwrap().len(), 1);
        assert_eq!(snapshot["instruments"][0][0], format!("{own}-1"));
        assert_eq!(snapshot["institutions"].as_array().unwrap().len(), 1);
        let other = if *own == "hz" { "nb-1" } else { "hz-1" };
        page.send(json!({"type": "watch", "instrument": other})).await;
        assert_eq!(page.next("error").await["code"], "no-instrument");
        page.send(json!({"type": "subscribe", "where": {"instrument": [other]}})).await;
        assert_eq!(page.next("snapshot").await["instruments"], json!([]));
        page.done().await;
    }
    stage.change("nb-1", InstrumentState::On).await;
    stage.change("hz-1", InstrumentState::On).await;
    for (own, page) in &mut pages {
        let delta = page.next("delta").await;
        assert_eq!(delta["changes"].as_array().unwrap().len(), 1, "{delta}");
        assert_eq!(delta["changes"][0]["id"], format!("{own}-1"));
    }
}
