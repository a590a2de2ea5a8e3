//! The page and the API on their socket.

use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// Serves until `stop`.
pub(super) async fn serve_pages(pages: TcpListener, router: axum::Router, stop: CancellationToken) {
    use axum::serve::ListenerExt;
    // A delta frame is small and wanted now.
    let pages = pages.tap_io(|socket| {
        if let Err(error) = socket.set_nodelay(true) {
            tracing::debug!(%error, "a page's socket keeps its delay");
        }
    });
    let served = axum::serve(pages, router.into_make_service_with_connect_info::<SocketAddr>())
        .with_graceful_shutdown(stop.cancelled_owned())
        .await;
    if let Err(error) = served {
        tracing::error!(%error, "the page and API ended with an error");
    }
}
