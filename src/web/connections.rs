//! Connections of clients: accepted, served, and ended when the server stops.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use axum::extract::ConnectInfo;
use axum::{Extension, Router};
use hyper::server::conn::http1::Builder;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::{GracefulShutdown, Watcher};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tower::Layer;

/// As long as a client may take for the head of a request, from when one is waited for: connections cost something, also those
/// over which nobody says anything. Longer than proxies keep a connection for the next request.
const HEAD_PATIENCE: Duration = Duration::from_mins(2);
/// As long as nothing is accepted when nothing can be, mostly for want of file descriptors.
const PAUSE: Duration = Duration::from_secs(1);

/// Serves whoever connects until `stop` is done, then lets requests under way end.
pub async fn serve(listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    serve_patiently(HEAD_PATIENCE, listener, router, stop).await;
}

async fn serve_patiently(patience: Duration, listener: TcpListener, router: Router, stop: impl Future<Output = ()>) {
    let mut http = Builder::new();
    http.timer(TokioTimer::new()).header_read_timeout(patience);
    let connections = GracefulShutdown::new();
    let mut stop = std::pin::pin!(stop);
    loop {
        let accepted = tokio::select! {
            () = stop.as_mut() => break,
            accepted = listener.accept() => accepted,
        };
        match accepted {
            Ok((stream, peer)) => {
                tokio::spawn(serve_connection(http.clone(), stream, peer, router.clone(), connections.watcher()));
            }
            Err(error) if is_of_client(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection can be accepted");
                tokio::time::sleep(PAUSE).await;
            }
        }
    }
    drop(listener);
    connections.shutdown().await;
}

async fn serve_connection(http: Builder, stream: TcpStream, peer: SocketAddr, router: Router, watcher: Watcher) {
    let service = TowerToHyperService::new(Extension(ConnectInfo(peer)).layer(router));
    let connection = http.serve_connection(TokioIo::new(stream), service);
    if let Err(error) = watcher.watch(connection).await {
        note_end(&error, peer);
    }
}

/// Writes down what was refused before there was a request that anything else could see. The address is the peer's: nobody
/// has read yet for whom it asks.
fn note_end(error: &hyper::Error, peer: SocketAddr) {
    let address = peer.ip().to_canonical();
    if error.is_parse_too_large() {
        tracing::warn!(client.address = %address, "refused a request whose head is too large: {error}");
    } else if error.is_parse() {
        tracing::info!(client.address = %address, "refused what is no request: {error}");
    } else {
        tracing::debug!(client.address = %address, %error, "a connection ended early");
    }
}

/// Whether it is the client who went away before it was accepted.
fn is_of_client(error: &io::Error) -> bool {
    use io::ErrorKind::{ConnectionAborted, ConnectionRefused, ConnectionReset};
    matches!(error.kind(), ConnectionAborted | ConnectionRefused | ConnectionReset)
}

#[cfg(test)]
mod tests {
    use std::io::{Read, Write};
    use std::net::{SocketAddr, TcpStream};
    use std::time::Duration;

    use axum::Router;
    use axum::extract::ConnectInfo;
    use tokio::net::TcpListener;
    use tokio::sync::oneshot;

    use super::serve_patiently;

    const PATIENCE: Duration = Duration::from_millis(200);

    /// Says something, and hears what is answered until the connection ends.
    async fn exchange(address: SocketAddr, said: &'static str) -> String {
        let talking = move || {
            let mut stream = TcpStream::connect(address).unwrap();
            stream.set_read_timeout(Some(Duration::from_mins(1))).unwrap();
            stream.write_all(said.as_bytes()).unwrap();
            let mut heard = String::new();
            stream.read_to_string(&mut heard).unwrap();
            heard
        };
        tokio::task::spawn_blocking(talking).await.unwrap()
    }

    #[tokio::test]
    async fn who_says_no_request_is_not_waited_for_and_who_waits_for_an_answer_gets_it() {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let slow = |ConnectInfo(peer): ConnectInfo<SocketAddr>| async move {
            tokio::time::sleep(3 * PATIENCE).await;
            format!("to {}", peer.ip())
        };
        let (stop, stopped) = oneshot::channel::<()>();
        let stopped = async { drop(stopped.await) };
        let serving = tokio::spawn(serve_patiently(PATIENCE, listener, Router::new().fallback(slow), stopped));
        for said in ["", "GET / HT", "GET / HTTP/1.1\r\nHost: x\r\nX-Header: "] {
            assert!(!exchange(address, said).await.contains("to 127.0.0.1"), "{said}");
        }
        // The next request of a connection is waited for likewise.
        let request = "GET / HTTP/1.1\r\nHost: x\r\n\r\n";
        assert!(exchange(address, request).await.ends_with("to 127.0.0.1"));
        // Who is being served when the server stops is served to the end.
        let last = tokio::spawn(exchange(address, request));
        tokio::time::sleep(PATIENCE).await;
        stop.send(()).unwrap();
        assert!(last.await.unwrap().ends_with("to 127.0.0.1"));
        serving.await.unwrap();
        assert!(TcpStream::connect(address).is_err());
    }
}
