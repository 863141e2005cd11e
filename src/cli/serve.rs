//! `test-observer serve`.

use std::net::SocketAddr;
use std::time::Duration;

use anyhow::Context;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

use super::DbArgs;
use crate::clock::Clock;
use crate::config::{Config, MetricsConfig};
use crate::metrics::{self, Metrics};
use crate::service::Service;
use crate::web;

/// How long requests that are under way may take after the signal to stop.
const DRAIN_TIME: Duration = Duration::from_secs(30);
/// How long statements whose results nobody waits for any longer may take until the program ends.
const CLOSE_TIME: Duration = Duration::from_secs(3);
/// How often it is looked whether the SAML identity provider has changed.
const SAML_INTERVAL: Duration = Duration::from_mins(15);
/// How often it is written down when applications were last seen.
const LAST_USES_INTERVAL: Duration = Duration::from_mins(1);

#[derive(Debug, clap::Args)]
pub(super) struct ServeArgs {
    /// Where to listen
    #[arg(long, value_name = "ADDR", env = "LISTEN", default_value = "127.0.0.1:30000")]
    listen: SocketAddr,
    #[command(flatten)]
    db: DbArgs,
}

pub(super) async fn run(args: ServeArgs) -> anyhow::Result<()> {
    let config = Config::read(args.listen, args.db.url()?, |name| std::env::var(name).ok())?;
    let db = args.db.connect_and_watch(config.slow_statement).await?;
    let listener =
        TcpListener::bind(config.listen).await.with_context(|| format!("cannot listen on {}", config.listen))?;
    let address = listener.local_addr()?;
    if config.opened_reads && config.is_alone {
        tracing::info!("reads are open to everybody on this machine: IGNORE_PERMISSIONS is not set");
    } else if config.opened_reads {
        let published = &config.settings.frontend_url;
        tracing::warn!("reads are open to everybody who comes to {published}: IGNORE_PERMISSIONS is not set");
    }
    let service = Service::new(db.clone(), Clock::system(), config.settings);
    let api = crate::api::router(service.clone(), config.max_body_bytes);
    let proxies = service.settings.proxies.clone();
    let metrics = Metrics::default();
    let site = config.site_root.map_or_else(web::Site::built, web::Site::in_folder);
    let router = web::router(api, &web::Options { site, proxies }, metrics.clone());
    tracing::info!("listening on http://{address}");
    if config.listen.ip().is_loopback()
        && let Some(token) = service.make_first_administrator().await?
    {
        let link = crate::domain::sign_in_link::spell_link(&format!("http://{address}"), &token);
        tracing::info!("nobody can sign in yet: {link} lets you in as administrator, once and within 24 hours");
    }
    let jobs = tokio::spawn(run_jobs(service.clone()));
    let noting = tokio::spawn(save_last_uses(service.clone()));
    let following = tokio::spawn(follow_saml_provider(service.clone()));
    let watching = tokio::spawn(tell_metrics(config.metrics, metrics, service.clone()));
    serve(listener, router, service.clone()).await;
    jobs.abort();
    noting.abort();
    following.abort();
    watching.abort();
    if let Err(error) = service.save_last_uses().await {
        tracing::warn!(%error, "when applications were last seen is not known to the minute");
    }
    // Who was stopped in the middle of a long statement has nothing to lose.
    if tokio::time::timeout(CLOSE_TIME, db.close()).await.is_err() {
        tracing::info!("the database is still busy with what nobody waits for");
    }
    tracing::info!("stopped");
    Ok(())
}

/// Takes part in running the jobs, unless the operator does not want that.
async fn run_jobs(service: Service) {
    if service.settings.periodic_tasks {
        service.run_jobs(&service.jobs()).await;
    } else {
        tracing::info!("this process runs no jobs: DISABLE_PERIODIC_TASKS is set");
    }
}

/// Every minute writes down when applications were last seen.
async fn save_last_uses(service: Service) {
    let mut ticks = tokio::time::interval(LAST_USES_INTERVAL);
    loop {
        ticks.tick().await;
        if let Err(error) = service.save_last_uses().await {
            tracing::warn!(%error, "when applications were last seen is written down later");
        }
    }
}

/// Keeps what is known of the SAML identity provider fresh.
async fn follow_saml_provider(service: Service) {
    let mut ticks = tokio::time::interval(SAML_INTERVAL);
    loop {
        ticks.tick().await;
        service.refresh_saml_provider().await;
    }
}

/// Tells metrics, if anybody wants to know them. Nothing depends on it: what goes wrong is in the log.
async fn tell_metrics(config: Option<MetricsConfig>, metrics: Metrics, service: Service) {
    let Some(MetricsConfig { listen, results }) = config else { return };
    let listener = match TcpListener::bind(listen).await {
        Ok(listener) => listener,
        Err(error) => return tracing::warn!(%error, "there are no metrics: cannot listen on {listen} (METRICS_PORT)"),
    };
    tracing::info!("metrics are at http://{listen}/metrics");
    let telling = metrics::serve(listener, metrics.clone(), service.db.clone());
    let counting = async {
        if let Some(plan) = results {
            metrics::keep_counting(metrics, service, plan).await;
        } else {
            tracing::info!("results are not counted for the metrics: METRICS_INIT_ENABLED is false");
        }
    };
    // Counting reads long; telling does not wait for it.
    let (told, ()) = tokio::join!(telling, counting);
    if let Err(error) = told {
        tracing::warn!(%error, "there are no metrics any longer");
    }
}

/// Serves until a signal says stop, then lets requests that are under way end.
async fn serve(listener: TcpListener, router: axum::Router, use_cases: Service) {
    let (stop, mut draining) = tokio::sync::watch::channel(false);
    let serving = web::serve(listener, router, async move {
        wait_for_signal().await;
        tracing::info!("stopping: requests under way have {} s", DRAIN_TIME.as_secs());
        // Streams of events would never end by themselves.
        use_cases.end_event_streams();
        stop.send_replace(true);
    });
    let too_late = async move {
        // An error means that the server has ended.
        if draining.wait_for(|is_stopping| *is_stopping).await.is_ok() {
            tokio::time::sleep(DRAIN_TIME).await;
        }
    };
    tokio::select! {
        () = serving => {}
        () = too_late => tracing::warn!("some requests did not end in time"),
    }
}

async fn wait_for_signal() {
    let mut terminate = match signal(SignalKind::terminate()) {
        Ok(terminate) => terminate,
        Err(error) => {
            tracing::error!(%error, "cannot wait for SIGTERM");
            return std::future::pending().await;
        }
    };
    tokio::select! {
        _ = terminate.recv() => {}
        _ = tokio::signal::ctrl_c() => {}
    }
}
