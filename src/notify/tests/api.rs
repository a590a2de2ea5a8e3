use super::super::api::router;
use super::bench::{AT, Bench, caller, unit_a};
use super::receiver::{Receiver, Reply};
use crate::domain::{AlertStep, Caller, Permission, Role, UnitPath};
use axum::Extension;
use axum::body::Body;
use axum::http::{Method, Request, header};
use serde_json::{Value, json};
use tower::ServiceExt;

/// Asks as somebody, past the guard that would have found out who it is.
async fn ask(bench: &Bench, who: &Caller, method: Method, path: &str, body: Option<Value>) -> (u16, Value) {
    let (routes, _) = router(bench.notifier.api()).layer(Extension(who.clone())).split_for_parts();
    let request = Request::builder().method(method).uri(path).header(header::CONTENT_TYPE, "application/json");
    let request = request.body(body.map_or_else(Body::empty, |body| Body::from(body.to_string()))).unwrap();
    let response = routes.oneshot(request).await.unwrap();
    let status = response.status().as_u16();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    (status, if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).unwrap() })
}

fn wang() -> Caller {
    caller("wang", Role::LaboratoryManager, unit_a())
}

fn subscription(channel: &str) -> Value {
    json!({"channel": channel, "settings": {"name": "告警"}})
}

#[tokio::test]
async fn a_channel_is_made_tested_changed_and_removed_and_its_secret_shown_once() {
    let (bench, receiver) = (Bench::new().await, Receiver::good().await);
    let new = json!({"name": " 钩子 ", "target": {"kind": "webhook", "url": format!("{}/hook?key=abc", receiver.url)}});
    let (status, made) = ask(&bench, &wang(), Method::POST, "/api/v1/channels", Some(new.clone())).await;
    assert_eq!(status, 201, "{made}");
    let secret = made["secret"].as_str().unwrap().to_owned();
    let channel = &made["channel"];
    assert_eq!(
        (&channel["name"], &channel["kind"], &channel["mine"]),
        (&json!("钩子"), &json!("webhook"), &json!(true))
    );
    assert_eq!(channel["address"], format!("{}/hook?…", receiver.url));
    let id = channel["id"].as_str().unwrap();

    let (status, tested) = ask(&bench, &wang(), Method::POST, &format!("/api/v1/channels/{id}/test"), None).await;
    assert_eq!((status, &tested["outcome"], &tested["status"]), (200, &json!("delivered"), &json!(204)));
    assert_eq!(receiver.last().json()["type"], "test");
    receiver.now(|_| Reply::Status(500, "", "broken".into()));
    let (_, tested) = ask(&bench, &wang(), Method::POST, &format!("/api/v1/channels/{id}/test"), None).await;
    assert_eq!((&tested["outcome"], &tested["answer"]), (&json!("later"), &json!("broken")));

    let (status, changed) = ask(&bench, &wang(), Method::PUT, &format!("/api/v1/channels/{id}"), Some(new)).await;
    assert_eq!((status, &changed["secret"]), (200, &Value::Null), "the secret stays");
    let (status, turned) = ask(&bench, &wang(), Method::POST, &format!("/api/v1/channels/{id}/secret"), None).await;
    assert_eq!(status, 200);
    assert_ne!(turned["secret"], secret);

    let (_, list) = ask(&bench, &wang(), Method::GET, "/api/v1/channels", None).await;
    assert_eq!(list["items"].as_array().unwrap().len(), 1);
    assert!(!list.to_string().contains("whsec_") && !list.to_string().contains("abc"), "{list}");

    let (status, made) = ask(&bench, &wang(), Method::POST, "/api/v1/subscriptions", Some(subscription(id))).await;
    assert_eq!(status, 201, "{made}");
    assert_eq!(ask(&bench, &wang(), Method::DELETE, &format!("/api/v1/channels/{id}"), None).await.0, 409);
    let subscription = format!("/api/v1/subscriptions/{}", made["id"].as_str().unwrap());
    assert_eq!(ask(&bench, &wang(), Method::DELETE, &subscription, None).await.0, 204);
    assert_eq!(ask(&bench, &wang(), Method::DELETE, &format!("/api/v1/channels/{id}"), None).await.0, 204);
    assert_eq!(ask(&bench, &wang(), Method::GET, "/api/v1/channels", None).await.1, json!({"items": []}));
}

