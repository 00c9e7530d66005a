//! What the server refuses, and that a training under way does not notice any of it.

mod common;

use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::Duration;

use common::{Through, ask, host, hub, model, post, raw, serve, train};
use gradus::train::Event;
use gradus_lab::{Options, Server};

fn server() -> Server {
    Server::start(Options::default()).unwrap()
}

#[test]
fn the_page_is_served_with_a_policy_and_its_token() {
    let server = server();
    let (status, page) = ask(&server, "GET /", &[&host(&server)], "");
    assert_eq!(status, 200, "{page}");
    assert!(
        page.contains(server.token()) && page.contains("default-src 'none'") && page.contains("no-store")
    );
    for file in gradus_lab::assets::names().filter(|name| *name != "index.html") {
        let (status, _) = ask(&server, &format!("GET /{file}"), &[&host(&server)], "");
        assert_eq!(status, 200, "{file}");
    }
}

#[test]
fn a_foreign_host_is_refused() {
    let server = server();
    let port = server.address().port();
    for foreign in [
        "evil.example",
        "127.0.0.1.evil.example",
        "localhost.evil.example:80",
        "localhost:",
        "0.0.0.0",
        "",
        "127.0.0.1@evil",
    ] {
        let (status, _) = ask(&server, "GET /", &[&format!("host: {foreign}")], "");
        assert!(status == 421 || status == 400, "{foreign}: {status}");
    }
    assert_eq!(ask(&server, "GET /", &[], "").0, 421);
    assert_eq!(ask(&server, "GET /", &["host: localhost", "host: evil.example"], "").0, 421);
    assert_eq!(ask(&server, &format!("GET http://evil.example:{port}/"), &["host: evil.example"], "").0, 421);
    for own in [
        format!("localhost:{port}"),
        format!("127.0.0.1:{port}"),
        format!("[::1]:{port}"),
        "localhost".into(),
    ] {
        assert_eq!(ask(&server, "GET /", &[&format!("host: {own}")], "").0, 200, "{own}");
    }
}

#[test]
fn another_site_is_refused() {
    let server = server();
    let host = host(&server);
    let own = format!("origin: http://{}", server.address());
    for foreign in [
        "origin: http://evil.example",
        "origin: null",
        "origin: http://localhost:1",
        "sec-fetch-site: cross-site",
        "sec-fetch-site: same-site",
    ] {
        assert_eq!(ask(&server, "GET /api/lab", &[&host, foreign], "").0, 403, "{foreign}");
    }
    assert_eq!(ask(&server, "GET /api/lab", &[&host, &own, "sec-fetch-site: same-origin"], "").0, 200);
}

