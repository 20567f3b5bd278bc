#!/usr/bin/env python3
"""Hostile HTML through `courant debug sanitize`: judged by its tree, and executed in a browser.

usage: xss_browser.py COURANT VECTORS.jsonl [--chromium PATH] [--tree-only]

VECTORS: JSON lines {"id","carrier","html",…}; a payload that runs calls XSS(). `content` vectors are HTML; `title`
vectors are text, which no sanitiser sees: they are escaped here as the outputs escape them.

Three questions, each with a count; the exit code is 1 where an answer is wrong:
- tree: is an element, attribute or address in an answer that the allowlist (written here again, by hand) lacks?
- fixed point: does sanitising an answer change it?
- browser: how many vectors call XSS(), raw and sanitised, as a served page and by innerHTML, with events fired?
  Raw ones must (else the check is blind), sanitised ones must not.
"""
import argparse
import html
import json
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tempfile

from tree_judge import judge

def sanitise(courant, rows):
    asked = "".join(json.dumps({"id": r["id"], "html": r["html"], "url": "https://news.example/a/b"}) + "\n" for r in rows)
    done = subprocess.run([courant, "debug", "sanitize"], input=asked, capture_output=True, text=True, check=True)
    answers = [json.loads(line) for line in done.stdout.splitlines()]
    if [a["id"] for a in answers] != [r["id"] for r in rows]:
        raise SystemExit("not an answer a vector")
    return {a["id"]: a["html"] for a in answers}


# A frame a case, as a served page (srcdoc) and by innerHTML; a case that runs calls parent.hit(). Events that a person
# would cause are fired; what would leave the page is kept from it.
PAGE = """<!doctype html><meta charset=utf-8><body><script>
const cases = %s;
const hits = new Set();
window.hit = id => hits.add(id);
const setup = id => `<script>window.XSS = window.alert = () => parent.hit(${JSON.stringify(id)}); addEventListener('error', e => e.preventDefault());<\\/script>`;
function provoke(frame) {
  try {
    const d = frame.contentDocument;
    for (const e of d.querySelectorAll('*')) {
      for (const name of ['click','mouseover','mouseenter','focus','pointerover','animationend','transitionend','toggle','load','error','input','change','submit','wheel','keydown'])
        try { const m = new (frame.contentWindow.Event)(name, {bubbles: true, cancelable: true}); e.dispatchEvent(m); } catch (x) {}
      try { if (e.click) e.click(); } catch (x) {}
      for (const name of ['href','xlink:href','src','action','formaction','data']) {
        const v = (e.getAttribute(name) || '').replace(/[\\u0000-\\u0020]/g, '');
        if (/^javascript:/i.test(v)) try { frame.contentWindow.eval(decodeURIComponent(v.slice(11))); } catch (x) {}
      }
    }
  } catch (x) {}
}
async function one(c, inner) {
  const frame = document.createElement('iframe');
  frame.setAttribute('sandbox', 'allow-scripts allow-same-origin allow-forms allow-modals');
  const loaded = new Promise(r => { frame.onload = r; setTimeout(r, 300); });
  frame.srcdoc = '<!doctype html><html><head>' + setup(c.id) + '</head><body>' + (inner ? '<div id=courant_root></div>' : c.html) + '</body></html>';
  document.body.append(frame);
  await loaded;
  try { if (inner) frame.contentDocument.getElementById('courant_root').innerHTML = c.html; } catch (x) {}
  await new Promise(r => setTimeout(r, 60));
  provoke(frame);
  await new Promise(r => setTimeout(r, 30));
  frame.remove();
}
(async () => {
  for (let at = 0; at < cases.length; at += 8)
    await Promise.all(cases.slice(at, at + 8).flatMap(c => [one(c, false), one(c, true)]));
  const out = document.createElement('pre');
  out.id = 'courant_hits';
  out.textContent = 'HITS ' + JSON.stringify([...hits]) + ' END';
  document.body.replaceChildren(out);
})();
</script>"""


def executed(chromium, cases):
    """The ids of the cases that ran."""
    rows = json.dumps([{"id": name, "html": text} for name, text in cases.items()]).replace("<", "\\u003c")
    with tempfile.TemporaryDirectory() as folder:
        page = pathlib.Path(folder) / "cases.html"
        page.write_text(PAGE % rows)
        command = [chromium, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage", f"--user-data-dir={folder}/profile",
                   "--host-resolver-rules=MAP * ~NOTFOUND", "--virtual-time-budget=60000", "--dump-dom", page.as_uri()]
        done = subprocess.run(command, capture_output=True, text=True, timeout=240)
    found = re.search(r"HITS (\[.*?\]) END", html.unescape(done.stdout), re.S)
    if not found:
        raise SystemExit("the browser gave no answer:\n" + done.stderr[-1500:])
    return set(json.loads(found.group(1)))


def main():
    ap = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    ap.add_argument("courant")
    ap.add_argument("vectors")
    ap.add_argument("--chromium", default=shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome"))
    ap.add_argument("--tree-only", action="store_true", help="without a browser")
    a = ap.parse_args()
    rows = [json.loads(line) for line in open(a.vectors, encoding="utf-8") if line.strip()]
    content = [r for r in rows if r.get("carrier", "content") == "content"]
    clean = sanitise(a.courant, content)
    again = sanitise(a.courant, [{"id": name, "html": text} for name, text in clean.items()])
    wrong = {name: judge(text) for name, text in clean.items() if judge(text)}
    moved = [name for name in clean if clean[name] != again[name]]
    titles = {r["id"]: "<h2>" + html.escape(r["html"]) + "</h2>" for r in rows if r.get("carrier") == "title"}
    print(f"tree: {len(clean) - len(wrong)} of {len(clean)} harmless; fixed point: {len(clean) - len(moved)} of {len(clean)}")
    for name, what in wrong.items():
        print(f"  {name}: {', '.join(what)}: {clean[name][:200]}")
    for name in moved:
        print(f"  {name} moves: {clean[name][:200]} → {again[name][:200]}")
    bad = bool(wrong or moved)
    if not a.tree_only:
        if not a.chromium or not os.path.exists(a.chromium):
            raise SystemExit("no chromium; --tree-only does without")
        raw = executed(a.chromium, {r["id"]: r["html"] for r in rows})
        ran = executed(a.chromium, {**clean, **titles})
        print(f"browser: {len(raw)} of {len(rows)} raw vectors ran; {len(ran)} of {len(rows)} sanitised ones")
        for name in sorted(ran):
            print(f"  {name} ran: {clean.get(name, '')[:200]}")
        bad |= bool(ran) or len(raw) * 4 < len(rows)
    sys.exit(1 if bad else 0)


main()
