//! The course: chapters of `book/`, Markdown with formulas and experiments, as HTML for the page.
//!
//! Done when the program is built, so that it carries neither Markdown nor LaTeX. Formulas become MathML, which browsers
//! draw. A line `{{experiment NAME?key=value&…}}` becomes an empty place that the page fills with the experiment. Values are
//! written as they are: nothing is escaped, but none may hold an `&`.

#[path = "code.rs"]
mod code;

use std::path::Path;

use pulldown_cmark::{CodeBlockKind, Event, Options, Parser, Tag, TagEnd, html};
use pulldown_latex::config::{DisplayMode, RenderConfig};
use pulldown_latex::{Storage, mathml};
use serde_json::{Map, Value, json};

/// The folders of `book/`, and what the page calls these languages.
pub const LANGUAGES: [&str; 2] = ["en", "zh"];

/// A chapter as the page shows it.
pub struct Chapter {
    /// Its first heading.
    pub title: String,
    /// All of it, the heading included.
    pub html: String,
}

/// An experiment that stands in a chapter.
pub struct Experiment {
    /// As in the address `#/bench/NAME`.
    pub name: String,
    /// How it is set up.
    pub state: Map<String, Value>,
}

/// The files of the course: every chapter in every language, and the contents.
pub fn files(book: &Path) -> Result<Vec<(String, Vec<u8>)>, String> {
    let mut files = Vec::new();
    let mut contents = Vec::new();
    for name in names(&book.join(LANGUAGES[0]))? {
        let mut row = json!({ "name": name });
        for language in LANGUAGES {
            let path = book.join(language).join(format!("{name}.md"));
            let told = |e: &dyn std::fmt::Display| format!("{}: {e}", path.display());
            let text = std::fs::read_to_string(&path).map_err(|e| told(&e))?;
            let chapter = render(&text).map_err(|e| told(&e))?;
            row[language] = chapter.title.into();
            files.push((format!("course/{language}/{name}.html"), chapter.html.into_bytes()));
        }
        contents.push(row);
    }
    files.push(("course/contents.json".into(), Value::from(contents).to_string().into_bytes()));
    Ok(files)
}

/// The chapters of a folder, in order: file names without `.md`.
pub fn names(folder: &Path) -> Result<Vec<String>, String> {
    let told = |e: std::io::Error| format!("{}: {e}", folder.display());
    let mut names = Vec::new();
    for entry in std::fs::read_dir(folder).map_err(told)? {
        let name = entry.map_err(told)?.file_name();
        names.extend(name.to_str().and_then(|name| name.strip_suffix(".md")).map(String::from));
    }
    names.sort();
    Ok(names)
}

/// How the Markdown of the book is read.
pub fn options() -> Options {
    Options::ENABLE_MATH | Options::ENABLE_TABLES
}

/// A chapter's text as HTML.
pub fn render(text: &str) -> Result<Chapter, String> {
    let text = places(text)?;
    let (mut title, mut in_title, mut in_code, mut in_rust) = (String::new(), false, false, false);
    let mut events = Vec::new();
    for event in Parser::new_ext(&text, options()) {
        match &event {
            Event::Start(Tag::Heading { .. }) => in_title = title.is_empty(),
            Event::End(TagEnd::Heading(_)) => in_title = false,
            Event::Text(words) if in_title => title.push_str(words),
            // A formula whose braces do not match is none to Markdown.
            Event::Text(words) if !in_code && words.contains('$') => {
                return Err(format!("`{words}`: is this a formula?"));
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => {
                (in_code, in_rust) = (true, &**kind == "rust");
            }
            Event::End(TagEnd::CodeBlock) => (in_code, in_rust) = (false, false),
            _ => {}
        }
        match event {
            Event::InlineMath(tex) => events.push(Event::Html(formula(&tex, DisplayMode::Inline)?.into())),
            Event::DisplayMath(tex) => {
                let math = formula(&tex, DisplayMode::Block)?;
                events.push(Event::Html(
                    format!("<span class=\"course-formula\" tabindex=\"0\">{math}</span>").into(),
                ));
            }
            Event::Start(Tag::Table(_)) => {
                events.extend([Event::Html("<div class=\"scroll\" tabindex=\"0\">".into()), event]);
            }
            Event::End(TagEnd::Table) => events.extend([event, Event::Html("</div>".into())]),
            Event::Text(program) if in_rust => events.push(Event::Html(code::rust(&program).into())),
            _ => events.push(event),
        }
    }
    let mut page = String::new();
    html::push_html(&mut page, events.into_iter());
    // What may be wider than a phone can be scrolled by keys, too.
    Ok(Chapter { title, html: page.replace("<pre>", "<pre tabindex=\"0\">") })
}

/// The text with a place for each experiment.
fn places(text: &str) -> Result<String, String> {
    let mut out = String::new();
    for line in text.lines() {
        match experiment(line)? {
            None => out.push_str(line),
            Some(Experiment { name, state }) => {
                let state = Value::from(state).to_string();
                out.push_str(&format!(
                    "<div class=\"course-place\" data-experiment=\"{}\" data-state=\"{}\"></div>",
                    quoted(&name),
                    quoted(&state)
                ));
            }
        }
        out.push('\n');
    }
    Ok(out)
}

/// The experiment of a line, if it is one.
pub fn experiment(line: &str) -> Result<Option<Experiment>, String> {
    let Some(inside) = line.strip_prefix("{{experiment ").and_then(|rest| rest.strip_suffix("}}")) else {
        return if line.contains("{{") { Err(format!("what is `{line}`?")) } else { Ok(None) };
    };
    let (name, pairs) = inside.split_once('?').unwrap_or((inside, ""));
    let mut state = Map::new();
    for pair in pairs.split('&').filter(|pair| !pair.is_empty()) {
        let (key, value) = pair.split_once('=').ok_or(format!("`{pair}` is no key=value"))?;
        if state.insert(key.into(), value.into()).is_some() {
            return Err(format!("`{key}` is given twice in `{line}`"));
        }
    }
    Ok(Some(Experiment { name: name.into(), state }))
}

/// A formula as MathML, with its LaTeX for those who copy it.
pub fn formula(tex: &str, display_mode: DisplayMode) -> Result<String, String> {
    let storage = Storage::new();
    let mut events = Vec::new();
    for event in pulldown_latex::Parser::new(tex, &storage) {
        events.push(Ok::<_, std::convert::Infallible>(event.map_err(|e| format!("`{tex}`: {e}"))?));
    }
    let config = RenderConfig { display_mode, annotation: Some(tex), ..RenderConfig::default() };
    let mut math = String::new();
    mathml::push_mathml(&mut math, events.into_iter(), config).map_err(|e| format!("`{tex}`: {e}"))?;
    // `\mu` comes as the sign of a millionth, which is never italic.
    Ok(math.replace('µ', "μ"))
}

fn quoted(text: &str) -> String {
    text.replace('&', "&amp;").replace('"', "&quot;").replace('<', "&lt;")
}
