//! Rows in columns that fit a terminal: a CJK character takes two columns, and what does not fit is cut, or left out.

use super::terminal::Terminal;
use unicode_width::{UnicodeWidthChar, UnicodeWidthStr};

/// A column: its heading, and how it gives way where there is not room for all.
#[derive(Clone, Copy, Debug)]
pub struct Column {
    pub heading: &'static str,
    /// The key in rows of JSON.
    pub key: &'static str,
    /// It may be cut to this width; `None`: it is shown whole.
    pub least: Option<usize>,
    /// The columns of the highest rank go first where even the least widths do not fit; those of rank 0 never.
    pub rank: u8,
}

/// Between two columns.
const GAP: usize = 2;

/// The width of each column; `None`: it is left out.
pub fn layout(columns: &[Column], natural: &[usize], available: usize) -> Vec<Option<usize>> {
    let least = |n: usize| columns[n].least.map_or(natural[n], |least| least.min(natural[n]));
    let mut shown: Vec<usize> = (0..columns.len()).collect();
    let gaps = |shown: &[usize]| GAP * shown.len().saturating_sub(1);
    while shown.iter().map(|&n| least(n)).sum::<usize>() + gaps(&shown) > available {
        let Some(last) = shown.iter().copied().filter(|&n| columns[n].rank > 0).max_by_key(|&n| (columns[n].rank, n)) else {
            break;
        };
        shown.retain(|&n| n != last);
    }
    let mut widths: Vec<Option<usize>> = vec![None; columns.len()];
    for &n in &shown {
        widths[n] = Some(natural[n]);
    }
    let mut excess = (shown.iter().map(|&n| natural[n]).sum::<usize>() + gaps(&shown)).saturating_sub(available);
    // The widest gives way first, so that short columns stay whole.
    while excess > 0 {
        let can = |n: usize| widths[n].is_some_and(|width| columns[n].least.is_some() && width > least(n));
        let Some(widest) = shown.iter().copied().filter(|&n| can(n)).max_by_key(|&n| widths[n]) else { break };
        let next = shown.iter().copied().filter(|&n| n != widest && can(n)).filter_map(|n| widths[n]).max().unwrap_or(0);
        let Some(width) = widths[widest] else { break };
        // Down to the next widest at once, then in turn.
        let step = width.saturating_sub(next.max(least(widest))).clamp(1, excess);
        widths[widest] = Some(width - step);
        excess -= step;
    }
    widths
}

/// The lines of a table. `links`: where the cell of a row leads, by row and column.
pub fn table(
    terminal: &Terminal,
    columns: &[Column],
    rows: &[Vec<String>],
    link: impl Fn(usize, usize) -> Option<String>,
) -> String {
    let mut natural: Vec<usize> = columns.iter().map(|column| column.heading.width()).collect();
    for row in rows {
        for (width, cell) in natural.iter_mut().zip(row) {
            *width = (*width).max(cell.width());
        }
    }
    let widths = match terminal.width {
        Some(available) => layout(columns, &natural, available),
        // Into a pipe nothing is cut.
        None => natural.into_iter().map(Some).collect(),
    };
    let last = widths.iter().rposition(Option::is_some);
    let mut out = String::new();
    let mut line = |cells: &mut dyn Iterator<Item = (usize, &str)>, dress: &dyn Fn(usize, &str) -> String| {
        let mut text = String::new();
        for (n, cell) in cells {
            let Some(width) = widths[n] else { continue };
            let cut = cut(cell, width);
            let padding = if Some(n) == last { 0 } else { width.saturating_sub(cut.width()) + GAP };
            text.push_str(&dress(n, &cut));
            text.push_str(&" ".repeat(padding));
        }
        out.push_str(text.trim_end());
        out.push('\n');
    };
    line(&mut columns.iter().map(|column| column.heading).enumerate(), &|_, cell| terminal.bold(cell));
    for (at, row) in rows.iter().enumerate() {
        line(&mut row.iter().map(String::as_str).enumerate(), &|n, cell| match link(at, n) {
            Some(address) => terminal.link(cell, &address),
            None => cell.to_owned(),
        });
    }
    out
}

