//! Traces: where the time of a request went, sent to an OpenTelemetry collector over OTLP/HTTP.
//!
//! Protocol: OpenTelemetry Protocol 1.x, binary protobuf over HTTP; parents from the W3C Trace Context header `traceparent`.

use super::config::TracesConfig;
use opentelemetry::trace::TracerProvider;
use opentelemetry::{KeyValue, global};
use opentelemetry_http::{Bytes, HttpClient, HttpError, Request, Response};
use opentelemetry_otlp::{WithExportConfig, WithHttpConfig};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::propagation::TraceContextPropagator;
use opentelemetry_sdk::trace::{Sampler, SdkTracer, SdkTracerProvider};
use std::time::Duration;
use tokio::runtime::Handle;

/// How long the collector has for a batch, and a stop for the last one.
const TIMEOUT: Duration = Duration::from_secs(5);

/// Why no traces can be sent.
#[derive(Debug, thiserror::Error)]
#[error("traces cannot be sent to {url}: {why}. Correct [traces] otlp, or leave it out")]
pub struct TracesError {
    url: String,
    why: String,
}

/// Sends what spans gather. To be stopped at the end, so that the last of it goes out.
pub(super) struct Traces(SdkTracerProvider);

impl Traces {
    /// Sends to where `config` says, from the runtime that this is called in; `None` where it says nothing.
    ///
    /// # Errors
    /// When the address cannot be one.
    pub(super) fn start(config: &TracesConfig) -> Result<Option<Self>, TracesError> {
        let Some(url) = &config.otlp else { return Ok(None) };
        let wrong = |why: String| TracesError { url: url.clone(), why };
        let client = reqwest::Client::builder().timeout(TIMEOUT).build().map_err(|error| wrong(error.to_string()))?;
        let exporter = opentelemetry_otlp::SpanExporter::builder()
            .with_http()
            .with_http_client(OnRuntime { client, runtime: Handle::current() })
            .with_endpoint(url)
            .with_timeout(TIMEOUT)
            .build()
            .map_err(|error| wrong(error.to_string()))?;
        let resource = Resource::builder()
            .with_service_name("dayi")
            .with_attribute(KeyValue::new("service.version", env!("CARGO_PKG_VERSION")))
            .build();
        let sampler = Sampler::ParentBased(Box::new(Sampler::TraceIdRatioBased(config.share)));
        let provider = SdkTracerProvider::builder()
            .with_batch_exporter(exporter)
            .with_sampler(sampler)
            .with_resource(resource)
            .build();
        global::set_text_map_propagator(TraceContextPropagator::new());
        Ok(Some(Self(provider)))
    }

    /// What makes spans.
    pub(super) fn tracer(&self) -> SdkTracer {
        self.0.tracer("dayi")
    }

    /// Sends what is left.
    pub(super) fn stop(self) {
        if let Err(error) = self.0.shutdown_with_timeout(TIMEOUT) {
            tracing::warn!(%error, "the last traces could not be sent");
        }
    }
}

/// The exporter has a thread of its own without a runtime; the client needs one.
#[derive(Debug)]
struct OnRuntime {
    client: reqwest::Client,
    runtime: Handle,
}

#[async_trait::async_trait]
impl HttpClient for OnRuntime {
    async fn send_bytes(&self, request: Request<Bytes>) -> Result<Response<Bytes>, HttpError> {
        let request = reqwest::Request::try_from(request)?;
        let client = self.client.clone();
        let answer = self.runtime.spawn(async move {
            let answer = client.execute(request).await?;
            let status = answer.status();
            answer.bytes().await.map(|body| (status, body))
        });
        let (status, body) = answer.await??;
        Ok(Response::builder().status(status).body(body)?)
    }
}
