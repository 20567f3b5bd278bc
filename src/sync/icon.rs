//! A feed's icon: its first letter on a colour of its own. Drawn from its address alone, so that it can be had without a
//! password and tells nothing that the address does not.

use std::fmt::Write;

/// What stands before an icon's own name.
const PATH: &str = "/sync/icon/";

/// The path of a feed's icon, by its name.
pub(super) fn icon_path(name: &str) -> String {
    let letter = name.chars().find(|c| c.is_alphanumeric()).and_then(|c| c.to_uppercase().next()).unwrap_or('·');
    let hue = xxhash_rust::xxh3::xxh3_64(name.as_bytes()) % 360;
    format!("{PATH}{:x}-{hue}.svg", u32::from(letter))
}

/// The icon of a path, as SVG.
pub fn icon(path: &str) -> Option<String> {
    let (letter, hue) = path.strip_prefix(PATH)?.strip_suffix(".svg")?.split_once('-')?;
    let letter = char::from_u32(u32::from_str_radix(letter, 16).ok()?).filter(|c| c.is_alphanumeric() || *c == '·')?;
    let hue: u32 = hue.parse().ok().filter(|hue| *hue < 360)?;
    let mut svg = String::from("<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"64\" height=\"64\" viewBox=\"0 0 64 64\">");
    // Writing to a String cannot fail.
    _ = write!(svg, "<rect width=\"64\" height=\"64\" rx=\"12\" fill=\"hsl({hue},45%,42%)\"/>");
    _ = write!(
        svg,
        "<text x=\"32\" y=\"45\" font-family=\"sans-serif\" font-size=\"38\" text-anchor=\"middle\" fill=\"#fff\">{letter}</text></svg>"
    );
    Some(svg)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_is_an_icon() {
        assert!(icon(&icon_path("the Crab")).unwrap().contains(">T</text>"));
        assert!(icon(&icon_path("…")).is_some());
        for wrong in ["/sync/icon/3c-1.svg", "/sync/icon/41-360.svg", "/sync/icon/41.svg", "/sync/icon/x-1.svg", "/other"] {
            assert_eq!(icon(wrong), None, "{wrong}");
        }
    }
}
