//! The page's files: plain HTML, CSS and ES modules from `lab/page/`, compressed when the program is built.

use std::io::Read;
use std::sync::LazyLock;

use axum::body::Body;
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Response};

/// (path below `page/`, the bytes as gzip).
static FILES: &[(&str, &[u8])] = &include!(concat!(env!("OUT_DIR"), "/files.rs"));

/// For each section of the page: its first module, and all modules that it needs.
static SECTIONS: &[(&str, &[&str])] = include!(concat!(env!("OUT_DIR"), "/sections.rs"));

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

/// All modules that the section of that first module needs.
pub fn needed(first: &str) -> &'static [&'static str] {
    SECTIONS.iter().find(|(name, _)| *name == first).map_or(&[], |(_, all)| all)
}

/// `index.html` with the token that actions need (only a page of this origin can read it), what there is to show, and the
/// names of all modules of the section that will be shown first, so that they come at once and not one after another.
pub fn index(token: &str, lab: &serde_json::Value, first: &str) -> Response {
    static INDEX: LazyLock<String> =
        LazyLock::new(|| String::from_utf8(read("index.html").unwrap_or_default()).unwrap_or_default());
    let kind = (header::CONTENT_TYPE, "text/html; charset=utf-8");
    let links = needed(first).iter().map(|name| format!("<link rel=\"modulepreload\" href=\"{name}\">\n  "));
    let page = INDEX
        .replace("{{token}}", token)
        .replace("{{lab}}", &lab.to_string().replace('"', "&quot;"))
        .replace("{{preload}}", links.collect::<String>().trim_end());
    ([kind], page).into_response()
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
