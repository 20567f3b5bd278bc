#!/usr/bin/env python3
"""How large the database is beside the text that it holds: article bodies, as feeds of a hundred entries each.

usage: size.py COURANT ARTICLES.jsonl     lines of {"id", "title", "html", "text"}, as `courant debug extract` answers
"""
import json
import pathlib
import sqlite3
import subprocess
import sys
import tempfile

courant, articles = pathlib.Path(sys.argv[1]).resolve(), [json.loads(line) for line in open(sys.argv[2])]


def tables(database):
    try:
        rows = sqlite3.connect(f"file:{database}?mode=ro", uri=True).execute("SELECT name, sum(pgsize) FROM dbstat GROUP BY name ORDER BY 2 DESC LIMIT 12")
        return ", ".join(f"{name} {size / 1e6:.2f}" for name, size in rows)
    except sqlite3.Error:
        return "(this sqlite3 has no dbstat)"


with tempfile.TemporaryDirectory() as folder:
    folder = pathlib.Path(folder)
    feeds = []
    for begin in range(0, len(articles), 100):
        items = [
            {"id": a["id"], "url": f"https://site{n % 7}.example/2026/{begin + n}/{a['id'].split('/')[-1]}", "title": a["title"] or f"Number {begin + n}", "content_html": a["html"]}
            for n, a in enumerate(articles[begin : begin + 100])
        ]
        file = folder / f"{begin}.json"
        file.write_text(json.dumps({"version": "https://jsonfeed.org/version/1.1", "title": f"Feed {begin}", "items": items}))
        feeds.append(f'[[feed]]\nurl = "file://{file}"\narticle = "never"\n')
    (folder / "feeds.toml").write_text("".join(feeds))
    (folder / "courant.toml").write_text('state_dir = "state"\n[store]\nreserve = "0B"\n')
    run = lambda *words: subprocess.run([str(courant), "--config", str(folder / "courant.toml"), *words], check=True, capture_output=True)
    database = folder / "state/courant.db"
    run("once", "--all")
    stored = sqlite3.connect(f"file:{database}?mode=ro", uri=True)
    html = sum(len(a["html"].encode()) for a in articles)
    text = sum(len(a["text"].encode()) for a in articles)
    n = stored.execute("SELECT count(*) FROM entries").fetchone()[0]
    stored.close()
    print(f"{n} entries; bodies {html} B as HTML, {text} B as text")
    for when in ("after the poll", "compacted"):
        if when == "compacted":
            run("db", "compact")
        size = database.stat().st_size
        print(f"{when}: {size} B, {size / html:.2f} of the HTML, {size / text:.2f} of the text, {size / n:.0f} B an entry")
        print("   MB:", tables(database))
