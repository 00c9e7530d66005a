//! The page's files: plain HTML, CSS and ES modules from `lab/page/`, compressed when the program is built.

use std::io::Read;
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// (path below `page/`, the bytes as gzip).
static FILES: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// Where the page's own token goes in `index.html`.
const TOKEN_PLACE: &str = "{{token}}";

/// The names of all files.
pub fn names() -> impl Iterator<Item = &'static str> {
    FILES.iter().map(|(name, _)| *name)
}

/// The bytes of a file.
pub fn read(name: &str) -> Option<Vec<u8>> {
    let (_, compressed) = FILES.iter().find(|(known, _)| *known == name)?;
    let mut bytes = Vec::new();
    flate2::read::GzDecoder::new(*compressed).read_to_end(&mut bytes).ok()?;
    Some(bytes)
}

/// `index.html` with the token that actions need: only a page of this origin can read it.
pub fn index(token: &str) -> Response {
    static INDEX: LazyLock<String> =
        LazyLock::new(|| String::from_utf8(read("index.html").unwrap_or_default()).unwrap_or_default());
    let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
    ([kind], INDEX.replace(TOKEN_PLACE, token)).into_response()
}

/// A file as an answer: compressed, where the browser can read that. Names are looked up in a table, so that no path
/// leads out of it.
pub fn file(name: &str, headers: &HeaderMap) -> Response {
    let Some((_, compressed)) = FILES.iter().find(|(known, _)| *known == name && name != "index.html") else {
        return StatusCode::NOT_FOUND.into_response();
    };
    let kind = (header::CONTENT_TYPE, kind(name));
    let accepts = |h: &axum::http::HeaderValue| h.to_str().is_ok_and(|text| text.contains("gzip"));
    if headers.get(header::ACCEPT_ENCODING).is_some_and(accepts) {
        return ([kind, (header::CONTENT_ENCODING, "gzip")], Body::from(*compressed)).into_response();
    }
    ([kind], read(name).unwrap_or_default()).into_response()
}

fn kind(name: &str) -> &'static str {
    match name.rsplit('.').next() {
        Some("html") => "text/html; charset=utf-8",
        Some("css") => "text/css; charset=utf-8",
        Some("js") => "text/javascript; charset=utf-8",
        Some("json") => "application/json",
        Some("svg") => "image/svg+xml",
        Some("png") => "image/png",
        _ => "application/octet-stream",
    }
}