#[tokio::test]
async fn what_cannot_be_is_refused_in_words() {
    let bench = Bench::with(|config| (config.allow_http, config.allow_networks) = (false, Vec::new())).await;
    let channel = |target: Value| json!({"name": "c", "target": target});
    for (new, status, says) in [
        (channel(json!({"kind": "webhook", "url": "http://example.org/"})), 422, "https"),
        (channel(json!({"kind": "webhook", "url": "https://127.0.0.1/"})), 422, "public"),
        (channel(json!({"kind": "webhook", "url": "https://[fd00::1]/"})), 422, "public"),
        (channel(json!({"kind": "webhook", "url": "https://example.org/", "secret": "whsec_x"})), 422, "24 to 64"),
        (channel(json!({"kind": "email", "to": ["li@example.org"]})), 409, "notify.smtp"),
        (channel(json!({"kind": "dingtalk"})), 422, "token"),
        (channel(json!({"kind": "pigeon"})), 422, "pigeon"),
        (json!({"name": " ", "target": {"kind": "wecom", "key": "abc"}}), 422, "name"),
        (json!({"name": "c", "unit": "a", "target": {"kind": "wecom", "key": "abc"}}), 403, "role"),
        (json!({"name": "c", "unit": "b", "target": {"kind": "wecom", "key": "abc"}}), 404, "unit"),
        (channel(json!({"kind": "wecom", "key": "https://qyapi.weixin.qq.com/x?key=abc"})), 422, "after key="),
    ] {
        let (got, problem) = ask(&bench, &wang(), Method::POST, "/api/v1/channels", Some(new.clone())).await;
        let detail = problem["detail"].as_str().unwrap_or_default();
        assert!(got == status && detail.contains(says), "{new}: {got} {problem}");
    }
    for (settings, says) in [
        (json!({"name": ""}), "name"),
        (json!({"name": "s", "filter": {"alerts": []}}), "asks for nothing"),
        (json!({"name": "s", "filter": {"alerts": ["acknowledged"]}}), "raised"),
        (json!({"name": "s", "filter": {"unit": "b"}}), "unit"),
        (json!({"name": "s", "quiet": {"ranges": []}}), "1 to 8"),
        (json!({"name": "s", "digest": {"every": "day", "at": "25:00"}}), "time of the day"),
        (json!({"name": "s", "colour": "red"}), "colour"),
    ] {
        let new = json!({"channel": "websocket", "settings": settings});
        let (got, problem) = ask(&bench, &wang(), Method::POST, "/api/v1/subscriptions", Some(new)).await;
        assert!(
            matches!(got, 404 | 422) && problem["detail"].as_str().unwrap().contains(says),
            "{settings}: {problem}"
        );
    }
    let (status, _) = ask(&bench, &wang(), Method::POST, "/api/v1/subscriptions", Some(subscription("no"))).await;
    assert_eq!(status, 422);
    let screen = caller("screen", Role::WallScreen, UnitPath::root());
    for path in ["/api/v1/channels", "/api/v1/subscriptions", "/api/v1/deliveries", "/api/v1/notifications"] {
        assert_eq!(ask(&bench, &screen, Method::GET, path, None).await.0, 403, "{path}");
    }
}