#[test]
fn what_changes_something_needs_the_token_and_json() {
    let model = model();
    let hub = hub(&model);
    let server = serve(&hub);
    let (host, wish) = (host(&server), r#"{"do":"pause"}"#);
    let (json, token) = ("content-type: application/json", format!("x-gradus-token: {}", server.token()));
    let wrong = format!("x-gradus-token: {}", "0".repeat(32));
    assert_eq!(ask(&server, "POST /api/watch", &[&host, json], wish).0, 403);
    assert_eq!(ask(&server, "POST /api/watch", &[&host, json, &wrong], wish).0, 403);
    assert_eq!(ask(&server, "POST /api/watch", &[&host, &token, "content-type: text/plain"], wish).0, 415);
    for method in ["PUT", "DELETE", "OPTIONS", "TRACE"] {
        assert_eq!(ask(&server, &format!("{method} /api/watch"), &[&host, json, &token], wish).0, 405);
    }
    for wrong in [
        r#"{"do":"format"}"#,
        "{",
        "[]",
        r#"{"do":"rate","factor":0}"#,
        r#"{"do":"rate","factor":1e9}"#,
        r#"{"do":"rate"}"#,
    ] {
        let (status, answer) = ask(&server, "POST /api/watch", &[&host, json, &token], wrong);
        assert!((400..500).contains(&status), "{wrong}: {answer}");
    }
    assert_eq!(ask(&server, "POST /api/watch", &[&host, json, &token], wish).0, 200);
    hub.close();
}

#[test]
fn no_path_leads_to_a_file() {
    let server = server();
    for path in [
        "/../Cargo.toml",
        "/..%2f..%2fetc/passwd",
        "/%2e%2e/%2e%2e/etc/passwd",
        "//etc/passwd",
        "/etc/passwd",
        "/watch/../../Cargo.toml",
        "/index.html%00.js",
        "/C:\\windows",
        "/.gz",
        "/index.html",
    ] {
        let (status, answer) = ask(&server, &format!("GET {path}"), &[&host(&server)], "");
        assert!(status == 404 || status == 400, "{path}: {status}");
        assert!(!answer.contains("[package]") && !answer.contains("root:"), "{path}");
    }
}

#[test]
fn large_bodies_and_heads_are_refused() {
    let server = server();
    let large = format!(r#"{{"state":{{"a":"{}"}}}}"#, "x".repeat(2 << 20));
    let (status, _) = post(&server, "/api/bench/none", &large);
    assert!(status == 413 || status == 0, "{status}");
    let head = format!("GET / HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n", "y".repeat(1 << 20));
    let answer = raw(server.address(), head.as_bytes());
    assert!(answer.is_empty() || answer.contains(" 431 ") || answer.contains(" 400 "), "{answer:.80}");
    let many: String = (0..1000).map(|i| format!("x-{i}: 1\r\n")).collect();
    let answer = raw(server.address(), format!("GET / HTTP/1.1\r\nhost: localhost\r\n{many}\r\n").as_bytes());
    assert!(answer.is_empty() || answer.contains(" 431 ") || answer.contains(" 400 "), "{answer:.80}");
    assert_eq!(ask(&server, "GET /", &[&host(&server)], "").0, 200);
}

/// Floods of connections, half-open ones, half requests, pages that never read, nonsense: the hash stays.
#[test]
fn a_training_does_not_notice() {
    let model = model();
    let alone = train(&model, &mut |_: &Event| {});
    let hub = hub(&model);
    let server = serve(&hub);
    let address = server.address();
    let done = std::sync::atomic::AtomicBool::new(false);
    let hash = std::thread::scope(|scope| {
        for kind in 0..4 {
            let done = &done;
            scope.spawn(move || {
                let mut held = Vec::new();
                while !done.load(std::sync::atomic::Ordering::Relaxed) {
                    let Ok(mut stream) = TcpStream::connect(address) else { continue };
                    let _ = match kind {
                        0 => Ok(()),
                        1 => stream.write_all(b"POST /api/watch HTTP/1.1\r\nhost: localhost\r\ncontent-le"),
                        2 => stream.write_all(b"GET /api/watch HTTP/1.1\r\nhost: localhost\r\n\r\n"),
                        _ => stream.write_all(&[0xff; 512]),
                    };
                    held.push(stream);
                    if held.len() > 60 {
                        held.clear();
                    }
                }
            });
        }
        let hash = train(&model, &mut Through(&hub));
        done.store(true, std::sync::atomic::Ordering::Relaxed);
        hash
    });
    assert_eq!(hash, alone);
    hub.close();
}

/// Ten thousand connections, as many at once as this machine lets a test open; afterwards the page is there.
#[test]
fn ten_thousand_connections_leave_the_page_standing() {
    let server = server();
    // From many sides, because each may wait for a place in the system's queue.
    let knock = || {
        let mut open = Vec::new();
        for _ in 0..500 {
            match TcpStream::connect_timeout(&server.address(), Duration::from_secs(2)) {
                Ok(stream) => open.push(stream),
                // The test's own limit of files.
                Err(_) => open.clear(),
            }
            if open.len() > 25 {
                open.drain(..12);
            }
        }
    };
    std::thread::scope(|scope| (0..20).for_each(|_| drop(scope.spawn(knock))));
    let answered = (0..50).any(|_| {
        std::thread::sleep(Duration::from_millis(100));
        let Ok(mut stream) = TcpStream::connect(server.address()) else { return false };
        stream.set_read_timeout(Some(Duration::from_secs(2))).unwrap();
        let request = format!("GET / HTTP/1.1\r\n{}\r\nconnection: close\r\n\r\n", host(&server));
        let mut answer = String::new();
        stream.write_all(request.as_bytes()).is_ok()
            && stream.read_to_string(&mut answer).is_ok()
            && answer.contains(" 200 ")
    });
    assert!(answered);
}

/// A head that never ends is given up after its time.
#[test]
fn a_half_open_connection_is_closed() {
    let server = server();
    let mut stream = TcpStream::connect(server.address()).unwrap();
    stream.write_all(b"GET / HTTP/1.1\r\nhost: local").unwrap();
    stream.set_read_timeout(Some(Duration::from_secs(40))).unwrap();
    let mut rest = Vec::new();
    // Closed, by an answer or a reset: not a read that times out.
    let read = stream.read_to_end(&mut rest);
    let waited = |e: &std::io::Error| {
        matches!(e.kind(), std::io::ErrorKind::WouldBlock | std::io::ErrorKind::TimedOut)
    };
    assert!(!read.as_ref().is_err_and(waited), "{read:?}");
}
