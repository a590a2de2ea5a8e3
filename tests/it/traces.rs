//! Traces, sent by the program to a collector that speaks OTLP.

use crate::program::{dayi, listening, terminate};
use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::routing::post;
use opentelemetry_proto::tonic::collector::trace::v1::ExportTraceServiceRequest;
use opentelemetry_proto::tonic::trace::v1::Span;
use prost::Message;
use tokio::sync::mpsc;

/// A collector that hands on what it gets, and its address.
async fn collector() -> (String, mpsc::UnboundedReceiver<ExportTraceServiceRequest>) {
    let (sender, got) = mpsc::unbounded_channel();
    let take = |State(sender): State<mpsc::UnboundedSender<_>>, body: Bytes| async move {
        sender.send(ExportTraceServiceRequest::decode(body).unwrap()).unwrap();
    };
    let router = Router::new().route("/v1/traces", post(take)).with_state(sender);
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let url = format!("http://{}/v1/traces", socket.local_addr().unwrap());
    tokio::spawn(async move { axum::serve(socket, router).await.unwrap() });
    (url, got)
}

fn attribute(span: &Span, key: &str) -> String {
    let found = span.attributes.iter().find(|attribute| attribute.key == key);
    format!("{:?}", found.and_then(|attribute| attribute.value.as_ref()).and_then(|value| value.value.as_ref()))
}

#[tokio::test]
async fn a_request_becomes_a_span_of_its_callers_trace() {
    let (url, mut got) = collector().await;
    let data = tempfile::tempdir().unwrap();
    let mut command = dayi();
    command.env("DAYI__TRACES__OTLP", &url).args(["serve"]);
    let mut server = listening(&mut command, data.path()).await;
    let client = crate::harness::showing("t");
    let caller = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";
    let request = client.get(format!("{}/api/v1/instruments/nobody", server.http)).header("traceparent", caller);
    assert_eq!(request.send().await.unwrap().status(), 404);
    // The stop sends what is left.
    terminate(&mut server.child).await;
    let sent = got.recv().await.unwrap();
    let resource = format!("{:?}", sent.resource_spans[0].resource);
    assert!(resource.contains("service.name") && resource.contains("\"dayi\""), "{resource}");
    let spans: Vec<&Span> = sent.resource_spans[0].scope_spans.iter().flat_map(|scope| &scope.spans).collect();
    let span = spans.iter().find(|span| span.name == "GET /api/v1/instruments/{id}").unwrap();
    assert_eq!(span.trace_id, 0x0af7_6519_16cd_43dd_8448_eb21_1c80_319c_u128.to_be_bytes());
    assert_eq!(span.parent_span_id, 0xb7ad_6b71_6920_3331_u64.to_be_bytes());
    assert!(attribute(span, "http.response.status_code").contains("404"), "{span:?}");
    assert!(attribute(span, "url.path").contains("/instruments/nobody"), "{span:?}");
}

#[tokio::test]
async fn a_collector_that_is_away_costs_nothing_but_traces() {
    let data = tempfile::tempdir().unwrap();
    let mut command = dayi();
    command.env("DAYI__TRACES__OTLP", "http://127.0.0.1:1/v1/traces").args(["serve"]);
    let mut server = listening(&mut command, data.path()).await;
    let answer = reqwest::get(format!("{}/healthz", server.http)).await.unwrap();
    assert_eq!(answer.status(), 200);
    terminate(&mut server.child).await;
}

#[tokio::test]
async fn an_address_that_is_none_is_said() {
    let output = dayi().env("DAYI__TRACES__OTLP", "not an address").args(["serve"]).output().await.unwrap();
    let said = String::from_utf8_lossy(&output.stderr);
    assert_eq!(output.status.code(), Some(1), "{said}");
    assert!(said.contains("[traces] otlp"), "{said}");
}
