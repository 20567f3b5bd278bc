//! Which file uses which, read off the sources: `use` trees and paths inside code, macros and attributes, with names
//! that a module passes on followed to the file that defines them.
//!
//! By tokens, not by syntax: that sees into macros too, and needs no parser among the dependencies. Methods are not
//! seen, and neither is what a macro makes. Unit tests (`#[cfg(test)]`) are left out.

use super::tokens::{Token, tokens};
use std::collections::{BTreeMap, BTreeSet};

/// What one file uses, without itself.
#[derive(Debug, Default)]
pub struct Uses {
    /// Files, by their path under `src`.
    pub files: BTreeSet<String>,
    /// `mod.rs` files that are only named as modules (`use crate::fetch;`): what is used of them is in `files`.
    pub modules: BTreeSet<String>,
    /// Paths into other crates (`std::fs::read`), macros (`println!`), and `async`.
    pub outside: BTreeSet<String>,
    /// The literal strings.
    pub strings: Vec<String>,
}

/// `sources`: path under `src` → text.
pub fn read(sources: &BTreeMap<String, String>) -> BTreeMap<String, Uses> {
    let mut house = House::default();
    let mut files = BTreeMap::new();
    for (file, text) in sources {
        let mut reader = Reader {
            house: &mut house,
            file,
            tokens: tokens(text),
            at: 0,
            found: Vec::new(),
            passed_on: Vec::new(),
            words: BTreeSet::new(),
            uses: Uses::default(),
        };
        reader.module(&module_of(file));
        for (module, path, name) in std::mem::take(&mut reader.passed_on) {
            if name.is_some_and(|name| reader.words.contains(&name)) {
                reader.found.push((module, path));
            }
        }
        files.insert(file.clone(), (reader.found, reader.uses));
    }
    for (file, (found, uses)) in &mut files {
        for (module, path) in found {
            house.follow(module, path, uses);
        }
        uses.files.remove(file);
        uses.modules.remove(file);
    }
    files.into_iter().map(|(file, (_, uses))| (file, uses)).collect()
}

/// Sets of files that reach each other, each sorted. Of a `mod.rs` only the way into it counts: how it calls the files of
/// its own room is judged by [`doors`].
pub fn cycles(arrows: &BTreeMap<String, Uses>) -> Vec<Vec<String>> {
    let reached: BTreeMap<&String, BTreeSet<String>> = arrows.keys().map(|file| (file, reach(arrows, file, false))).collect();
    let there_and_back = |file: &String| -> Vec<String> {
        reached[file].iter().filter(|other| reached.get(other).is_some_and(|back| back.contains(file))).cloned().collect()
    };
    let all: BTreeSet<Vec<String>> = arrows.keys().map(there_and_back).filter(|cycle| !cycle.is_empty()).collect();
    all.into_iter().collect()
}

/// Each `mod.rs` that uses a file which, itself or through others, uses that `mod.rs`.
pub fn doors(arrows: &BTreeMap<String, Uses>) -> Vec<String> {
    let doors = arrows.keys().filter(|file| file.ends_with("mod.rs"));
    doors.filter(|door| reach(arrows, door, true).contains(*door)).cloned().collect()
}

fn reach(arrows: &BTreeMap<String, Uses>, from: &str, through_doors: bool) -> BTreeSet<String> {
    let mut seen: BTreeSet<String> = BTreeSet::new();
    let mut open = vec![from.to_owned()];
    while let Some(file) = open.pop() {
        let own_room = |next: &str| file.strip_suffix("mod.rs").is_some_and(|room| next.starts_with(room));
        let next = arrows.get(&file).map(|uses| &uses.files).into_iter().flatten();
        let next = next.filter(|next| (through_doors || !own_room(next)) && seen.insert((*next).clone()));
        open.extend(next.cloned());
    }
    seen
}

type Path = Vec<String>;

/// `feed/mod.rs` → `feed`; `lib.rs` is the root.
fn module_of(file: &str) -> Path {
    let path = file.trim_end_matches(".rs");
    let path = path.strip_suffix("/mod").unwrap_or(path);
    if path == "lib" { Vec::new() } else { path.split('/').map(str::to_owned).collect() }
}

/// All modules by their paths: one a file, and those that are written inside files.
#[derive(Default)]
struct House {
    modules: BTreeMap<Path, Module>,
}

#[derive(Default)]
struct Module {
    file: String,
    /// Names that a `use` brings, with the path that it gives.
    passed_on: BTreeMap<String, Path>,
    globs: Vec<Path>,
    defined: BTreeSet<String>,
}

enum Place {
    /// A module itself.
    Module(Path),
    /// Something that the module of this path defines.
    In(Path),
    Outside(Path),
    Unknown,
}