#[tokio::test]
async fn a_unit_that_is_not_there_is_answered_like_one_that_may_not_be_seen() {
    let bench = Bench::new().await;
    let robot = json!({"kind": "wecom", "key": "abc"});
    let (_, channel) =
        ask(&bench, &wang(), Method::POST, "/api/v1/channels", Some(json!({"name": "c", "target": robot}))).await;
    let (_, made) = ask(&bench, &wang(), Method::POST, "/api/v1/subscriptions", Some(subscription("websocket"))).await;
    let channel = format!("/api/v1/channels/{}", channel["channel"]["id"].as_str().unwrap());
    let one = format!("/api/v1/subscriptions/{}", made["id"].as_str().unwrap());
    let new_channel = |unit: &str| json!({"name": "c", "unit": unit, "target": robot});
    let new_one = |unit: &str| json!({"channel": "websocket", "settings": {"name": "s", "filter": {"unit": unit}}});
    for (method, path, new) in [
        (Method::POST, "/api/v1/channels", &new_channel as &dyn Fn(&str) -> Value),
        (Method::PUT, &channel, &new_channel),
        (Method::POST, "/api/v1/subscriptions", &new_one),
        (Method::PUT, &one, &new_one),
    ] {
        let hidden = ask(&bench, &wang(), method.clone(), path, Some(new("b"))).await;
        let missing = ask(&bench, &wang(), method, path, Some(new("no such"))).await;
        assert_eq!((hidden.0, &hidden), (404, &missing), "{path}");
    }
}

#[tokio::test]
async fn a_token_subscribes_to_no_more_than_it_may_see() {
    use Permission::{Subscribe, View, ViewAlerts};
    let bench = Bench::new().await;
    let token = |only: &[Permission]| Caller { only: Some(only.into()), ..wang() };
    let (states, alerts, both) = (
        json!({"states": ["on"], "alerts": []}),
        json!({"alerts": ["raised"]}),
        json!({"states": ["on"], "alerts": ["raised"]}),
    );
    let all = wang();
    let (_, made) = ask(&bench, &all, Method::POST, "/api/v1/subscriptions", Some(subscription("websocket"))).await;
    let one = format!("/api/v1/subscriptions/{}", made["id"].as_str().unwrap());
    for (who, filter, allowed) in [
        (&token(&[Subscribe]), &states, false),
        (&token(&[Subscribe]), &alerts, false),
        (&token(&[Subscribe]), &json!({}), false),
        (&token(&[Subscribe, View]), &states, true),
        (&token(&[Subscribe, View]), &both, false),
        (&token(&[Subscribe, ViewAlerts]), &alerts, true),
        (&token(&[Subscribe, ViewAlerts]), &both, false),
        (&token(&[Subscribe, View, ViewAlerts]), &both, true),
        (&all, &both, true),
        (&all, &json!({}), true),
    ] {
        let new = json!({"channel": "websocket", "settings": {"name": "s", "filter": filter}});
        let (status, _) = ask(&bench, who, Method::POST, "/api/v1/subscriptions", Some(new.clone())).await;
        assert_eq!(status, if allowed { 201 } else { 403 }, "{:?} {filter}", who.only);
        let (status, _) = ask(&bench, who, Method::PUT, &one, Some(new)).await;
        assert_eq!(status, if allowed { 200 } else { 403 }, "{:?} {filter}", who.only);
    }
    // Whoever sees no alerts and says nothing of them is told of states alone.
    let researcher = caller("sun", Role::Researcher, unit_a());
    let new = json!({"channel": "websocket", "settings": {"name": "s", "filter": {"states": ["on"]}}});
    let (status, made) = ask(&bench, &researcher, Method::POST, "/api/v1/subscriptions", Some(new)).await;
    assert_eq!((status, &made["settings"]["filter"]["alerts"]), (201, &json!([])));
}

#[tokio::test]
async fn a_token_reads_no_more_of_the_list_than_it_may_see() {
    use Permission::{Subscribe, View, ViewAlerts};
    let mut bench = Bench::new().await;
    bench.subscribe_with(None, |_| {}).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    let state = json!({"type": "state.changed", "data": {"name": "\"type\":\"alert."}}).to_string();
    bench.notifier.api.inbox.put("wang", &[(1_000, state)], AT).await.unwrap();
    for (only, expected) in [
        (Some(vec![Subscribe]), (403, None)),
        (Some(vec![Subscribe, ViewAlerts]), (403, None)),
        (Some(vec![Subscribe, View]), (200, Some(vec!["state.changed"]))),
        (Some(vec![Subscribe, View, ViewAlerts]), (200, Some(vec!["alert.raised", "state.changed"]))),
        (None, (200, Some(vec!["alert.raised", "state.changed"]))),
    ] {
        let who = Caller { only: only.map(Into::into), ..wang() };
        let (status, page) = ask(&bench, &who, Method::GET, "/api/v1/notifications", None).await;
        let items = page["items"].as_array();
        let kinds = items.map(|items| items.iter().map(|item| item["event"]["type"].as_str().unwrap()).collect());
        assert_eq!((status, kinds), expected, "{:?}", who.only);
    }
}

