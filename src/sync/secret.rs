//! Passwords of apps, and what is kept of them.
//!
//! A password is made of 128 random bits and never chosen, so that a fast hash is enough: there is nothing to guess, and no
//! processor time to be had by trying. What is kept are SHA-256 sums of the password, of the word that Google Reader's
//! clients send instead of it, and of the key that Fever's clients make of name and password (MD5, by that protocol). No
//! server key is needed, and nobody who reads the database can log in by what stands there.

use crate::records::App;
use md5::{Digest, Md5};
use ring::digest::{SHA256, digest};
use std::fmt::Write;

/// Without those that look like others.
const LETTERS: &[u8; 32] = b"abcdefghijkmnpqrstuvwxyz23456789";

/// A password of 128 random bits: 26 letters and digits in groups of five.
pub fn password(random: &[u8; 16]) -> String {
    let mut bits = u128::from_be_bytes(*random);
    let mut text = String::with_capacity(32);
    for n in 0..26 {
        if n > 0 && n % 5 == 0 {
            text.push('-');
        }
        text.push(char::from(LETTERS[(bits & 31) as usize]));
        bits >>= 5;
    }
    text
}

/// What is kept of an app.
pub fn app(name: &str, password: &str) -> App {
    let auth = auth(name, password);
    App { name: name.to_owned(), password: sha256(password), auth: sha256(&auth), fever: sha256(&fever_key(name, password)) }
}

/// The word that a client gets for its password: in it is the name, so that people can tell their apps apart, and no sign
/// that a header, a form or a client would change.
pub fn auth(name: &str, password: &str) -> String {
    let word = sha256(&format!("courant auth\n{name}\n{password}"));
    format!("{name}/{}", hexadecimal(&word[..16]))
}

/// What Fever's clients send: MD5 of `name:password`, in small hexadecimal digits.
fn fever_key(name: &str, password: &str) -> String {
    hexadecimal(&Md5::digest(format!("{name}:{password}")))
}

/// What a form of the page brings back of whoever has this word: no other site knows it.
pub fn proof(word: &str) -> String {
    hexadecimal(&sha256(&format!("courant page\n{word}"))[..16])
}

/// Compares two texts; how long it takes tells nothing of where they differ.
pub fn is_equal(a: &str, b: &str) -> bool {
    is_same(&sha256(a), &sha256(b))
}

/// The app of a name and its password.
pub fn by_password<'a>(apps: &'a [App], name: &str, password: &str) -> Option<&'a App> {
    let given = sha256(password);
    // All are compared, whatever is found: how long it takes tells nothing.
    apps.iter().fold(None, |found, app| if is_same(&app.password, &given) & (app.name == name) { Some(app) } else { found })
}

/// The app whose password this is.
pub fn by_token<'a>(apps: &'a [App], password: &str) -> Option<&'a App> {
    by(apps, password, |app| &app.password)
}

/// The app that got this word.
pub fn by_auth<'a>(apps: &'a [App], word: &str) -> Option<&'a App> {
    by(apps, word, |app| &app.auth)
}

/// The app whose Fever key this is, in letters of either case.
pub fn by_fever<'a>(apps: &'a [App], key: &str) -> Option<&'a App> {
    by(apps, &key.trim().to_ascii_lowercase(), |app| &app.fever)
}

fn by<'a>(apps: &'a [App], given: &str, kept: impl Fn(&App) -> &[u8; 32]) -> Option<&'a App> {
    let given = sha256(given);
    apps.iter().fold(None, |found, app| if is_same(kept(app), &given) { Some(app) } else { found })
}

fn is_same(a: &[u8; 32], b: &[u8; 32]) -> bool {
    difference(a.iter().copied(), b.iter().copied()) == 0
}

/// The bits in which two differ, of all their bytes, however early the first is another.
fn difference(a: impl Iterator<Item = u8>, b: impl Iterator<Item = u8>) -> u8 {
    a.zip(b).fold(0, |differ, (a, b)| differ | (a ^ b))
}

fn sha256(text: &str) -> [u8; 32] {
    let mut sum = [0; 32];
    sum.copy_from_slice(digest(&SHA256, text.as_bytes()).as_ref());
    sum
}

fn hexadecimal(bytes: &[u8]) -> String {
    bytes.iter().fold(String::with_capacity(bytes.len() * 2), |mut text, byte| {
        // Writing to a String cannot fail.
        _ = write!(text, "{byte:02x}");
        text
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_way_in_finds_its_app_and_no_other() {
        let passwords = [password(&[7; 16]), password(&[8; 16])];
        assert!(passwords[0].len() == 31 && passwords[0] != passwords[1]);
        let apps = [app("phone", &passwords[0]), app("desk", &passwords[1])];
        let name = |found: Option<&App>| found.map(|app| app.name.clone());
        assert_eq!(name(by_password(&apps, "phone", &passwords[0])).as_deref(), Some("phone"));
        assert_eq!(name(by_token(&apps, &passwords[1])).as_deref(), Some("desk"));
        assert_eq!(name(by_auth(&apps, &auth("desk", &passwords[1]))).as_deref(), Some("desk"));
        assert_eq!(name(by_fever(&apps, &fever_key("phone", &passwords[0]).to_uppercase())).as_deref(), Some("phone"));
        assert_eq!(by_password(&apps, "desk", &passwords[0]), None);
        assert_eq!(by_auth(&apps, &auth("desk", &passwords[0])), None);
        for wrong in ["", "x", &passwords[0][1..]] {
            assert_eq!((by_token(&apps, wrong), by_auth(&apps, wrong), by_fever(&apps, wrong)), (None, None, None), "{wrong}");
        }
    }

    /// Not by a clock, which tells nothing on a machine that does other things too: by what is looked at.
    #[test]
    fn as_much_is_compared_whatever_is_right() {
        use std::cell::Cell;
        let right = [7; 32];
        for n_right in 0..=32 {
            let mut given = [8; 32];
            given[..n_right].copy_from_slice(&right[..n_right]);
            let n_seen = Cell::new(0);
            let counted = given.iter().copied().inspect(|_| n_seen.set(n_seen.get() + 1));
            assert_eq!((difference(right.iter().copied(), counted) == 0, n_seen.get()), (n_right == 32, 32));
        }
        let passwords = [password(&[1; 16]), password(&[2; 16]), password(&[3; 16])];
        let apps: Vec<App> = passwords.iter().map(|password| app("a", password)).collect();
        for given in passwords.iter().map(String::as_str).chain(["", "nonsense"]) {
            let n_seen = Cell::new(0);
            by(&apps, given, |app| {
                n_seen.set(n_seen.get() + 1);
                &app.password
            });
            assert_eq!(n_seen.get(), apps.len(), "{given}");
        }
    }

    #[test]
    fn the_key_is_that_of_fever() {
        assert_eq!(fever_key("a", "b"), "d8160c9b3dc20d4e931aeb4f45262155");
    }
}
