//! A strict reader of pages: every tag closed in order, every link with an end, nothing from outside.

use std::cell::RefCell;

use html5ever::tendril::StrTendril;
use html5ever::tokenizer::states::RawKind::{Rawtext, ScriptData};
use html5ever::tokenizer::{BufferQueue, TagKind, Token, TokenSink, TokenSinkResult, Tokenizer};

/// Elements that have no end tag.
const VOID: [&str; 3] = ["meta", "img", "br"];

/// What a parser sees in a page.
#[derive(Default)]
pub struct Seen {
    open: Vec<String>,
    /// The elements of the page.
    pub elements: Vec<String>,
    /// The attributes of the page.
    pub attributes: Vec<(String, String)>,
    /// The text of the page.
    pub text: String,
    faults: Vec<String>,
}

/// Collects [`Seen`].
#[derive(Default)]
struct Checker(RefCell<Seen>);

impl TokenSink for Checker {
    type Handle = ();

    fn process_token(&self, token: Token, line: u64) -> TokenSinkResult<()> {
        let mut seen = self.0.borrow_mut();
        match token {
            Token::TagToken(tag) if tag.kind == TagKind::StartTag => {
                let name = tag.name.to_string();
                seen.attributes
                    .extend(tag.attrs.iter().map(|a| (a.name.local.to_string(), a.value.to_string())));
                seen.elements.push(name.clone());
                if !VOID.contains(&name.as_str()) {
                    seen.open.push(name.clone());
                }
                match name.as_str() {
                    "style" => return TokenSinkResult::RawData(Rawtext),
                    "script" => return TokenSinkResult::RawData(ScriptData),
                    _ => {}
                }
            }
            Token::TagToken(tag) => {
                let open = seen.open.pop();
                if open.as_deref() != Some(&tag.name) {
                    seen.faults.push(format!("line {line}: </{}> closes {open:?}", tag.name));
                }
            }
            Token::CharacterTokens(text) => seen.text.push_str(&text),
            Token::NullCharacterToken => seen.faults.push("a NUL".into()),
            Token::ParseError(error) => seen.faults.push(format!("line {line}: {error}")),
            _ => {}
        }
        TokenSinkResult::Continue
    }
}

/// Parses a page and refuses one that is not well-formed or has links that lead nowhere.
pub fn parse(html: &str) -> Seen {
    let input = BufferQueue::default();
    input.push_back(StrTendril::from(html));
    let tokenizer = Tokenizer::new(Checker::default(), Default::default());
    let _ = tokenizer.feed(&input);
    tokenizer.end();
    let seen = tokenizer.sink.0.into_inner();
    assert!(seen.faults.is_empty(), "{:#?}", seen.faults);
    assert!(seen.open.is_empty(), "never closed: {:?}", seen.open);
    let values = |name: &str| -> Vec<String> {
        seen.attributes.iter().filter(|(key, _)| key == name).map(|(_, value)| value.clone()).collect()
    };
    let ids = values("id");
    for (i, id) in ids.iter().enumerate() {
        assert!(!ids[..i].contains(id), "two elements are called {id}");
    }
    for link in values("href") {
        assert!(ids.iter().any(|id| link == format!("#{id}")), "nothing is called {link}");
    }
    assert!(values("src").iter().all(|src| src.starts_with("data:image/png;base64,")));
    assert!(seen.attributes.iter().all(|(key, _)| !key.starts_with("on")), "script in an attribute");
    seen
}
