//! `patchbay serve`: everything, until asked to stop.

use std::{sync::Arc, time::Duration};

use axum::Router;
use patchbay_control::operator::{FirstPassword, bootstrap};
use patchbay_plane::Directory as _;
use tokio::net::TcpListener;

use crate::{
    assets, cli,
    config::Config,
    demo,
    door::{Door, open_many_files},
    health::{self, Readiness},
    metrics, observe,
    sip_route::{self, SipRoute},
    wire::Node,
};

/// How to start.
#[derive(Clone, Copy, Debug)]
pub struct Start {
    /// With simulated gateways.
    pub demo: bool,
    /// Migrate PostgreSQL first.
    pub migrate: bool,
}

/// Runs until SIGINT or SIGTERM.
///
/// # Errors
/// A sentence that says what could not be started and why.
pub async fn serve(config: Config, start: Start) -> Result<(), String> {
    let files = open_many_files();
    tracing::info!(files, "As many files may be open");
    let counted = metrics::start()?;
    let node = Node::start(&config, start.demo, start.migrate).await?;
    let first = if start.demo { FirstPassword::Keeps } else { FirstPassword::MustChange };
    let password = bootstrap(&node.control, &config.operator_email, first)
        .await
        .map_err(|why| format!("the first operator: {}", why.code()))?;
    let lab = if start.demo { Some(demo::start(&config, &node).await?) } else { None };
    let listener = TcpListener::bind(config.http).await.map_err(|why| format!("HTTP at {}: {why}", config.http))?;
    let readiness = observe::readiness(&node);
    let watched = observe::watch(&config, &node, readiness.clone(), counted).await;
    let timing = metrics::Timing { clock: node.clock.clone(), traces: node.traces.clone() };
    let app = metrics::timed(app(&config, &node, readiness.clone()).merge(watched), timing);
    readiness.ready();
    greet(&config, start.demo, password.as_ref().map(|password| password.expose().as_str()));
    // Its task goes on while calls drain: browsers talk through it, and load balancers must hear that we are not ready.
    let door = tokio::spawn(Door::new(app, config.trusted_proxies.clone().into()).serve(listener));
    asked_to_stop().await;
    readiness.draining();
    drain(&node, Duration::from_secs(config.drain_s)).await;
    door.abort();
    if let Some(lab) = lab {
        lab.stop().await;
    }
    node.stop().await;
    Ok(())
}

/// Lets calls end. Whoever asks a second time does not want to wait.
async fn drain(node: &Node, patience: Duration) {
    tracing::info!("Stopping: no new calls; those that are up have {} s", patience.as_secs());
    tokio::select! {
        (calls, records) = node.exchange.drain(patience) => if calls + records > 0 {
            tracing::warn!(calls, records, "Some calls or records could not be finished; the next start closes them");
        },
        () = asked_to_stop() => tracing::warn!("Asked twice: calls that are up are cut; the next start closes their records"),
    }
}

fn app(config: &Config, node: &Node, readiness: Readiness) -> Router {
    let (control, directory) = (node.control.clone(), node.directory.clone());
    let redeem: sip_route::Redeem = Arc::new(move |ticket| {
        let (control, directory) = (control.clone(), directory.clone());
        Box::pin(async move {
            let grant = control.redeem_softphone(&ticket)?;
            let credential = directory.device(grant.tenant, grant.device).await.ok().flatten()?;
            Some((credential, grant.pages))
        })
    });
    let phone = sip_route::routes(SipRoute {
        redeem,
        signaling: node.signaling.clone(),
        exchange: node.exchange.clone(),
        origin: config.public_url().into(),
        proxies: config.trusted_proxies.clone().into(),
    });
    let files = patchbay_control::http::secured(Router::new().fallback(assets::serve));
    // API paths that do not exist are told so by the API; everything else is the web app's.
    node.control.router().merge(phone).merge(health::routes(readiness)).fallback_service(files)
}

async fn asked_to_stop() {
    let terminated = async {
        match tokio::signal::unix::signal(tokio::signal::unix::SignalKind::terminate()) {
            Ok(mut signal) => drop(signal.recv().await),
            Err(_) => std::future::pending().await,
        }
    };
    tokio::select! {
        _ = tokio::signal::ctrl_c() => {}
        () = terminated => {}
    }
}

/// What a person needs to know now; the password is shown this once.
fn greet(config: &Config, demo: bool, password: Option<&str>) {
    let url = config.public_url();
    let mut lines = vec![String::new(), format!("  {} is ready at {url}", config.name), String::new()];
    if demo {
        lines.push(format!("  Sign up:   {url}/sign-up"));
        lines.push(
            "             Three simulated gateways are racked; claim a number, open the desk and call the echo.".into(),
        );
    }
    lines.push(format!("  Operator:  {url}/operator   {}", config.operator_email));
    if let Some(password) = password {
        lines.push(format!("             operator password: {password}"));
        lines.push("             It is shown only now and kept nowhere in the clear.".into());
    }
    lines.push(String::new());
    cli::print(&lines.join("\n"));
}
