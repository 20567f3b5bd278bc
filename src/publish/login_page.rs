//! Where a person says who he is, so that stories can be marked on their pages.

use super::frame::{self, Frame};
use super::words;
use super::xml::Escaped;
use super::{Site, link};
use maud::html;

/// `failed`: name or password were wrong the last time.
pub(super) fn page(site: &Site, failed: bool) -> String {
    let words = words::of(Some(site.language));
    let language = link::language_tag(site.language).unwrap_or_else(|| "en".to_owned());
    let body = html! {
        main id="main" { "\n"
            h1 { (words.log_in) } "\n"
            @if failed { p class="trouble" role="status" { strong { (words.wrong_password) } } "\n" }
            form method="post" action=(Escaped(&site.path("/login"))) { "\n"
                p { label { (words.name) " " input name="name" autocomplete="username" autocapitalize="none" required; } } "\n"
                p { label { (words.password) " " input name="password" type="password" autocomplete="current-password" required; } } "\n"
                p { button { (words.log_in) } } "\n"
            } "\n"
        } "\n"
    };
    frame::document(site, Frame { title: words.log_in, language: &language, query: "", body })
}