#[tokio::test]
async fn the_robot_in_the_documentation_is_accepted() {
    let (_, after) = include_str!("../../../docs/notifications.md").split_once("/api/v1/channels \\\n").unwrap();
    let example = after.split('\'').nth(1).unwrap();
    let new: Value = serde_json::from_str(example).unwrap();
    assert_eq!(new["target"]["kind"], "dingtalk");
    let (status, made) = ask(&Bench::new().await, &wang(), Method::POST, "/api/v1/channels", Some(new)).await;
    assert_eq!(status, 201, "{made}");
}

#[tokio::test]
async fn everybody_sees_and_changes_their_own() {
    let bench = Bench::new().await;
    let li = caller("li", Role::LaboratoryManager, unit_a());
    let manager = caller("zhao", Role::InstitutionManager, UnitPath::root().child("hz"));
    let administrator = caller("root", Role::Administrator, UnitPath::root());
    let robot = json!({"name": "群", "target": {"kind": "wecom", "key": "693a91f6-7xxx-4bc4-97a0-0ec2sifa5aaa"}});
    let (_, made) = ask(&bench, &wang(), Method::POST, "/api/v1/channels", Some(robot.clone())).await;
    let own = made["channel"]["id"].as_str().unwrap().to_owned();
    let mut shared = robot.clone();
    shared["unit"] = json!("a");
    let (status, made) = ask(&bench, &manager, Method::POST, "/api/v1/channels", Some(shared)).await;
    assert_eq!((status, &made["channel"]["address"]), (201, &json!("…5aaa")));
    let shared = made["channel"]["id"].as_str().unwrap().to_owned();

    for (who, count) in [(&wang(), 2), (&li, 1), (&manager, 1), (&administrator, 2)] {
        let (_, list) = ask(&bench, who, Method::GET, "/api/v1/channels", None).await;
        assert_eq!(list["items"].as_array().unwrap().len(), count, "{}", who.account);
    }
    let path = |id: &str| format!("/api/v1/channels/{id}");
    assert_eq!(ask(&bench, &li, Method::PUT, &path(&own), Some(robot.clone())).await.0, 404);
    assert_eq!(ask(&bench, &li, Method::PUT, &path(&shared), Some(robot.clone())).await.0, 403);
    assert_eq!(ask(&bench, &li, Method::POST, "/api/v1/subscriptions", Some(subscription(&own))).await.0, 422);
    let (status, made) = ask(&bench, &li, Method::POST, "/api/v1/subscriptions", Some(subscription(&shared))).await;
    assert_eq!(status, 201);
    let path = format!("/api/v1/subscriptions/{}", made["id"].as_str().unwrap());
    for (who, status) in [(&wang(), 404), (&manager, 404), (&li, 200), (&administrator, 200)] {
        assert_eq!(ask(&bench, who, Method::GET, &path, None).await.0, status, "{}", who.account);
    }
}

