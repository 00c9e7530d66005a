//! Who may ask: this page alone.
//!
//! The server listens on this machine only, but every page a browser has open could send it requests. So:
//!
//! - a `Host` that is not this machine is refused (421): a foreign name that was made to point here (DNS rebinding)
//!   gets nothing;
//! - what another site sends is refused (403), by `Origin` and `Sec-Fetch-Site`;
//! - whatever changes something is a POST of JSON with the token of this process, which only the page can read;
//! - answers forbid scripts, styles and connections from anywhere else, and frames around the page.

use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::{HeaderMap, HeaderName, HeaderValue, Method, StatusCode, header};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::reply;

/// The header that carries the token.
pub const TOKEN_HEADER: &str = "x-gradus-token";

const POLICY: &str = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; \
    connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/// A secret of this process.
#[derive(Clone)]
pub struct Token(Arc<str>);

impl Token {
    /// 128 random bits of the operating system.
    ///
    /// # Errors
    /// If it has none.
    pub fn new() -> std::io::Result<Token> {
        let mut bits = [0; 16];
        getrandom::fill(&mut bits).map_err(|e| std::io::Error::other(e.to_string()))?;
        Ok(Token(bits.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()))
    }

    /// As text.
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Whether it is this one, in a time that does not tell how much of it is right.
    fn is(&self, given: &[u8]) -> bool {
        let own = self.0.as_bytes();
        own.len() == given.len() && own.iter().zip(given).fold(0, |differs, (a, b)| differs | (a ^ b)) == 0
    }
}

/// Lets through what the page asks; says why not otherwise.
pub async fn check(State(token): State<Token>, request: Request, next: Next) -> Response {
    let mut response = match refuse(&token, request.method(), request.headers()) {
        Some((status, why)) => reply::error(status, why),
        None => next.run(request).await,
    };
    let headers = response.headers_mut();
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (header::REFERRER_POLICY, "no-referrer"),
        (header::CACHE_CONTROL, "no-store"),
        (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
        (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    ] {
        headers.insert(name, HeaderValue::from_static(value));
    }
    response.into_response()
}

fn refuse(token: &Token, method: &Method, headers: &HeaderMap) -> Option<(StatusCode, &'static str)> {
    let text = |name: &str| headers.get(name).map(|v| v.to_str().unwrap_or("?"));
    let host = text("host").unwrap_or("");
    if headers.get_all("host").iter().count() != 1 || !is_this_machine(host) {
        return Some((
            StatusCode::MISDIRECTED_REQUEST,
            "this server answers only to the name of this machine",
        ));
    }
    let own = |origin: &str| origin.strip_prefix("http://") == Some(host);
    if text("origin").is_some_and(|origin| !own(origin)) {
        return Some((StatusCode::FORBIDDEN, "another site may not ask"));
    }
    if text("sec-fetch-site").is_some_and(|site| site != "same-origin" && site != "none") {
        return Some((StatusCode::FORBIDDEN, "another site may not ask"));
    }
    if method == Method::GET || method == Method::HEAD {
        return None;
    }
    if method != Method::POST {
        return Some((StatusCode::METHOD_NOT_ALLOWED, "only GET and POST are answered"));
    }
    if !text("content-type").is_some_and(|kind| kind.starts_with("application/json")) {
        return Some((StatusCode::UNSUPPORTED_MEDIA_TYPE, "a POST must be JSON"));
    }
    if !headers.get(TOKEN_HEADER).is_some_and(|given| token.is(given.as_bytes())) {
        return Some((
            StatusCode::FORBIDDEN,
            "the token is missing or of another process: load the page again",
        ));
    }
    None
}

/// `127.0.0.1`, `localhost` or `[::1]`, with any port: it may be forwarded from another machine.
fn is_this_machine(host: &str) -> bool {
    ["127.0.0.1", "localhost", "[::1]"].iter().any(|name| {
        host.strip_prefix(name).is_some_and(|rest| {
            rest.is_empty() || rest.strip_prefix(':').is_some_and(|port| port.parse::<u16>().is_ok())
        })
    })
}
