//! The page alone, for those who write it: `cargo run -p gradus-lab --example serve -- 8123`.

use gradus_lab::{Options, Server};

fn main() -> std::io::Result<()> {
    let port = std::env::args().nth(1).and_then(|text| text.parse().ok()).unwrap_or(0);
    let server = Server::start(Options { port, ..Options::default() })?;
    println!("{}", server.url());
    loop {
        std::thread::park();
    }
}
