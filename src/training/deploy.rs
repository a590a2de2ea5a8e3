use super::model::Promotion;
use super::versions::Versions;
use crate::domain::InstrumentId;
use futures::future::BoxFuture;
use sea_orm::DbErr;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::Mutex;
use tokio_util::sync::CancellationToken;

/// How often to look for promotions that another process made.
const LOOK_EVERY: Duration = Duration::from_secs(2);

/// A version and its artifact.
pub type Served = (i64, Vec<u8>);

/// What promotions need of the running fleet.
pub trait ModelPort: Send + Sync + 'static {
    /// Whether there is such an instrument.
    fn knows(&self, instrument: &InstrumentId) -> bool;

    /// The artifact's manifest, if it can serve this instrument.
    ///
    /// # Errors
    /// Why it cannot, in words that say what to do.
    fn check(&self, instrument: &InstrumentId, artifact: &[u8]) -> Result<Value, String>;

    /// The model serves from the instrument's next reading on; `None` is its own calibration.
    ///
    /// # Errors
    /// Why the artifact cannot serve this instrument; what served before goes on.
    fn serve<'a>(&'a self, instrument: &'a InstrumentId, model: Option<Served>) -> BoxFuture<'a, Result<(), String>>;
}

/// Hands promoted models to the running fleet, whoever promoted them: a person through the API, a training job, or
/// `dayi train` in a terminal beside the running server. Cheap to clone.
#[derive(Clone)]
pub struct Deployment {
    versions: Versions,
    port: Arc<dyn ModelPort>,
    serving: Arc<Mutex<Serving>>,
}

/// What the fleet serves.
struct Serving {
    /// The number of each instrument's promotion that serves.
    numbers: HashMap<InstrumentId, i64>,
    /// How many promotions there were in all.
    made: u64,
}

impl Deployment {
    /// A deployment over a fleet that was started with what `versions` say serves.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn new(versions: Versions, port: Arc<dyn ModelPort>) -> Result<Self, DbErr> {
        let made = versions.promotions_made().await?;
        let numbers = versions.serving().await?.into_iter().map(|(id, promotion)| (id, promotion.number)).collect();
        Ok(Self { versions, port, serving: Arc::new(Mutex::new(Serving { numbers, made })) })
    }

    /// Looks for promotions of other processes until `stop`.
    pub async fn run(self, stop: CancellationToken) {
        loop {
            tokio::select! {
                () = stop.cancelled() => return,
                () = tokio::time::sleep(LOOK_EVERY) => self.look().await,
            }
        }
    }

    /// Returns when everything serves that was promoted by now. A database that does not answer is asked again within
    /// seconds.
    pub async fn look(&self) {
        if let Err(error) = self.try_look().await {
            tracing::warn!(%error, "promoted models could not be looked for; they are looked for again");
        }
    }

    async fn try_look(&self) -> Result<(), DbErr> {
        let mut serving = self.serving.lock().await;
        let made = self.versions.promotions_made().await?;
        if made == serving.made {
            return Ok(());
        }
        for (instrument, promotion) in self.versions.serving().await? {
            if serving.numbers.get(&instrument) != Some(&promotion.number) {
                self.serve(&instrument, &promotion).await?;
                serving.numbers.insert(instrument, promotion.number);
            }
        }
        serving.made = made;
        Ok(())
    }

    async fn serve(&self, instrument: &InstrumentId, promotion: &Promotion) -> Result<(), DbErr> {
        let model = match promotion.version {
            Some(version) => self.versions.artifact(instrument, version).await?.map(|artifact| (version, artifact)),
            None => None,
        };
        if let Err(why) = self.port.serve(instrument, model).await {
            metrics::counter!("dayi_model_refusals_total").increment(1);
            tracing::error!(%instrument, version = promotion.version, why, "a promoted model cannot serve; the one before it goes on");
        }
        Ok(())
    }
}
