use super::stage::Stage;
use dayi::domain::InstrumentState;
use serde_json::json;

/// What the compact form says is tried field by field beside the code; here, that it comes when it is asked for.
#[tokio::test]
async fn snapshots_deltas_and_readings_come_in_the_form_that_was_asked_for() {
    let stage = Stage::start().await;
    stage.fleet.put("a", "zj/hz");
    let stage = stage.restart().await;
    let mut page = stage.page("admin").await;
    page.send(json!({"type": "subscribe", "format": "binary"})).await;
    assert_eq!(page.next("subscribed").await["recovered"], false);
    assert_eq!(page.binary().await[0], 1);
    stage.change("a", InstrumentState::On).await;
    let delta = page.binary().await;
    // After 0, one further, nothing left out, the model "m", one change: of a state, number 0, from unknown to on.
    assert_eq!(delta[..11], [2, 0, 1, 0, 1, 1, b'm', 1, 0, 0, 0x40]);
    page.send(json!({"type": "watch", "instrument": "a"})).await;
    let reading = page.binary().await;
    assert_eq!(reading[..4], [3, 1, b'a', 1]);
    assert_eq!(reading[reading.len() - 4..], 1.5_f32.to_le_bytes());
}
