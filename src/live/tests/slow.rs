use super::super::frame::Format;
use super::super::hub::{Hub, HubHandle, Room};
use super::super::policy::{View, Where};
use super::client::Client;
use super::fleet::TestFleet;
use crate::bus::Bus;
use crate::domain::{Caller, InstrumentState};
use std::sync::Arc;
use std::time::Duration;
use tokio_util::sync::CancellationToken;

fn start(room: Room) -> (Arc<TestFleet>, Bus, HubHandle) {
    let (fleet, bus) = (TestFleet::of(10), Bus::default());
    let events = bus.never_drop("live", 100);
    let (hub, handle) = Hub::with_room(fleet.clone(), CancellationToken::new(), room);
    tokio::spawn(hub.run(events));
    (fleet, bus, handle)
}

fn everything(hub: &HubHandle) -> Client {
    Client::new(hub, View::new(Where::default(), &Caller::configured(), |_| None).unwrap(), Format::Json)
}

/// So many changes of the ten instruments, each told on its own.
async fn change(fleet: &TestFleet, bus: &Bus, count: usize) {
    for n in 0..count {
        let to = |state| fleet.change(n % 10, state);
        bus.publish(to(InstrumentState::On).or_else(|| to(InstrumentState::Standby)).unwrap()).await;
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn who_is_slow_gets_the_latest_of_each_instrument_and_is_told_how_many_were_left_out() {
    let (fleet, bus, hub) = start(Room { changes: 1_000, frames: 8 });
    let (mut slow, mut fast) = (everything(&hub), everything(&hub));
    slow.catch_up().await;
    fast.catch_up().await;
    for _ in 0..10 {
        change(&fleet, &bus, 20).await;
        for _ in 0..3 {
            fast.catch_up().await;
        }
    }
    slow.catch_up().await;
    assert_eq!((slow.changes, slow.coalesced, slow.snapshots), (10, 190, 1));
    assert_eq!(fast.changes + fast.coalesced, 200);
    assert_eq!(slow.held, fast.held);
}

#[tokio::test(start_paused = true)]
async fn who_is_slower_than_what_is_remembered_gets_a_snapshot() {
    let (fleet, bus, hub) = start(Room { changes: 50, frames: 8 });
    let mut slow = everything(&hub);
    slow.catch_up().await;
    change(&fleet, &bus, 100).await;
    slow.catch_up().await;
    assert_eq!((slow.changes, slow.snapshots), (0, 2));
}

#[tokio::test(start_paused = true)]
async fn who_comes_back_gets_every_change_or_a_snapshot_and_is_told_which() {
    let (fleet, bus, hub) = start(Room { changes: 50, frames: 8 });
    let mut client = everything(&hub);
    client.catch_up().await;
    for (missed, recovered) in [(30, true), (0, true), (51, false)] {
        client.leave();
        let before = client.changes;
        change(&fleet, &bus, missed).await;
        assert_eq!(client.come_back().await, recovered);
        client.catch_up().await;
        assert_eq!(client.changes - before, if recovered { missed as u64 } else { 0 });
    }
    assert_eq!((client.coalesced, client.snapshots), (0, 2));
}
