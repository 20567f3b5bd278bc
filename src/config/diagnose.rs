//! A TOML error → `feeds.toml:12:9: unknown key "intervall"; did you mean "interval"?`

/// Says where in `text` (the content of `file`) the error is and, for a key that nobody knows, what was meant.
pub fn diagnose(file: &str, text: &str, error: &toml::de::Error) -> String {
    let message = explain(error.message());
    match error.span() {
        Some(span) => {
            let (line, column) = position(text, span.start);
            format!("{file}:{line}:{column}: {message}")
        }
        None => format!("{file}: {message}"),
    }
}

/// Line and column (in characters) of a byte offset, both from 1.
pub fn position(text: &str, offset: usize) -> (usize, usize) {
    let before = crate::text::clip(text, offset);
    let line_start = before.rfind('\n').map_or(0, |at| at + 1);
    (before.matches('\n').count() + 1, before[line_start..].chars().count() + 1)
}

/// serde's words for an unknown key hold the key and all known ones in backquotes.
fn explain(message: &str) -> String {
    let first_line = message.lines().next().unwrap_or(message);
    for (prefix, noun) in [("unknown field ", "key"), ("unknown variant ", "value")] {
        let Some(rest) = first_line.strip_prefix(prefix) else { continue };
        let mut quoted = rest.split('`').skip(1).step_by(2);
        let Some(unknown) = quoted.next() else { continue };
        let known: Vec<&str> = quoted.collect();
        let nearest = known
            .iter()
            .map(|known| (strsim::damerau_levenshtein(unknown, known), known))
            .filter(|(distance, known)| *distance <= 1 + known.len() / 3)
            .min();
        return match nearest {
            Some((_, nearest)) => format!("unknown {noun} \"{unknown}\"; did you mean \"{nearest}\"?"),
            None => format!("unknown {noun} \"{unknown}\"; known: {}", known.join(", ")),
        };
    }
    first_line.to_owned()
}
