//! What stdout is, and what may be sent to it: its width, whether colours and links are shown, and a pager for what is long.
//!
//! Nothing here makes text harmless: whatever comes from strangers has gone through [`crate::text`] before.

use std::io::{IsTerminal, Write};
use std::process::{Command, Stdio};

/// Columns of a terminal that does not say how many it has.
const USUAL_WIDTH: usize = 80;

/// How stdout shows text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Terminal {
    /// Its columns; `None`: no terminal, nothing is cut or wrapped.
    pub width: Option<usize>,
    pub has_colour: bool,
    /// Whether addresses may be hidden behind text (OSC 8).
    pub has_links: bool,
}

impl Terminal {
    /// Text as it is.
    #[cfg(test)]
    pub const PLAIN: Terminal = Terminal { width: None, has_colour: false, has_links: false };

    /// What stdout is now. `NO_COLOR` and `CLICOLOR_FORCE` decide about colours, `COLUMNS` about the width.
    pub fn of_stdout() -> Terminal {
        let set = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
        let is_terminal = std::io::stdout().is_terminal();
        let is_dumb = set("TERM").is_some_and(|term| term == "dumb");
        let told = set("COLUMNS").and_then(|columns| columns.parse().ok()).filter(|columns| *columns > 0);
        let measured = || terminal_size::terminal_size().map(|(width, _)| usize::from(width.0)).filter(|columns| *columns > 0);
        Terminal {
            width: is_terminal.then(|| told.or_else(measured).unwrap_or(USUAL_WIDTH)),
            has_colour: set("NO_COLOR").is_none()
                && (set("CLICOLOR_FORCE").is_some_and(|value| value != "0") || is_terminal && !is_dumb),
            has_links: is_terminal && !is_dumb,
        }
    }

    pub fn bold(&self, text: &str) -> String {
        self.styled("1", text)
    }

    pub fn dim(&self, text: &str) -> String {
        self.styled("2", text)
    }

    fn styled(&self, code: &str, text: &str) -> String {
        if self.has_colour && !text.is_empty() { format!("\x1b[{code}m{text}\x1b[0m") } else { text.to_owned() }
    }

    /// Text that leads to an address, where that can be and is one of the web's.
    pub fn link(&self, text: &str, address: &str) -> String {
        let is_plain = address.bytes().all(|byte| byte.is_ascii_graphic());
        let is_web = ["http://", "https://"].iter().any(|scheme| address.starts_with(scheme));
        if !self.has_links || !is_plain || !is_web || text.is_empty() {
            return text.to_owned();
        }
        format!("\x1b]8;;{address}\x1b\\{text}\x1b]8;;\x1b\\")
    }
}

/// Writes text to stdout, through a pager where it is longer than the terminal.
pub fn show(text: &str) -> std::io::Result<()> {
    let rows = terminal_size::terminal_size().map(|(_, height)| usize::from(height.0));
    let is_long = rows.is_some_and(|rows| text.lines().count() >= rows.max(2));
    if is_long && std::io::stdout().is_terminal() && page(text) {
        return Ok(());
    }
    let mut out = std::io::stdout().lock();
    out.write_all(text.as_bytes())?;
    out.flush()
}

/// Whether a pager took it.
fn page(text: &str) -> bool {
    let pager = std::env::var("PAGER").unwrap_or_else(|_| "less".into());
    if pager.trim().is_empty() || pager == "cat" {
        return false;
    }
    let mut command = Command::new("/bin/sh");
    // Colours pass, and what fits is left standing; as git asks for it.
    if std::env::var_os("LESS").is_none() {
        command.env("LESS", "FRX");
    }
    // `command -v`: a shell would start for a pager that is not there.
    let start = format!("command -v {} >/dev/null || exit 127; exec {pager}", pager.split(' ').next().unwrap_or_default());
    let Ok(mut child) = command.arg("-c").arg(start).stdin(Stdio::piped()).spawn() else { return false };
    if let Some(mut input) = child.stdin.take() {
        // Whoever leaves the pager early has seen enough.
        let _ = input.write_all(text.as_bytes());
    }
    child.wait().is_ok_and(|ended| ended.code() != Some(127))
}
