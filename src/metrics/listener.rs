//! The second listener: whatever it is asked for, it tells the metrics.

use axum::Router;
use axum::body::{Body, Bytes};
use axum::http::header;
use axum::response::IntoResponse;
use tokio::net::TcpListener;

use super::Metrics;
use super::text::CONTENT_TYPE;
use crate::store::Db;

/// Serves the metrics until it is dropped; an error means that the listener is broken.
pub async fn serve(listener: TcpListener, metrics: Metrics, db: Db) -> std::io::Result<()> {
    let answer = move || {
        let pieces = metrics.scrape(&db);
        async move {
            let pieces = futures::stream::iter(pieces.map(Ok::<Bytes, std::convert::Infallible>));
            ([(header::CONTENT_TYPE, CONTENT_TYPE)], Body::from_stream(pieces)).into_response()
        }
    };
    axum::serve(listener, Router::new().fallback(answer)).await
}