#[tokio::test]
async fn deliveries_are_listed_explained_and_sent_once_more() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::start(|_| Reply::Status(403, "", "no".into())).await);
    let channel = bench.webhook(&receiver.url).await;
    let id = bench.subscribe(&channel).await;
    bench.happens("sem-1", AlertStep::Raised);
    bench.happens("sem-2", AlertStep::Raised);
    bench.turn().await;
    let (status, page) = ask(&bench, &wang(), Method::GET, "/api/v1/deliveries?state=dead", None).await;
    assert_eq!((status, page["items"].as_array().unwrap().len()), (200, 2));
    let first = &page["items"][1];
    assert_eq!(
        (&first["type"], &first["instrument"], &first["at"], &first["attempts"], &first["why"]),
        (&json!("alert.raised"), &json!("sem-1"), &json!(AT), &json!(1), &json!("no"))
    );
    let path = format!("/api/v1/deliveries/{}", first["id"]);
    let (_, attempts) = ask(&bench, &wang(), Method::GET, &format!("{path}/attempts"), None).await;
    assert_eq!((&attempts["items"][0]["outcome"], &attempts["items"][0]["status"]), (&json!("refused"), &json!(403)));
    let li = caller("li", Role::LaboratoryManager, unit_a());
    assert_eq!(ask(&bench, &li, Method::POST, &format!("{path}/replay"), None).await.0, 404);
    assert_eq!(ask(&bench, &li, Method::GET, "/api/v1/deliveries", None).await.1, json!({"items": []}));

    receiver.now(|_| Reply::status(204));
    let (_, replayed) = ask(&bench, &wang(), Method::POST, &format!("{path}/replay"), None).await;
    assert_eq!(replayed, json!({"replayed": 1}));
    bench.turn().await;
    assert_eq!(receiver.last().json()["data"]["instrument"]["id"], "sem-1");
    assert_eq!(ask(&bench, &wang(), Method::POST, &format!("{path}/replay"), None).await.0, 409);
    let all = format!("/api/v1/subscriptions/{id}/replay");
    assert_eq!(ask(&bench, &wang(), Method::POST, &all, None).await.1, json!({"replayed": 1}));
    bench.turn().await;
    let query = format!("/api/v1/deliveries?subscription={id}&state=delivered&limit=1");
    let (_, page) = ask(&bench, &wang(), Method::GET, &query, None).await;
    assert_eq!(page["items"][0]["instrument"], "sem-2");
    let query = format!("{query}&before={}", page["items"][0]["id"]);
    let (_, page) = ask(&bench, &wang(), Method::GET, &query, None).await;
    assert_eq!(page["items"][0]["instrument"], "sem-1");
}

#[tokio::test]
async fn a_page_that_waits_hears_at_once() {
    let mut bench = Bench::new().await;
    let (status, _) =
        ask(&bench, &wang(), Method::POST, "/api/v1/subscriptions", Some(subscription("websocket"))).await;
    assert_eq!(status, 201);
    let (routes, _) = router(bench.notifier.api()).layer(Extension(wang())).split_for_parts();
    let request = Request::builder().uri("/api/v1/notifications?wait_s=25").body(Body::empty()).unwrap();
    let mut waiting = Box::pin(routes.oneshot(request));
    assert!(futures::poll!(&mut waiting).is_pending());
    bench.happens("sem-1", AlertStep::Raised);
    bench.turn().await;
    let response = waiting.await.unwrap();
    let body = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    let page: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(page["items"][0]["event"]["type"], "alert.raised");
    let after = format!("/api/v1/notifications?after={}", page["items"][0]["number"]);
    assert_eq!(ask(&bench, &wang(), Method::GET, &after, None).await.1, json!({"items": []}));
}

#[tokio::test]
async fn who_is_switched_on_again_hears_of_what_happens_from_then_on() {
    let (mut bench, receiver) = (Bench::new().await, Receiver::good().await);
    let channel = bench.webhook(&receiver.url).await;
    let id = bench.subscribe(&channel).await;
    let path = format!("/api/v1/subscriptions/{id}");
    for (enabled, told) in [(false, 0), (true, 1)] {
        let settings = json!({"name": "s", "enabled": enabled});
        let change = json!({"channel": channel, "settings": settings});
        assert_eq!(ask(&bench, &wang(), Method::PUT, &path, Some(change)).await.0, 200);
        bench.happens("sem-1", AlertStep::Raised);
        bench.turn().await;
        assert_eq!(receiver.requests().len(), told);
    }
}
