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
pub struct Serving {
    /// The number of each instrument's promotion that serves.
    numbers: HashMap<InstrumentId, i64>,
    /// How many promotions there were in all.
    made: u64,
}

impl Serving {
    /// What `versions` say serves. To be read before the artifacts a fleet starts with: what is promoted in between is
    /// then deployed once more instead of never.
    ///
    /// # Errors
    /// When the database does not answer.
    pub async fn read(versions: &Versions) -> Result<Self, DbErr> {
        let made = versions.promotions_made().await?;
        let numbers = versions.serving().await?.into_iter().map(|(id, promotion)| (id, promotion.number)).collect();
        Ok(Self { numbers, made })
    }
}

impl Deployment {
    /// A deployment over a fleet that was started with `serving`.
    #[must_use]
    pub fn new(versions: Versions, port: Arc<dyn ModelPort>, serving: Serving) -> Self {
        Self { versions, port, serving: Arc::new(Mutex::new(serving)) }
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

    async fn look(&self) {
        if let Err(error) = self.try_look().await {
            tracing::warn!(%error, "promoted models could not be looked for; they are looked for again");
        }
    }

    /// Returns when what was promoted for the instrument by now serves. A database that does not answer is asked again
    /// within seconds.
    pub async fn look_at(&self, instrument: &InstrumentId) {
        let looked = async {
            let mut serving = self.serving.lock().await;
            if let Some(promotion) = self.versions.promotions(instrument).await?.first() {
                self.renew(&mut serving, instrument, promotion).await?;
            }
            Ok::<(), DbErr>(())
        };
        if let Err(error) = looked.await {
            tracing::warn!(%error, %instrument, "a promoted model could not be read; it is read again");
        }
    }

    async fn try_look(&self) -> Result<(), DbErr> {
        let mut serving = self.serving.lock().await;
        let made = self.versions.promotions_made().await?;
        if made == serving.made {
            return Ok(());
        }
        for (instrument, promotion) in self.versions.serving().await? {
            self.renew(&mut serving, &instrument, &promotion).await?;
        }
        serving.made = made;
        Ok(())
    }

    /// Hands the model over if it does not serve yet.
    async fn renew(
        &self,
        serving: &mut Serving,
        instrument: &InstrumentId,
        promotion: &Promotion,
    ) -> Result<(), DbErr> {
        if serving.numbers.get(instrument) == Some(&promotion.number) {
            return Ok(());
        }
        let model = match promotion.version {
            Some(version) => self.versions.artifact(instrument, version).await?.map(|artifact| (version, artifact)),
            None => None,
        };
        if let Err(why) = self.port.serve(instrument, model).await {
            metrics::counter!("dayi_model_refusals_total").increment(1);
            tracing::error!(%instrument, version = promotion.version, why, "a promoted model cannot serve; the one before it goes on");
        }
        serving.numbers.insert(instrument.clone(), promotion.number);
        Ok(())
    }
}
