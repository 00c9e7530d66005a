//! The server: one thread, this machine only, nothing without a limit.
//!
//! At most [`CONNECTIONS`] are open, a head must come within [`HEAD`], a body of at most [`BODY`] bytes and the answer within
//! [`ANSWER`]; whoever does not take what is sent is let go.

use std::collections::BTreeMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::sync::mpsc;
use std::thread::JoinHandle;
use std::time::Duration;

use axum::extract::{DefaultBodyLimit, Path, Request, State};
use axum::http::{HeaderMap, StatusCode};
use axum::middleware::{self, Next};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use gradus::message::Message;
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use serde::Deserialize;
use serde_json::{Value, json};
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::sync::watch::{Receiver, Sender, channel};

use crate::guard::{self, Token};
use crate::patience::Patient;
use crate::runs::{self, Runs};
use crate::sessions::Sessions;
use crate::watch::{self, Hub};
use crate::{assets, bench, reply};

/// How many connections are open at a time; more are closed at once.
pub const CONNECTIONS: usize = 128;
/// How long the head of a request may take, and a connection may wait for its next.
pub const HEAD: Duration = Duration::from_secs(15);
/// How long a request may take from its head to its answer.
pub const ANSWER: Duration = Duration::from_secs(30);
/// Bytes of a request's body.
pub const BODY: usize = 1 << 20;

/// What to serve.
#[derive(Default)]
pub struct Options {
    /// The port; 0: any that is free.
    pub port: u16,
    /// A training under way.
    pub watch: Option<Hub>,
    /// Runs to compare.
    pub runs: Runs,
}

/// A page being served. It ends when this is dropped.
pub struct Server {
    address: SocketAddr,
    token: Token,
    stop: Sender<bool>,
    thread: Option<JoinHandle<()>>,
}

impl Server {
    /// Begins to serve on 127.0.0.1.
    ///
    /// # Errors
    /// If the port is taken, or the machine gives no thread.
    pub fn start(options: Options) -> std::io::Result<Server> {
        let token = Token::new()?;
        let (stop, stopped) = channel(false);
        let (tell, told) = mpsc::channel();
        let own = token.clone();
        let thread = std::thread::Builder::new().name("gradus-lab".into()).spawn(move || {
            let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build();
            let runtime = match runtime {
                Ok(runtime) => runtime,
                Err(error) => return drop(tell.send(Err(error))),
            };
            let sessions = Sessions::default();
            runtime.block_on(async {
                match TcpListener::bind((Ipv4Addr::LOCALHOST, options.port)).await {
                    Ok(listener) => {
                        let _ = tell.send(listener.local_addr());
                        serve(listener, router(own, &sessions, options), &sessions, stopped).await;
                    }
                    Err(error) => drop(tell.send(Err(error))),
                }
            });
            runtime.shutdown_timeout(Duration::from_millis(200));
        })?;
        let address =
            told.recv().unwrap_or_else(|_| Err(std::io::Error::other("the server did not start")))?;
        Ok(Server { address, token, stop, thread: Some(thread) })
    }

    /// Where the page is.
    pub fn url(&self) -> String {
        format!("http://{}/", self.address)
    }

    /// Where it listens.
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// What its actions need.
    pub fn token(&self) -> &str {
        self.token.as_str()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.stop.send(true);
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Takes connections until `stopped` says true.
async fn serve(listener: TcpListener, router: Router, sessions: &Sessions, mut stopped: Receiver<bool>) {
    let service = TowerToHyperService::new(router);
    let places = Arc::new(Semaphore::new(CONNECTIONS));
    let mut protocol = http1::Builder::new();
    protocol.timer(TokioTimer::new()).header_read_timeout(HEAD).max_headers(64);
    let mut tidy = tokio::time::interval(Duration::from_secs(30));
    loop {
        let accepted = tokio::select! {
            accepted = listener.accept() => accepted,
            _ = tidy.tick() => {
                sessions.end_idle();
                continue;
            }
            _ = stopped.changed() => return,
        };
        let Ok((stream, _)) = accepted else {
            // Too many open files, most likely: it passes.
            tokio::time::sleep(Duration::from_millis(50)).await;
            continue;
        };
        let Ok(place) = places.clone().try_acquire_owned() else { continue };
        let _ = stream.set_nodelay(true);
        let connection = protocol.serve_connection(TokioIo::new(Patient::new(stream)), service.clone());
        tokio::spawn(async move {
            let _place = place;
            let _ = connection.await;
        });
    }
}

#[derive(Clone)]
struct Shared {
    token: Token,
    sessions: Sessions,
    watched: bool,
    runs: usize,
}

fn router(token: Token, sessions: &Sessions, Options { watch, runs, .. }: Options) -> Router {
    let shared = Shared {
        token: token.clone(),
        sessions: sessions.clone(),
        watched: watch.is_some(),
        runs: runs.len(),
    };
    let watching = watch.map_or_else(Router::new, watch::routes);
    Router::new()
        .route("/", get(index))
        .route("/{*file}", get(file))
        .route("/api/lab", get(lab))
        .route("/api/bench/{name}", post(open))
        .route("/api/bench/{name}/{session}", post(ask))
        .with_state(shared)
        .merge(watching)
        .merge(runs::routes(runs))
        .layer(DefaultBodyLimit::max(BODY))
        .layer(middleware::from_fn(in_time))
        .layer(middleware::from_fn_with_state(token, guard::check))
}

/// A request that takes too long, or whose body does, is given up.
async fn in_time(request: Request, next: Next) -> Response {
    let late = |_| reply::error(StatusCode::REQUEST_TIMEOUT, "that took too long");
    tokio::time::timeout(ANSWER, next.run(request)).await.unwrap_or_else(late)
}

async fn index(State(shared): State<Shared>) -> Response {
    assets::index(shared.token.as_str(), &shared.shows(), shared.first())
}

/// What the page has to show.
async fn lab(State(shared): State<Shared>) -> Response {
    Json(shared.shows()).into_response()
}

impl Shared {
    fn shows(&self) -> Value {
        json!({ "version": env!("CARGO_PKG_VERSION"), "watch": self.watched, "runs": self.runs })
    }

    /// The module of the section that the page opens with.
    fn first(&self) -> &'static str {
        match (self.watched, self.runs) {
            (true, _) => "watch/index.js",
            (false, 1..) => "runs/index.js",
            _ => "bench/view.js",
        }
    }
}

async fn file(Path(name): Path<String>, headers: HeaderMap) -> Response {
    assets::file(&name, &headers)
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Open {
    #[serde(default)]
    state: BTreeMap<String, String>,
}

async fn open(State(shared): State<Shared>, Path(name): Path<String>, Json(body): Json<Open>) -> Response {
    let Some(experiment) = bench::find(&name) else {
        return reply::error(
            StatusCode::NOT_FOUND,
            Message::of("there is no experiment `{name}`").with("name", name),
        );
    };
    match shared.sessions.open(experiment, bench::State(body.state)).await {
        Ok(session) => Json(json!({ "session": session })).into_response(),
        Err((status, words)) => reply::error(status, words),
    }
}

async fn ask(
    State(shared): State<Shared>,
    Path((name, session)): Path<(String, u64)>,
    Json(question): Json<Value>,
) -> Response {
    match shared.sessions.ask(&name, session, question).await {
        Ok(answer) => Json(answer).into_response(),
        Err((status, words)) => reply::error(status, words),
    }
}
