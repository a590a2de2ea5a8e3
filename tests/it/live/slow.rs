use super::stage::Stage;
use crate::harness::Live as Page;
use dayi::domain::{InstrumentState, Role, UnitPath};
use serde_json::json;

const INSTRUMENTS: usize = 20;
/// More frames than may wait, with those that the system takes for a client that does not read.
const FRAMES: usize = 200;

/// So many frames of 200 KB each, all of which `fast` has seen.
async fn flood(stage: &Stage, fast: &mut Page) {
    let model = "m".repeat(10_000);
    for n in 0..FRAMES {
        let to = if n % 2 == 0 { InstrumentState::On } else { InstrumentState::Standby };
        for instrument in 0..INSTRUMENTS {
            stage.tell(stage.fleet.change(&format!("i{instrument}"), to, &model)).await;
        }
        fast.change_to(&format!("i{}", INSTRUMENTS - 1), to.name()).await;
    }
}

async fn stage() -> Stage {
    let stage = Stage::start().await;
    (0..INSTRUMENTS).for_each(|n| drop(stage.fleet.put(&format!("i{n}"), "zj/hz")));
    stage.keys.give("slow", Role::Operator, UnitPath::root());
    stage.restart_with_keys().await
}

#[tokio::test]
async fn who_does_not_read_holds_nobody_up_and_is_told_what_was_left_out() {
    let stage = stage().await;
    let (mut slow, mut fast) = (stage.page("admin").await, stage.page("admin").await);
    slow.done().await;
    fast.done().await;
    flood(&stage, &mut fast).await;
    let (mut offset, mut left_out, mut came) = (0, 0, 0);
    let last = (INSTRUMENTS * FRAMES) as u64;
    while offset < last {
        let delta = slow.next("delta").await;
        assert_eq!(delta["after"].as_u64().unwrap(), offset, "no gap");
        offset = delta["offset"].as_u64().unwrap();
        left_out += delta["coalesced"].as_u64().unwrap_or(0);
        came += delta["changes"].as_array().unwrap().len() as u64;
    }
    assert!(left_out > 0);
    assert_eq!(came + left_out, last);
}

#[tokio::test]
async fn who_does_not_read_is_closed_when_its_token_is_revoked() {
    let stage = stage().await;
    let (mut slow, mut fast) = (stage.page("slow").await, stage.page("admin").await);
    slow.done().await;
    fast.done().await;
    flood(&stage, &mut fast).await;
    stage.keys.revoke("slow");
    // What was under way still comes, and then no more than that.
    let mut offset = 0;
    while let Ok(delta) = slow.frame_or_end().await {
        offset = delta["offset"].as_u64().unwrap();
    }
    assert!(offset < (INSTRUMENTS * FRAMES) as u64);
    // Its place is free again.
    fast.send(json!({"type": "watch", "instrument": "i0"})).await;
    fast.next("reading").await;
}
