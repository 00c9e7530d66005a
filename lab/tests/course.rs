//! The course is complete, the same in both languages, and what it shows works.

#[path = "../build/course.rs"]
mod course;

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::time::Duration;

use course::LANGUAGES;
use gradus_lab::bench::{self, Deadline, State};
use pulldown_cmark::{CodeBlockKind, Event, Parser, Tag, TagEnd};

fn book() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../book")
}

fn text(language: &str, name: &str) -> String {
    std::fs::read_to_string(book().join(language).join(format!("{name}.md"))).expect("a chapter")
}

/// Every chapter in both languages: (name, English, Chinese).
fn chapters() -> Vec<(String, Outline, Outline)> {
    let [en, zh] = LANGUAGES.map(|language| course::names(&book().join(language)).expect("a folder"));
    assert_eq!(en, zh, "the languages have different chapters");
    en.into_iter()
        .map(|name| (name.clone(), outline(&text("en", &name)), outline(&text("zh", &name))))
        .collect()
}

/// What two languages must have in common.
#[derive(Default)]
struct Outline {
    /// Headings, formulas that stand alone, code, tables, list items, experiments and what is folded, in order.
    blocks: Vec<String>,
    /// Formulas and code within the text, sorted, of each section.
    inline: Vec<Vec<String>>,
    experiments: Vec<course::Experiment>,
}

fn outline(text: &str) -> Outline {
    let mut outline = Outline { inline: vec![Vec::new()], ..Outline::default() };
    let Outline { blocks, inline, experiments } = &mut outline;
    let mut code: Option<String> = None;
    let prose: String = text.lines().filter(|l| !l.starts_with("{{")).map(|l| format!("{l}\n")).collect();
    for event in Parser::new_ext(&prose, course::options()) {
        match event {
            Event::Start(Tag::Heading { level, .. }) => {
                blocks.push(level.to_string());
                inline.push(Vec::new());
            }
            Event::Start(Tag::CodeBlock(CodeBlockKind::Fenced(kind))) => code = Some(format!("{kind}: ")),
            Event::End(TagEnd::CodeBlock) => blocks.extend(code.take()),
            Event::Text(words) if code.is_some() => code.as_mut().expect("code").push_str(&words),
            Event::DisplayMath(tex) => blocks.push(tex.into_string()),
            Event::InlineMath(tex) => inline.last_mut().expect("a section").push(format!("${tex}$")),
            Event::Code(code) => inline.last_mut().expect("a section").push(format!("`{code}`")),
            Event::Start(Tag::Item) => blocks.push("item".into()),
            Event::Start(Tag::TableRow | Tag::TableHead) => blocks.push("row".into()),
            Event::Start(Tag::TableCell) => blocks.push("cell".into()),
            // Numbers in a table are the same in all languages.
            Event::Text(words)
                if blocks.last().is_some_and(|last| last == "cell")
                    && words.chars().any(|c| c.is_ascii_digit())
                    && !words.chars().any(char::is_alphabetic) =>
            {
                blocks.push(words.into_string());
            }
            Event::Start(Tag::HtmlBlock) => blocks.push("html".into()),
            Event::Html(tag) if !tag.starts_with("<summary") => blocks.push(tag.trim().into()),
            _ => {}
        }
    }
    for section in inline {
        section.sort();
    }
    for line in text.lines() {
        experiments.extend(course::experiment(line).expect("a line that can be read"));
    }
    outline
}

#[test]
fn both_languages_have_the_same_parts() {
    let all = chapters();
    assert!(all.len() >= 12, "only {} chapters", all.len());
    for (name, en, zh) in &all {
        for (a, b) in en.blocks.iter().zip(&zh.blocks) {
            assert_eq!(a, b, "{name}: English has the first where Chinese has the second");
        }
        assert_eq!(en.blocks.len(), zh.blocks.len(), "{name}: one language ends earlier");
        for (number, (a, b)) in en.inline.iter().zip(&zh.inline).enumerate() {
            assert_eq!(a, b, "{name}: formulas and code of section {number}");
        }
    }
}

#[test]
fn every_chapter_explains_shows_invites_and_asks() {
    for (name, en, _) in chapters() {
        assert_eq!(en.blocks.iter().filter(|b| *b == "h1").count(), 1, "{name}: one title");
        assert!(!en.experiments.is_empty(), "{name}: no experiment");
        let sections: Vec<&[String]> = en.blocks.split(|b| b == "h2").collect();
        let [.., tries, question] = &sections[..] else { panic!("{name}: no sections") };
        assert_eq!(tries.iter().filter(|b| *b == "item").count(), 3, "{name}: three things to try");
        assert!(question.iter().any(|b| b.contains("<details>")), "{name}: no question with an answer");
        for language in LANGUAGES {
            let text = text(language, &name);
            let long = match language {
                "en" => text.split_whitespace().count(),
                // A word is about one and a half signs.
                _ => text.chars().filter(|c| *c > '\u{2e80}').count() * 2 / 3,
            };
            assert!((500..=1300).contains(&long), "{language}/{name}: about {long} words");
        }
    }
}

