//! Takes the article out of a page and prints its title and text.
//!
//!     cargo run --example extract_page -- FILE [ADDRESS]

use courant::article::{self, NoArticle, Page};

/// Title and plain text. `address`: where the page came from; rules for sites go by it, and relative links.
pub fn article(bytes: &[u8], address: &str) -> Result<(String, String), NoArticle> {
    let page = Page { bytes, content_type: None, url: address, title: None, summary: None };
    let found = article::extract(&page)?;
    // `found.html` is harmless: no scripts, no frames, no handlers.
    Ok((found.title.unwrap_or_default(), article::plain_text(&found.html)))
}

#[allow(dead_code)] // the test of the examples calls `article`
fn main() -> Result<(), Box<dyn std::error::Error>> {
    let mut arguments = std::env::args().skip(1);
    let file = arguments.next().ok_or("usage: extract_page FILE [ADDRESS]")?;
    let address = arguments.next().unwrap_or_default();
    let (title, text) = article(&std::fs::read(file)?, &address)?;
    println!("{title}\n\n{text}");
    Ok(())
}
