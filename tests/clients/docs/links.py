"""links.py DIR: prints how many links of the site in DIR lead within it, and fails where one leads nowhere."""

import html.parser, pathlib, sys, urllib.parse


class Page(html.parser.HTMLParser):
    def __init__(self, path):
        super().__init__()
        self.anchors, self.links = set(), []
        self.feed(path.read_text())

    def handle_starttag(self, tag, attributes):
        for name, value in attributes:
            if name in ("id", "name"):
                self.anchors.add(value)
            elif name in ("href", "src"):
                self.links.append(value)


site = pathlib.Path(sys.argv[1]).resolve()
# Whoever serves the site shows 404.html under any address: its links begin at the root.
pages = {path: Page(path) for path in site.rglob("*.html") if path.name != "404.html"}
seen, broken = 0, []
for path, page in pages.items():
    for link in page.links:
        address = urllib.parse.urlsplit(link)
        if address.scheme or address.netloc:
            continue
        seen += 1
        target = (path.parent / urllib.parse.unquote(address.path)).resolve() if address.path else path
        anchor = urllib.parse.unquote(address.fragment)
        if not target.is_file() or anchor and target in pages and anchor not in pages[target].anchors:
            broken.append(f"{path.relative_to(site)}: {link}")
print(seen)
sys.exit("\n".join(broken) or None)