/// So long chains of names that are passed on do not occur; it ends those that lead to themselves.
const MAX_DEPTH: usize = 8;

impl House {
    fn follow(&self, module: &Path, path: &[String], uses: &mut Uses) {
        let file_of = |module: &Path| self.modules.get(module).map_or_else(String::new, |module| module.file.clone());
        match self.find(module, path, 0) {
            Place::In(module) => drop(uses.files.insert(file_of(&module))),
            Place::Module(module) => {
                let file = file_of(&module);
                if file.ends_with("mod.rs") {
                    uses.modules.insert(file)
                } else {
                    uses.files.insert(file)
                };
            }
            Place::Outside(path) => drop(uses.outside.insert(path.join("::"))),
            Place::Unknown => {}
        }
    }

    /// Where `path`, written in `module`, leads.
    fn find(&self, module: &Path, path: &[String], depth: usize) -> Place {
        let n_super = path.iter().take_while(|part| *part == "super").count();
        match path.first().map(String::as_str) {
            _ if depth > MAX_DEPTH => Place::Unknown,
            Some("crate" | "courant") => self.walk(Vec::new(), &path[1..], depth),
            Some("self") => self.find(module, &path[1..], depth),
            Some("super") => self.walk(module[..module.len().saturating_sub(n_super)].to_vec(), &path[n_super..], depth),
            Some("Self") => Place::Unknown,
            _ => match self.walk(module.clone(), path, depth) {
                Place::Unknown if path.len() > 1 => Place::Outside(path.to_vec()),
                found => found,
            },
        }
    }

    fn walk(&self, module: Path, path: &[String], depth: usize) -> Place {
        let Some((first, rest)) = path.split_first() else { return Place::Module(module) };
        let child = [&module[..], std::slice::from_ref(first)].concat();
        if self.modules.contains_key(&child) {
            return self.walk(child, rest, depth);
        }
        let Some(here) = self.modules.get(&module) else { return Place::Unknown };
        if here.defined.contains(first) {
            return Place::In(module);
        }
        if let Some(path) = here.passed_on.get(first).filter(|path| path.len() > 1) {
            return self.find(&module, &[path, rest].concat(), depth + 1);
        }
        // What a glob brings is not looked for behind other globs.
        let globs = if depth < MAX_DEPTH { &here.globs[..] } else { &[] };
        let mut through = globs.iter().map(|glob| self.find(&module, &[glob, path].concat(), MAX_DEPTH));
        through.find(|place| matches!(place, Place::In(_) | Place::Module(_))).unwrap_or(Place::Unknown)
    }
}

struct Reader<'a> {
    house: &'a mut House,
    file: &'a str,
    tokens: Vec<Token>,
    at: usize,
    /// Paths with the module that they are written in.
    found: Vec<(Path, Path)>,
    /// What `pub use` passes on: used here only where the name occurs here too.
    passed_on: Vec<(Path, Path, Option<String>)>,
    words: BTreeSet<String>,
    uses: Uses,
}

const DEFINING: [&str; 7] = ["const", "enum", "fn", "static", "struct", "trait", "type"];