/// Cut to so many columns, with `…` where something was cut.
pub fn cut(text: &str, width: usize) -> String {
    if text.width() <= width {
        return text.to_owned();
    }
    let mut out = String::new();
    let mut used = 0;
    for c in text.chars() {
        let w = c.width().unwrap_or(0);
        if used + w + 1 > width {
            break;
        }
        out.push(c);
        used += w;
    }
    if width > 0 {
        out.push('…');
    }
    out
}

/// Cut or padded to so many columns.
pub fn fit(text: &str, width: usize) -> String {
    let mut out = cut(text, width);
    out.push_str(&" ".repeat(width.saturating_sub(out.width())));
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    const COLUMNS: [Column; 4] = [
        Column { heading: "ID", key: "id", least: None, rank: 0 },
        Column { heading: "PUBLISHED", key: "published", least: None, rank: 2 },
        Column { heading: "TITLE", key: "title", least: Some(16), rank: 0 },
        Column { heading: "SOURCES", key: "sources", least: Some(10), rank: 1 },
    ];

    fn rows() -> Vec<Vec<String>> {
        let row = |id: &str, title: &str, sources: &str| vec![id.into(), "2026-11-26 10:00".into(), title.into(), sources.into()];
        vec![
            row("1", "谷歌发布新一代模型并宣布全部开源引发广泛讨论与关注", "青石科技, 潮汐"),
            row("23", "A compiler that is twice as fast, and what that took from four people", "The Harbour Ledger"),
            row("456", "短", "a"),
        ]
    }

    #[test]
    fn a_table_fits_every_terminal() {
        for width in 20..=200 {
            let terminal = Terminal { width: Some(width), ..Terminal::PLAIN };
            let table = table(&terminal, &COLUMNS, &rows(), |_, _| None);
            assert_eq!(table.lines().count(), 4);
            for line in table.lines() {
                assert!(line.width() <= width.max(21), "{width}: {line}");
            }
            // Whatever is left out, a title is there.
            assert!(table.lines().nth(3).unwrap().contains('短'), "{width}: {table}");
        }
    }

    #[test]
    fn what_fits_is_whole_and_columns_stand_under_each_other() {
        let terminal = Terminal { width: Some(200), ..Terminal::PLAIN };
        let table = table(&terminal, &COLUMNS, &rows(), |_, _| None);
        assert!(table.contains("引发广泛讨论与关注") && !table.contains('…'), "{table}");
        let starts: Vec<usize> = ["青石科技", "The Harbour", "SOURCES"]
            .iter()
            .map(|cell| table.lines().find_map(|line| Some(line[..line.find(cell)?].width())).unwrap())
            .collect();
        assert!(starts.iter().all(|start| *start == starts[0]), "{starts:?}\n{table}");
    }

    #[test]
    fn links_and_colours_take_no_room() {
        let dressed = Terminal { width: Some(60), has_colour: true, has_links: true };
        let plain = Terminal { width: Some(60), ..Terminal::PLAIN };
        let link = |_: usize, n: usize| (n == 2).then(|| "https://a.example/1".to_owned());
        let with = table(&dressed, &COLUMNS, &rows(), link);
        let without = table(&plain, &COLUMNS, &rows(), link);
        assert!(with.contains("\x1b]8;;https://a.example/1\x1b\\") && with.contains("\x1b[1mTITLE\x1b[0m"), "{with:?}");
        // What is behind an escape: a link's address goes, its end and a colour are cut off.
        let mut parts = with.split('\x1b');
        let mut bare = parts.next().unwrap().to_owned();
        for part in parts.filter(|part| !part.starts_with(']')) {
            bare.push_str(part.strip_prefix('\\').or_else(|| Some(part.split_once('m')?.1)).unwrap());
        }
        assert_eq!(bare, without);
        for address in ["javascript:alert(1)", "https://a.example/\x1b]0;x\x07", "file:///etc/passwd"] {
            assert_eq!(dressed.link("x", address), "x");
        }
    }

    #[test]
    fn cutting_counts_columns() {
        assert_eq!((cut("谷歌一劍", 5), fit("谷歌", 6)), ("谷歌…".into(), "谷歌  ".into()));
        assert_eq!((cut("abc", 3), cut("abcd", 3), cut("谷", 1)), ("abc".into(), "ab…".into(), "…".into()));
    }
}
