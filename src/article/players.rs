//! Players and posts of other sites, as tables: what stands on a page for them, and the page that they show.

/// Elements that scripts make players and posts of: where the number is, and what goes before it in the page's address.
pub const CUSTOM: [(&str, &[&str], &str); 13] = [
    ("amp-youtube", &["data-videoid"], "https://www.youtube.com/watch?v="),
    ("lite-youtube", &["videoid", "video-id"], "https://www.youtube.com/watch?v="),
    ("youtube-video", &["videoid", "video-id"], "https://www.youtube.com/watch?v="),
    ("amp-vimeo", &["data-videoid"], "https://vimeo.com/"),
    ("lite-vimeo", &["videoid", "video-id"], "https://vimeo.com/"),
    ("amp-dailymotion", &["data-videoid"], "https://www.dailymotion.com/video/"),
    ("amp-twitter", &["data-tweetid"], "https://twitter.com/i/status/"),
    ("amp-instagram", &["data-shortcode"], "https://www.instagram.com/p/"),
    ("amp-tiktok", &["data-src"], "https://www.tiktok.com/@/video/"),
    ("amp-facebook", &["data-href"], ""),
    ("amp-reddit", &["data-src"], ""),
    ("amp-imgur", &["data-imgur-id"], "https://imgur.com/"),
    ("amp-soundcloud", &["data-trackid"], "https://w.soundcloud.com/player/?url=https%3A//api.soundcloud.com/tracks/"),
];

/// Whether an element of this name is a player or a post.
pub fn is_player(name: &str) -> bool {
    name.contains('-') && CUSTOM.iter().any(|(custom, ..)| *custom == name)
}

/// Frames whose address has that of the page in it.
pub const WRAPPED: [(&str, &str); 3] = [("cdn.embedly.com", "url"), ("www.facebook.com", "href"), ("iframely.net", "url")];

/// Hosts whose frames are players, and how the page of a frame's address is called.
pub const PLAYERS: [(&str, &str, &str); 17] = [
    ("tiktok.com", "/embed/v2/", "https://www.tiktok.com/@/video/"),
    ("tiktok.com", "/embed/", "https://www.tiktok.com/@/video/"),
    ("rumble.com", "", ""),
    ("streamable.com", "/e/", "https://streamable.com/"),
    ("codepen.io", "", ""),
    ("youtube.com", "/embed/", "https://www.youtube.com/watch?v="),
    ("youtube-nocookie.com", "/embed/", "https://www.youtube.com/watch?v="),
    ("player.vimeo.com", "/video/", "https://vimeo.com/"),
    ("dailymotion.com", "/embed/video/", "https://www.dailymotion.com/video/"),
    ("player.bilibili.com", "", ""),
    ("open.spotify.com", "", ""),
    ("w.soundcloud.com", "", ""),
    ("player.twitch.tv", "", ""),
    ("v.qq.com", "", ""),
    ("player.youku.com", "", ""),
    ("embed.podcasts.apple.com", "", ""),
    ("embed.ted.com", "", ""),
];