impl Reader<'_> {
    fn token(&self, n: usize) -> Token {
        self.tokens.get(self.at + n).cloned().unwrap_or(Token::Sign('\0'))
    }

    fn name(&self, n: usize) -> Option<String> {
        match self.token(n) {
            Token::Name(name) => Some(name),
            _ => None,
        }
    }

    fn is_sign(&self, n: usize, signs: &str) -> bool {
        matches!(self.token(n), Token::Sign(sign) if signs.contains(sign))
    }

    /// Reads to the bracket that ends the module, or the end of the file.
    fn module(&mut self, path: &Path) {
        let mut here = Module { file: self.file.to_owned(), ..Module::default() };
        let mut depth = 0;
        while self.at < self.tokens.len() {
            match self.token(0) {
                Token::Sign('#') if self.is_sign(1, "[") => self.attribute(path),
                Token::Sign('{') => (depth, self.at) = (depth + 1, self.at + 1),
                Token::Sign('}') if depth == 0 => break,
                Token::Sign('}') => (depth, self.at) = (depth - 1, self.at + 1),
                Token::Text(text) => {
                    self.uses.strings.push(text);
                    self.at += 1;
                }
                Token::Name(word) => self.word(&word, path, depth, &mut here),
                _ => self.at += 1,
            }
        }
        self.house.modules.insert(path.clone(), here);
    }

    fn word(&mut self, word: &str, module: &Path, depth: usize, here: &mut Module) {
        let next = self.name(1);
        match (word, next) {
            ("mod", Some(name)) => {
                self.at += 2;
                if self.is_sign(0, "{") {
                    self.at += 1;
                    self.module(&[&module[..], &[name]].concat());
                    self.at += 1;
                }
            }
            ("use", _) if !self.is_sign(1, "<") => {
                let is_public = self.at > 0 && matches!(&self.tokens[self.at - 1], Token::Name(word) if word == "pub");
                self.at += 1;
                let mut leaves = Vec::new();
                self.tree(Vec::new(), &mut leaves);
                for (path, name) in leaves {
                    if is_public {
                        self.passed_on.push((module.clone(), path.clone(), name.clone()));
                    } else {
                        self.found.push((module.clone(), path.clone()));
                    }
                    match name {
                        Some(name) => drop(here.passed_on.insert(name, path)),
                        None => here.globs.push(path),
                    }
                }
            }
            (word, Some(name)) if DEFINING.contains(&word) => {
                self.at += 1;
                if depth == 0 && !DEFINING.contains(&name.as_str()) {
                    here.defined.insert(name);
                    self.at += 1;
                }
            }
            (word, _) if self.is_sign(1, "!") && !self.is_sign(2, "=") => {
                self.uses.outside.insert(format!("{word}!"));
                self.at += 2;
                // `macro_rules! name`, and the types that a macro makes: `id!(FeedId)`.
                here.defined.extend(self.name(0));
                if depth == 0 {
                    let inside = self.tokens[self.at..].iter().take_while(|token| **token != Token::Sign(';'));
                    here.defined.extend(inside.filter_map(|token| match token {
                        Token::Name(name) if name.starts_with(char::is_uppercase) => Some(name.clone()),
                        _ => None,
                    }));
                }
            }
            _ => {
                if word == "async" {
                    self.uses.outside.insert("async".into());
                }
                let is_member = self.is_member();
                let path = self.path();
                if is_member {
                    return;
                }
                self.words.extend(path.first().cloned());
                if path.len() > 1 {
                    self.found.push((module.clone(), path));
                }
            }
        }
    }

    /// Whether what comes is a field or a method: behind a point, but not behind those of a range.
    fn is_member(&self) -> bool {
        let dots = self.tokens[..self.at].iter().rev().take_while(|token| **token == Token::Sign('.')).count();
        dots == 1
    }

    fn path(&mut self) -> Path {
        let mut path: Path = self.name(0).into_iter().collect();
        self.at += 1;
        while let (Token::Step, Some(name)) = (self.token(0), self.name(1)) {
            path.push(name);
            self.at += 2;
        }
        path
    }

    /// `#[serde(with = "values::duration")]`; and what `#[cfg(test)]` stands before is skipped.
    fn attribute(&mut self, module: &Path) {
        let inside = |token: &Token, depth: &mut usize| match token {
            Token::Sign('[') => (*depth += 1, true).1,
            Token::Sign(']') => (*depth -= 1, *depth > 0).1,
            _ => true,
        };
        let mut depth = 0;
        let attribute: Vec<Token> =
            self.tokens[self.at + 1..].iter().take_while(|token| inside(token, &mut depth)).cloned().collect();
        self.at += attribute.len() + 2;
        for token in &attribute {
            let Token::Text(text) = token else { continue };
            let path: Path = text.split("::").map(str::to_owned).collect();
            let is_name = |part: &String| !part.is_empty() && part.chars().all(|c| c == '_' || c.is_ascii_alphanumeric());
            if path.len() > 1 && path.iter().all(is_name) {
                self.found.push((module.clone(), path));
            }
        }
        let words: Vec<&str> =
            attribute.iter().filter_map(|token| if let Token::Name(name) = token { Some(name.as_str()) } else { None }).collect();
        if words == ["cfg", "test"] {
            self.skip_item();
        }
    }

    /// To the semicolon or the block that ends an item.
    fn skip_item(&mut self) {
        let mut depth = 0;
        while self.at < self.tokens.len() {
            let token = self.token(0);
            self.at += 1;
            match token {
                Token::Sign('(' | '[' | '{') => depth += 1,
                Token::Sign(')' | ']') => depth -= 1,
                Token::Sign('}') => {
                    depth -= 1;
                    if depth == 0 {
                        return;
                    }
                }
                Token::Sign(';') if depth == 0 => return,
                _ => {}
            }
        }
    }

    /// The paths of a `use` tree, each with the name that it brings; none for `*`.
    fn tree(&mut self, mut path: Path, leaves: &mut Vec<(Path, Option<String>)>) {
        loop {
            match self.token(0) {
                Token::Step => self.at += 1,
                Token::Sign('*') => {
                    self.at += 1;
                    leaves.push((path, None));
                    return;
                }
                Token::Sign('{') => {
                    self.at += 1;
                    while self.at < self.tokens.len() && !self.is_sign(0, "}") {
                        if self.is_sign(0, ",") { self.at += 1 } else { self.tree(path.clone(), leaves) }
                    }
                    self.at += 1;
                    return;
                }
                Token::Name(name) => {
                    self.at += 1;
                    if name != "self" || path.is_empty() {
                        path.push(name);
                    }
                    if self.token(0) != Token::Step {
                        let mut brings = path.last().cloned();
                        if self.name(0).as_deref() == Some("as") {
                            brings = self.name(1);
                            self.at += 2;
                        }
                        leaves.push((path, brings));
                        return;
                    }
                }
                _ => {
                    self.at += 1;
                    return;
                }
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn house(files: &[(&str, &str)]) -> BTreeMap<String, Uses> {
        read(&files.iter().map(|(file, text)| ((*file).to_owned(), (*text).to_owned())).collect())
    }

    #[track_caller]
    fn check(files: &[(&str, &str)], file: &str, expected: &[&str]) {
        let uses = &house(files)[file];
        assert_eq!(uses.files.iter().map(String::as_str).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn use_trees_are_followed_to_the_file_that_defines() {
        let files = [
            ("lib.rs", "pub mod a; pub mod b; pub mod words;"),
            ("a/mod.rs", "mod x; mod y; pub use x::Name; pub use y::*; pub struct Own;"),
            ("a/x.rs", "pub struct Name; use super::Own;"),
            ("a/y.rs", "pub fn made() {} use super::Name as Other;"),
            ("b.rs", "use crate::{a::{self, Own, made}, words}; fn f() -> words::Word { a::Name }"),
            ("words.rs", "id!(/// doc\n Word);"),
        ];
        check(&files, "b.rs", &["a/mod.rs", "a/x.rs", "a/y.rs", "words.rs"]);
        check(&files, "a/y.rs", &["a/x.rs"]);
        check(&files, "a/x.rs", &["a/mod.rs"]);
        // To declare and to pass on is not to use.
        check(&files, "a/mod.rs", &[]);
        check(&files, "lib.rs", &[]);
    }

    #[test]
    fn paths_are_seen_in_code_macros_and_attributes_but_not_in_tests_comments_and_strings() {
        let used = |text: &str| {
            let files = [("lib.rs", ""), ("a.rs", "pub fn f() {} pub mod inner { pub fn g() {} }"), ("b.rs", text)];
            !house(&files)["b.rs"].files.is_empty()
        };
        for text in [
            "fn f() { crate::a::f::<u8>(); }",
            "fn f() { let x = if crate::a::f() { 1 } else { 2 }; }",
            "fn f() { println!(\"{}\", super::a::inner::g()); }",
            "#[serde(with = \"crate::a::inner\")] struct S;",
            "mod deep { use super::super::a; }",
            "fn f() { for n in 0..crate::a::f() {} }",
            "mod deep { use super::*; fn f() { a::f() } } use crate::a;",
        ] {
            assert!(used(text), "{text}");
        }
        for text in [
            "#[cfg(test)] mod tests { use crate::a; fn f() { crate::a::f() } } fn g() {}",
            "#[cfg(test)]\nuse crate::a::f;",
            "// crate::a::f()\n/* crate::a */ const S: &str = \"crate::a::f\";",
            "/// [`crate::a::f`]\nfn f() { a.f() }",
            "pub use crate::a::f; fn g() { x.f::<u8>() }",
        ] {
            assert!(!used(text), "{text}");
        }
    }

    #[test]
    fn other_crates_are_outside_by_their_full_path() {
        let text = "use std::{fs::{self, File}, time::SystemTime as Clock}; fn f() { fs::read(x); Clock::now(); async { tokio::x() }; println!() }";
        let outside = &house(&[("lib.rs", ""), ("a.rs", text)])["a.rs"].outside;
        for path in ["std::fs", "std::fs::File", "std::fs::read", "std::time::SystemTime::now", "tokio::x", "async", "println!"] {
            assert!(outside.contains(path), "{path}: {outside:?}");
        }
    }

    #[test]
    fn circles_are_found_also_through_the_door() {
        let files = [
            ("lib.rs", ""),
            ("a/mod.rs", "mod x; mod y; pub struct Own; pub fn f() { y::g() }"),
            ("a/x.rs", "use super::y::g; pub fn h() {}"),
            ("a/y.rs", "use super::x; pub fn g() -> super::Own { x::h() }"),
        ];
        let house = house(&files);
        assert_eq!(cycles(&house), [["a/x.rs", "a/y.rs"]]);
        assert_eq!(doors(&house), ["a/mod.rs"]);
    }
}
