use crate::domain::InstrumentId;
use std::task::Poll;
use tokio::sync::mpsc;

/// Readings of one watched instrument that may wait for a slow client; more are not told.
const READINGS_WAITING: usize = 64;

type Readings = mpsc::Receiver<(i64, f32)>;

/// The instruments whose readings a client wants.
#[derive(Default)]
pub(super) struct Watched(Vec<(InstrumentId, Readings)>);

impl Watched {
    pub(super) fn has(&self, instrument: &InstrumentId) -> bool {
        self.0.iter().any(|(id, _)| id == instrument)
    }

    /// One more; what is sent there is what [`Watched::next`] hands out.
    pub(super) fn add(&mut self, instrument: InstrumentId) -> mpsc::Sender<(i64, f32)> {
        let (sender, readings) = mpsc::channel(READINGS_WAITING);
        self.0.push((instrument, readings));
        sender
    }

    /// Whether it was watched.
    pub(super) fn remove(&mut self, instrument: &str) -> bool {
        let before = self.0.len();
        self.0.retain(|(id, _)| id.as_str() != instrument);
        self.0.len() < before
    }

    /// The next readings of any of them, all that wait in one go.
    pub(super) async fn next(&mut self) -> (InstrumentId, Vec<(i64, f32)>) {
        std::future::poll_fn(|context| {
            for (instrument, readings) in &mut self.0 {
                if let Poll::Ready(Some(first)) = readings.poll_recv(context) {
                    let mut all = vec![first];
                    while let Ok(next) = readings.try_recv() {
                        all.push(next);
                    }
                    return Poll::Ready((instrument.clone(), all));
                }
            }
            Poll::Pending
        })
        .await
    }
}
