//! The elements that are told apart, and what is known of each without looking at a page.

macro_rules! tags {
    ($($variant:ident = $name:literal),* $(,)?) => {
        /// The elements that are told apart; all others are [`Tag::Other`].
        #[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        pub enum Tag { Text, Other, $($variant),* }

        impl Tag {
            pub fn of(name: &str) -> Tag {
                match name { $($name => Tag::$variant,)* _ => Tag::of_custom(name) }
            }

            pub fn name(self) -> &'static str {
                match self { $(Tag::$variant => $name,)* Tag::Text | Tag::Other => "" }
            }
        }
    };
}

tags! {
    A = "a", Abbr = "abbr", Address = "address", Article = "article", Aside = "aside", Audio = "audio", B = "b",
    Blockquote = "blockquote", Body = "body", Br = "br", Button = "button", Caption = "caption", Center = "center",
    Cite = "cite", Code = "code", Col = "col", Colgroup = "colgroup", Dd = "dd", Del = "del", Details = "details",
    Dfn = "dfn", Dialog = "dialog", Div = "div", Dl = "dl", Dt = "dt", Em = "em", Embed = "embed",
    Fieldset = "fieldset", Figcaption = "figcaption", Figure = "figure", Font = "font", Footer = "footer",
    Form = "form", H1 = "h1", H2 = "h2", H3 = "h3", H4 = "h4", H5 = "h5", H6 = "h6", Head = "head",
    Header = "header", Hgroup = "hgroup", Hr = "hr", Html = "html", I = "i", Iframe = "iframe", Img = "img",
    Input = "input", Ins = "ins", Kbd = "kbd", Label = "label", Legend = "legend", Li = "li", Link = "link",
    Main = "main", Mark = "mark", Math = "math", Menu = "menu", Meta = "meta", Nav = "nav", Noscript = "noscript",
    Ol = "ol", Option = "option", P = "p", Picture = "picture", Pre = "pre", Q = "q", Rp = "rp", Rt = "rt",
    Ruby = "ruby", S = "s", Samp = "samp", Script = "script", Section = "section", Select = "select",
    Small = "small", Source = "source", Span = "span", Strike = "strike", Strong = "strong", Style = "style",
    Sub = "sub", Summary = "summary", Sup = "sup", Svg = "svg", Table = "table", Tbody = "tbody", Td = "td",
    Template = "template", Textarea = "textarea", Tfoot = "tfoot", Th = "th", Thead = "thead", Time = "time",
    Title = "title", Tr = "tr", Tt = "tt", U = "u", Ul = "ul", Var = "var", Video = "video", Wbr = "wbr",
}

impl Tag {
    /// What the elements of AMP and of players stand for.
    fn of_custom(name: &str) -> Tag {
        match name {
            "amp-img" | "amp-anim" => Tag::Img,
            "amp-video" => Tag::Video,
            "amp-audio" => Tag::Audio,
            "amp-iframe" => Tag::Iframe,
            _ if super::players::is_player(name) => Tag::Embed,
            _ => Tag::Other,
        }
    }

    /// Ends the line before and after it.
    pub fn is_block(self) -> bool {
        use Tag::*;
        matches!(
            self,
            Address
                | Article
                | Aside
                | Blockquote
                | Body
                | Br
                | Caption
                | Center
                | Dd
                | Details
                | Dialog
                | Div
                | Dl
                | Dt
                | Fieldset
                | Figcaption
                | Figure
                | Footer
                | Form
                | H1
                | H2
                | H3
                | H4
                | H5
                | H6
                | Header
                | Hgroup
                | Hr
                | Html
                | Legend
                | Li
                | Main
                | Menu
                | Nav
                | Ol
                | P
                | Pre
                | Section
                | Summary
                | Table
                | Tbody
                | Td
                | Tfoot
                | Th
                | Thead
                | Tr
                | Ul
                | Video
                | Audio
                | Iframe
        )
    }

    pub fn is_heading(self) -> bool {
        matches!(self, Tag::H1 | Tag::H2 | Tag::H3 | Tag::H4 | Tag::H5 | Tag::H6)
    }

    /// Neither the element nor what it holds is ever text of an article.
    pub fn is_silent(self) -> bool {
        use Tag::*;
        matches!(
            self,
            Head | Script | Style | Noscript | Template | Svg | Select | Textarea | Input | Option | Title | Link | Meta | Dialog
        )
    }
}
