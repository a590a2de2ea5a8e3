use super::stage::{Stage, path};
use crate::harness::Live as Page;
use dayi::domain::{InstrumentState, Role};
use serde_json::{Value, json};

async fn resume(page: &mut Page, epoch: &Value, offset: &Value, wanted: Value) -> bool {
    page.send(json!({"type": "subscribe", "where": wanted, "resume": {"epoch": epoch, "offset": offset}})).await;
    page.next("subscribed").await["recovered"].as_bool().unwrap()
}

#[tokio::test]
async fn who_comes_back_gets_every_change_it_missed() {
    let stage = Stage::start().await;
    for id in ["a", "b"] {
        stage.fleet.put(id, "zj/hz");
    }
    let stage = stage.restart().await;
    let mut page = stage.page("admin").await;
    let wanted = json!({"instrument": ["a"]});
    page.send(json!({"type": "subscribe", "where": wanted})).await;
    let snapshot = page.next("snapshot").await;
    drop(page);
    let mut all = stage.page("admin").await;
    all.done().await;
    for state in [InstrumentState::On, InstrumentState::Standby, InstrumentState::Off] {
        stage.change("a", state).await;
        stage.change("b", state).await;
    }
    all.change_to("b", "off").await;

    let mut page = stage.page("admin").await;
    assert!(resume(&mut page, &snapshot["epoch"], &snapshot["offset"], wanted.clone()).await);
    let mut seen = Vec::new();
    while seen.len() < 3 {
        // No snapshot comes between.
        let delta = page.frame().await.unwrap();
        assert_eq!(delta["type"], "delta");
        assert!(delta["coalesced"].is_null() && delta["after"].as_u64() >= snapshot["offset"].as_u64(), "{delta}");
        seen.extend(delta["changes"].as_array().unwrap().clone());
    }
    let states: Vec<_> = seen.iter().map(|change| (&change["id"], &change["state"])).collect();
    assert_eq!(states, [(&json!("a"), &json!("on")), (&json!("a"), &json!("standby")), (&json!("a"), &json!("off"))]);
}

#[tokio::test]
async fn what_cannot_be_gone_on_with_is_a_snapshot_and_said_to_be() {
    let stage = Stage::start().await;
    stage.tell(stage.fleet.put("a", "zj/hz")).await;
    let mut page = stage.page("admin").await;
    page.send(json!({"type": "subscribe"})).await;
    let snapshot = page.next("snapshot").await;
    let (epoch, offset) = (&snapshot["epoch"], &snapshot["offset"]);
    // Other conditions are another set.
    assert!(!resume(&mut page, epoch, offset, json!({"state": ["on"]})).await);
    page.next("snapshot").await;
    // So is what somebody else may see.
    stage.keys.give("lab", Role::Operator, path("zj"));
    let mut other = stage.page("lab").await;
    assert!(!resume(&mut other, epoch, offset, json!({})).await);
    other.next("snapshot").await;
    // What never was.
    assert!(!resume(&mut page, epoch, &json!(1_000), json!({})).await);
    page.next("snapshot").await;
    assert!(resume(&mut page, epoch, offset, json!({})).await);

    // Another run of the server counts anew.
    let stage = stage.restart().await;
    let mut page = stage.page("admin").await;
    assert!(!resume(&mut page, epoch, offset, json!({})).await);
    let again = page.next("snapshot").await;
    assert_ne!(&again["epoch"], epoch);
    assert_eq!(again["instruments"][0][0], "a");
}
