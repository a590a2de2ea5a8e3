//! The page and the API on their socket.

use socket2::SockRef;
use std::net::SocketAddr;
use tokio::net::TcpListener;
use tokio_util::sync::CancellationToken;

/// What the system may hold for a page that has not asked for it yet, in bytes: a live connection that is slower than its changes
/// is noticed soon, and gets the latest states instead of megabytes that are old.
const UNSENT: u32 = 64 * 1024;

/// Serves until `stop`.
pub(super) async fn serve_pages(pages: TcpListener, router: axum::Router, stop: CancellationToken) {
    use axum::serve::ListenerExt;
    // A delta frame is small and wanted now.
    let pages = pages.tap_io(|socket| {
        let set = socket.set_nodelay(true);
        if let Err(error) = set.and_then(|()| SockRef::from(&*socket).set_tcp_notsent_lowat(UNSENT)) {
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
