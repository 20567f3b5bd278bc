"""What HTML has that no body may have: judged on its tree, by an allowlist that was written again, by hand."""
from html.parser import HTMLParser

ELEMENTS = set(
    "p h2 h3 h4 h5 h6 pre dt dd dl caption ul ol li table tbody tr td th blockquote figure figcaption a abbr b cite code del dfn em i "
    "ins kbd mark q rp rt ruby s samp small strong sub sup u var img br hr".split()
)
ATTRIBUTES = {
    "a": {"href", "rel"}, "img": {"src", "alt", "width", "height"}, "td": {"colspan", "rowspan"}, "th": {"colspan", "rowspan"},
    "ol": {"start"}, "abbr": {"title"}, "code": {"class"}, "pre": {"class"},
}
SCHEMES = {"href": ("http://", "https://", "mailto:"), "src": ("http://", "https://")}


class Judge(HTMLParser):
    def __init__(self):
        super().__init__(convert_charrefs=True)
        self.wrong = []

    def handle_starttag(self, tag, attributes):
        if tag not in ELEMENTS:
            self.wrong.append(f"<{tag}>")
        for name, value in attributes:
            if name not in ATTRIBUTES.get(tag, ()):
                self.wrong.append(f"{tag} {name}=")
            if name in SCHEMES and not (value or "").startswith(SCHEMES[name]):
                self.wrong.append(f"{tag} {name}={value}")
        if tag == "a" and "noopener" not in (dict(attributes).get("rel") or ""):
            self.wrong.append("a without noopener")

    def handle_comment(self, data):
        self.wrong.append("a comment")

    def handle_decl(self, declaration):
        self.wrong.append("a declaration")


def judge(text):
    """A list of what is wrong with `text`; empty: harmless."""
    parser = Judge()
    parser.feed(text)
    parser.close()
    return parser.wrong
