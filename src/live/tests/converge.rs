use super::super::frame::Format;
use super::super::hub::{Hub, Room};
use super::super::model::Fleet;
use super::super::policy::{View, Where};
use super::client::{Client, Held};
use super::fleet::{TestFleet, UNITS, alert};
use crate::bus::Bus;
use crate::domain::{AlertStep, Caller, Event, Grant, InstrumentState, Role, UnitPath};
use proptest::prelude::*;
use std::collections::BTreeMap;
use tokio_util::sync::CancellationToken;

const INSTRUMENTS: usize = 6;

/// What happens next.
#[derive(Clone, Debug)]
enum Step {
    Change(usize, InstrumentState),
    Add(usize, usize),
    Rename(usize, String),
    Retire(usize),
    Alert(usize),
    /// The hub tells what happened; who is listening gets one frame or none.
    Flush(bool),
    Leave,
    ComeBack,
}

fn step() -> impl Strategy<Value = Step> {
    let instrument = 0..INSTRUMENTS + 2;
    prop_oneof![
        8 => (instrument.clone(), 0..5_u8).prop_map(|(n, code)| Step::Change(n, InstrumentState::from_code(code).unwrap())),
        1 => (instrument.clone(), 0..UNITS.len()).prop_map(|(n, unit)| Step::Add(n, unit)),
        1 => (instrument.clone(), "[a-c]").prop_map(|(n, name)| Step::Rename(n, name)),
        1 => instrument.clone().prop_map(Step::Retire),
        1 => instrument.prop_map(Step::Alert),
        6 => any::<bool>().prop_map(Step::Flush),
        1 => Just(Step::Leave),
        2 => Just(Step::ComeBack),
    ]
}

fn wanted() -> impl Strategy<Value = Where> {
    let state = prop::sample::subsequence(InstrumentState::ALL.to_vec(), 0..3);
    let unit = prop::sample::subsequence(vec!["zj".to_owned(), "hz".into(), "zju".into(), "nb".into()], 0..2);
    let instrument = prop::sample::subsequence((0..4).map(super::fleet::id).collect::<Vec<_>>(), 0..3);
    (state, unit, instrument).prop_map(|(state, unit, instrument)| Where {
        state,
        unit,
        instrument,
        ..Where::default()
    })
}

fn caller(unit: Option<usize>) -> Caller {
    let unit = unit
        .map_or_else(UnitPath::root, |unit| UNITS[unit].split('/').fold(UnitPath::root(), |path, id| path.child(id)));
    Caller { grants: [Grant { role: Role::Operator, unit }].into(), ..Caller::configured() }
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]
    /// Whatever a client misses, and however slowly it reads, in the end it holds what the server shows for its filter.
    #[test]
    fn a_client_holds_in_the_end_what_its_view_shows(
        steps in prop::collection::vec(step(), 0..120),
        wanted in wanted(),
        within in prop::option::of(0..UNITS.len()),
        binary in any::<bool>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_time().start_paused(true).build().unwrap();
        runtime.block_on(run(steps, wanted, within, if binary { Format::Binary } else { Format::Json }));
    }
}

async fn run(steps: Vec<Step>, wanted: Where, within: Option<usize>, format: Format) {
    let fleet = TestFleet::of(INSTRUMENTS);
    let Ok(view) = View::new(wanted, &caller(within), |id| fleet.unit(id)) else { return };
    let bus = Bus::default();
    let events = bus.never_drop("live", 1_000);
    // So little that it is often too little.
    let (hub, handle) = Hub::with_room(fleet.clone(), CancellationToken::new(), Room { changes: 12, frames: 2 });
    let hub = tokio::spawn(hub.run(events));
    let mut client = Client::new(&handle, view.clone(), format);
    let mut away = false;
    for step in steps {
        match step {
            Step::Change(number, to) => publish(&bus, fleet.change(number, to)).await,
            Step::Add(number, unit) => publish(&bus, Some(fleet.add(number, unit))).await,
            Step::Rename(number, name) => publish(&bus, Some(fleet.rename(number, &name))).await,
            Step::Retire(number) => publish(&bus, Some(fleet.retire(number))).await,
            Step::Alert(number) => publish(&bus, Some(alert(number, AlertStep::Raised))).await,
            Step::Flush(reads) => {
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
                if reads && !away {
                    let _ = tokio::time::timeout(std::time::Duration::from_millis(1), client.take()).await;
                }
            }
            Step::Leave => {
                client.leave();
                away = true;
            }
            Step::ComeBack => {
                client.come_back().await;
                away = false;
            }
        }
    }
    if away {
        client.come_back().await;
    }
    client.catch_up().await;
    let shown: BTreeMap<_, _> = fleet
        .all()
        .iter()
        .filter(|row| view.holds(row))
        .map(|row| (row.card.id.to_string(), Held::from(row)))
        .collect();
    assert_eq!(client.held, shown);
    drop(bus);
    hub.await.unwrap();
}

async fn publish(bus: &Bus, event: Option<Event>) {
    if let Some(event) = event {
        bus.publish(event).await;
    }
}
