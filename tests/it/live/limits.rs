use super::stage::Stage;
use dayi::domain::{Role, UnitPath};
use dayi::platform::config::LiveConfig;
use serde_json::json;
use std::sync::Arc;

#[tokio::test]
async fn an_account_that_takes_too_much_is_told_what_the_limit_is() {
    let config =
        LiveConfig { sessions_per_user: 2, watched_per_user: 1, subscribes_per_minute: 2, max_frame_bytes: 2_048 };
    let stage = Stage::start_with(Arc::default(), config).await;
    for id in ["a", "b"] {
        stage.fleet.put(id, "zj/hz");
    }
    let (mut one, two) = (stage.page("admin").await, stage.page("admin").await);
    let mut third = crate::harness::Live::connect(stage.http).await;
    third.send(json!({"type": "auth", "token": "admin"})).await;
    let (code, reason) = third.frame().await.unwrap_err();
    assert_eq!((code, reason.contains("2 live connections")), (4429, true), "{reason}");
    stage.keys.give("other", Role::Operator, UnitPath::root());
    stage.page("other").await.done().await;

    one.done().await;
    one.done().await;
    one.send(json!({"type": "subscribe"})).await;
    assert_eq!(one.next("error").await["code"], "too-many-subscribes");
    one.send(json!({"type": "watch", "instrument": "a"})).await;
    one.next("reading").await;
    one.send(json!({"type": "watch", "instrument": "b"})).await;
    assert_eq!(one.next("error").await["code"], "too-many-watched");
    one.send(json!({"type": "unwatch", "instrument": "a"})).await;
    one.send(json!({"type": "watch", "instrument": "b"})).await;
    assert_eq!(one.next("reading").await["id"], "b");

    // What is too long is not read.
    one.send(json!({"type": "watch", "instrument": "x".repeat(3_000)})).await;
    one.closed().await;
    drop(two);
}
