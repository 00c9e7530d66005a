//! The routes of a training under way: what is new, and what a person wants.

use std::convert::Infallible;
use std::sync::atomic::Ordering::Relaxed;
use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::http::header::CONTENT_TYPE;
use axum::response::sse::{Event, KeepAlive, Sse};
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use axum::{Json, Router};
use futures_util::stream::{Stream, unfold};
use serde_json::json;

use super::{Cursor, Hub, Wish};
use crate::reply;

/// Between two messages to a page.
const PACE: Duration = Duration::from_millis(100);

/// The greatest factor of the learning rate, and its reciprocal the least.
const FACTOR: f64 = 1e6;

/// `GET /api/watch`: server-sent events; `POST /api/watch`: a [`Wish`]; `GET /api/watch/wall`: the bytes of the wall's pictures.
pub fn routes(hub: Hub) -> Router {
    Router::new()
        .route("/api/watch", get(watch))
        .route("/api/watch", post(wish))
        .route("/api/watch/wall", get(wall))
        .with_state(hub)
}

async fn wall(State(hub): State<Hub>) -> Response {
    let bytes = hub.scene().wall.as_ref().map_or_else(Vec::new, |wall| wall.bytes.clone());
    ([(CONTENT_TYPE, "application/octet-stream")], bytes).into_response()
}

async fn wish(State(hub): State<Hub>, Json(wish): Json<Wish>) -> Response {
    if let Wish::Rate { factor } = wish
        && !(1.0 / FACTOR..=FACTOR).contains(&factor)
    {
        return reply::error(
            StatusCode::BAD_REQUEST,
            "the factor of the learning rate must lie between 10⁻⁶ and 10⁶",
        );
    }
    hub.wish(wish);
    Json(json!({})).into_response()
}

async fn watch(State(hub): State<Hub>) -> Response {
    let keep = KeepAlive::new().interval(Duration::from_secs(5));
    Sse::new(messages(hub)).keep_alive(keep).into_response()
}

/// Counts a page as long as it is there.
struct Page(Hub);

impl Page {
    fn new(hub: Hub) -> Page {
        hub.0.pages.fetch_add(1, Relaxed);
        hub.0.changed.notify_all();
        Page(hub)
    }
}

impl Drop for Page {
    fn drop(&mut self) {
        self.0.0.pages.fetch_sub(1, Relaxed);
    }
}

/// What is new, whenever the page has taken what came before; ends after the end of the training.
fn messages(hub: Hub) -> impl Stream<Item = Result<Event, Infallible>> {
    unfold((Page::new(hub), Cursor::default(), false), |(page, mut cursor, later)| async move {
        if cursor.is_over() {
            return None;
        }
        if later {
            tokio::time::sleep(PACE).await;
        }
        loop {
            if let Some(news) = page.0.news(&mut cursor) {
                return Some((Ok(Event::default().data(news.to_string())), (page, cursor, true)));
            }
            tokio::time::sleep(PACE).await;
        }
    })
}