#[test]
fn every_formula_is_drawn_and_what_is_embedded_is_the_book() {
    let files = course::files(&book()).expect("every chapter can be rendered");
    assert_eq!(files.len(), 2 * chapters().len() + 1);
    for (name, bytes) in files {
        assert!(gradus_lab::assets::read(&name).as_ref() == Some(&bytes), "{name} is not embedded");
        let html = String::from_utf8(bytes).expect("text");
        // The page's policy forbids style attributes; an `merror` is a formula that could not be read.
        for wrong in [" style=", "merror", "&amp;nbsp;", "$$", "{{"] {
            assert!(!html.contains(wrong), "{name} has `{wrong}`");
        }
        assert_eq!(html.matches("<math").count(), html.matches("</math>").count(), "{name}");
    }
    let program = "```rust\nlet x: f64 = f(0..2, 0.5) && \"a<b\";\n# Ok(())\n```";
    let shown = course::render(program).expect("a program").html;
    let coloured = "<span class=\"k\">let</span> x: <span class=\"t\">f64</span> = f(<span class=\"n\">0</span>..\
        <span class=\"n\">2</span>, <span class=\"n\">0.5</span>) &amp;&amp; <span class=\"s\">\"a&lt;b\"</span>;\n</code>";
    assert!(shown.ends_with(&format!("{coloured}</pre>\n")), "{shown}");
    assert!(course::render("# A\n\n$\\frac{1}$").is_err(), "a formula that is wrong");
    assert!(course::render("# A\n\n$\\frac{1{2} = \\frac{3}{4}$").is_err(), "a brace that is missing");
    assert!(course::render("# A\n\n{{experiment a?b}}").is_err(), "an experiment that is wrong");
}

/// How each experiment is set up: the keys of its address.
const KEYS: &[(&str, &[&str])] = &[
    ("playground", NETWORK),
    ("weight", NETWORK),
    ("landscape", NETWORK),
    ("descent", &["f", "optimizers", "lr", "start", "steps", "seed", "view"]),
    ("universal", &["f", "on", "n", "optimizer", "lr", "steps", "kinks", "seed"]),
    ("averages", &["beta", "correction", "noise", "seed", "count", "series"]),
    ("evolution", &["f", "algorithm", "population", "generations", "lr", "seed", "view"]),
];

const NETWORK: &[&str] = &[
    "data",
    "noise",
    "examples",
    "points",
    "net",
    "loss",
    "optimizer",
    "optimizers",
    "lr",
    "steps",
    "batch",
    "l2",
    "seed",
    "directions",
    "weight",
];

#[test]
fn every_experiment_can_be_opened_as_it_is_written() {
    let mut used = Vec::new();
    for (chapter, en, zh) in chapters() {
        let both = en.experiments.iter().zip(&zh.experiments);
        assert_eq!(en.experiments.len(), zh.experiments.len(), "{chapter}");
        for (a, b) in both {
            assert_eq!((&a.name, &a.state), (&b.name, &b.state), "{chapter}: the experiment differs");
            let (_, keys) = KEYS.iter().find(|(name, _)| *name == a.name).expect("a known experiment");
            let state: BTreeMap<String, String> = a
                .state
                .iter()
                .map(|(key, value)| {
                    assert!(keys.contains(&key.as_str()), "{chapter}: {} has no `{key}`", a.name);
                    (key.clone(), value.as_str().expect("text").to_string())
                })
                .collect();
            let experiment = bench::find(&a.name).expect("an experiment of the table");
            // Some say what is wrong with an address only when they are asked.
            let deadline = Deadline::after(Duration::from_secs(60));
            let answer = (experiment.open)(&State(state), &deadline)
                .and_then(|mut session| session.answer(&serde_json::json!({}), &deadline));
            if let Err(error) = answer {
                panic!("{chapter}: {error}");
            }
            used.push(a.name.clone());
        }
    }
    for experiment in bench::EXPERIMENTS {
        assert!(used.iter().any(|name| name == experiment.name), "no chapter shows `{}`", experiment.name);
    }
}

#[test]
fn every_program_is_a_doc_test_and_the_list_names_every_chapter() {
    let (lib, readme) = (include_str!("../src/lib.rs"), include_str!("../../book/README.md"));
    for (name, _, _) in chapters() {
        assert!(lib.contains(&format!("book/en/{name}.md")), "lib.rs does not include {name}");
        for language in LANGUAGES {
            let title = course::render(&text(language, &name)).expect("a chapter").title;
            let link = format!("[{title}]({language}/{name}.md)");
            assert!(readme.contains(&link), "book/README.md has no {link}");
        }
    }
}
