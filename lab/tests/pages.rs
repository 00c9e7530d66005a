//! The page's first answer says all that it will need, so that nothing waits for what imports it.

mod common;

use std::collections::BTreeSet;

use common::{ask, host, hub, model};
use gradus_lab::{Options, Server, assets};

fn text(name: &str) -> String {
    String::from_utf8(assets::read(name).unwrap_or_else(|| panic!("no file {name}"))).unwrap()
}

/// The modules that one imports, as addresses.
fn imports(name: &str) -> Vec<String> {
    let folder = format!("http://x/{name}");
    let (folder, _) = folder.rsplit_once('/').unwrap();
    let text = text(name);
    let quoted = text.split(['\'', '"']).filter(|part| part.starts_with("./") || part.starts_with("../"));
    let all = quoted.filter(|part| part.ends_with(".js")).map(|part| {
        let mut at: Vec<&str> = folder.split('/').collect();
        for step in part.split('/') {
            match step {
                "." => {}
                ".." => drop(at.pop()),
                step => at.push(step),
            }
        }
        at[3..].join("/")
    });
    all.collect()
}

/// Beside `app.js` and the first view there is no module on the way to it that is not named in the page itself.
#[test]
fn the_page_names_all_modules_of_its_first_view() {
    let watch = Options { watch: Some(hub(&model())), ..Options::default() };
    for (options, first) in [(watch, "watch/index.js"), (Options::default(), "bench/view.js")] {
        let server = Server::start(options).unwrap();
        let (_, page) = ask(&server, "GET /", &[&host(&server)], "");
        let links = page.split("rel=\"modulepreload\" href=\"").skip(1);
        let named: BTreeSet<String> = links.map(|rest| rest.split('"').next().unwrap().to_string()).collect();
        assert!(named.contains("app.js") && named.contains(first), "{first}: {named:?}");
        for name in &named {
            // Sections and experiments are loaded when they are opened.
            if !matches!(name.as_str(), "app.js" | "bench/index.js") {
                let missing: Vec<_> = imports(name).into_iter().filter(|i| !named.contains(i)).collect();
                assert!(missing.is_empty(), "{name} imports {missing:?}");
            }
        }
        assert!(!page.contains("{{") && page.contains("gradus-lab\" content=\"{&quot;"), "{page}");
    }
}

#[test]
fn a_style_sheet_comes_whole() {
    let sheet = text("style.css");
    assert!(!sheet.contains("@import"));
    for (name, rule) in [("bench/playground.css", ".net-"), ("course.css", ".course")] {
        assert!(text(name).contains(rule) && sheet.contains(text(name).trim()), "{name}");
    }
}
