//! Answers: JSON, or an error in words.

use axum::Json;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use base64::Engine;
use gradus::message::Message;
use serde_json::{Value, json};

/// `{"error": …}`: a [`Message`].
pub fn error(status: StatusCode, words: impl Into<Message>) -> Response {
    (status, Json(json!({ "error": words.into() }))).into_response()
}

/// Many numbers as one short text: their bytes as little-endian `f32`, in base64; `unpack` of the page's `api.js` makes a
/// `Float32Array` of it. A grid of 100 × 100 so takes 53 kB and no time to read.
pub fn packed(numbers: &[f32]) -> Value {
    let bytes: Vec<u8> = numbers.iter().flat_map(|n| n.to_le_bytes()).collect();
    packed_bytes(&bytes)
}

/// Bytes as one short text; `unpackBytes` of the page's `api.js` makes a `Uint8Array` of it.
pub fn packed_bytes(bytes: &[u8]) -> Value {
    base64::engine::general_purpose::STANDARD.encode(bytes).into()
}
