//! Names and words of news that Chinese and English write differently: the bridge between the two where a story's texts
//! share no other letters. The rows are in `glossary.tsv`, whose head says whence they are.

/// What a row says: the Chinese, the English (lower case, words apart by blanks), and whether it is a name; sharing a name
/// is evidence, a word weighs what it is worth.
pub type Row = (&'static str, &'static str, bool);

/// All rows, in the order of the file.
pub fn rows() -> impl Iterator<Item = Row> {
    let lines = include_str!("glossary.tsv").lines().filter(|line| !line.starts_with('#'));
    lines.filter_map(|line| {
        let (kind, row) = line.split_once('\t')?;
        let (han, english) = row.split_once('\t')?;
        Some((han, english, kind != "word"))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::HashSet;

    #[test]
    fn each_row_is_whole_and_there_once() {
        let text = include_str!("glossary.tsv");
        let n_lines = text.lines().filter(|line| !line.starts_with('#')).count();
        assert_eq!(rows().count(), n_lines);
        let mut seen = HashSet::new();
        for (han, english, _) in rows() {
            assert!(seen.insert(han), "{han} is there twice");
            assert!(han.chars().any(crate::text::is_cjk) && !english.is_empty(), "{han} {english}");
            assert_eq!(han, crate::text::fold(han), "{han} is not folded");
            assert_eq!(english, english.to_lowercase(), "{english}");
        }
    }
}
