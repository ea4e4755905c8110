"""A CPU profile as a flame graph: one HTML file that works offline and without scripts."""

from __future__ import annotations

import base64
import hashlib
import html
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from zlib import crc32

from whet.reports.speedscope import cpu_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from whet.records import CpuProfile, Profile

WIDTH = 1180
_ROW = 17  # height of a frame, px
_LEAST_WIDTH = 0.4  # px: narrower frames cannot be seen
_MOST_FRAMES = 900  # keeps the file small; the widest are drawn
_MOST_DEPTH = 90
_CHARACTER = 6.6  # px, mean width of a character at 11 px
_LEAST_TEXT = 28  # px: narrower frames carry no text
_MOST_TITLE = 160
_PRUNED = "frames that are too narrow to see were left out"

STYLE = """
.whet-flame{font:11px system-ui,sans-serif;display:block;max-width:100%;height:auto}
.whet-flame rect{stroke:#fff;stroke-width:.6}
.whet-flame text{fill:#1b1b1b;pointer-events:none}
.whet-flame g:hover rect{stroke:#000}
.whet-flame .hit rect{fill:#c13bd6}
.whet-flame .hit text{fill:#fff}
"""

_PAGE_STYLE = """
body{font:14px system-ui,sans-serif;margin:1.5rem auto;max-width:1180px;padding:0 1rem;
color:#1b1b1b;background:#fff}
h1{font-size:1.25rem;margin:0 0 .3rem}p{margin:.3rem 0;color:#444}
.tools{margin:.6rem 0;display:none}.js .tools{display:block}
input{font:inherit;padding:.2rem .4rem;width:18rem}button{font:inherit}
.key span{display:inline-block;width:.8em;height:.8em;margin:0 .3em 0 1em;vertical-align:-.05em}
table{border-collapse:collapse;margin-top:1rem}td,th{padding:.15rem .7rem .15rem 0;text-align:left}
td.n,th.n{text-align:right;font-variant-numeric:tabular-nums}
@media print{.tools{display:none!important}body{margin:0;max-width:none}}
"""

# Zoom rescales every frame from its share of the whole; search marks names.
_SCRIPT = """
(function(){var d=document,s=d.querySelector('.whet-flame');if(!s)return;
d.documentElement.className='js';var W=+s.dataset.width,C=6.6;
var gs=[].slice.call(s.querySelectorAll('g[data-x]'));
gs.forEach(function(g){g.t=g.querySelector('title').textContent;
g.n=g.dataset.n;g.x=+g.dataset.x;g.w=+g.dataset.w;g.y=+g.dataset.d});
function draw(x,w,y){gs.forEach(function(g){var a=(g.x-x)/w*W,b=g.w/w*W,
r=g.querySelector('rect'),t=g.querySelector('text');
if(g.y<y&&g.x<=x+1e-9&&g.x+g.w>=x+w-1e-9){a=0;b=W;g.style.opacity=.55}else g.style.opacity=1;
var l=Math.max(a,0),e=Math.min(a+b,W);g.style.display=e-l<.2?'none':'';
if(e-l<.2)return;r.setAttribute('x',l);r.setAttribute('width',e-l);
if(!t){t=d.createElementNS('http://www.w3.org/2000/svg','text');
t.setAttribute('y',+r.getAttribute('y')+12);g.appendChild(t)}
var k=Math.floor((e-l-6)/C);t.setAttribute('x',l+3);
t.textContent=k<3?'':(g.n.length>k?g.n.slice(0,k-1)+'\\u2026':g.n)})}
gs.forEach(function(g){g.style.cursor='pointer';
g.addEventListener('click',function(){draw(g.x,g.w,g.y)})});
d.getElementById('reset').addEventListener('click',function(){draw(0,1,0)});
var q=d.getElementById('find'),o=d.getElementById('found');
q.addEventListener('input',function(){var v=q.value.toLowerCase(),h=[];
gs.forEach(function(g){var m=v&&g.t.toLowerCase().indexOf(v)>=0;
g.setAttribute('class',m?'hit':'');if(m)h.push([g.x,g.x+g.w])});
h.sort(function(a,b){return a[0]-b[0]});var c=0,e=0;
h.forEach(function(p){if(p[1]>e){c+=p[1]-Math.max(p[0],e);e=p[1]}});
o.textContent=v?(100*c).toFixed(1)+' % of the time':''});
})();
"""


@dataclass(slots=True)
class _Node:
    """A frame with what it called; lines of one function are one frame."""

    seconds: float = 0.0
    own_s: float = 0.0
    children: dict[tuple[str, str], _Node] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class _Box:
    """A frame to draw; `x` and `share` are parts of the whole."""

    name: str
    file: str
    depth: int
    x: float
    share: float
    seconds: float
    own_s: float


def render(profile: Profile) -> bytes:
    """The HTML document, under 300 kB whatever the size of the profile.

    Raises:
        UsageError: The profile has no CPU part.
    """
    cpu = cpu_of(profile)
    digest = base64.b64encode(hashlib.sha256(_SCRIPT.encode()).digest()).decode()
    policy = f"default-src 'none'; style-src 'unsafe-inline'; script-src 'sha256-{digest}'"
    title = html.escape(profile.workload.spelled[:_MOST_TITLE], quote=True)
    approximate = "; lines are approximate" if cpu.approximate else ""
    overhead = ""
    if profile.overhead_ratio is not None:
        overhead = f"; the sampled run took {profile.overhead_ratio:.2f} times the CPU time"
    page = f"""<!doctype html>
<html lang="en"><head><meta charset="utf-8">
<meta name="viewport" content="width=device-width">
<meta http-equiv="Content-Security-Policy" content="{policy}">
<title>CPU profile: {title}</title><style>{_PAGE_STYLE}{STYLE}</style></head><body>
<h1>CPU profile: {title}</h1>
<p>{cpu.total_s:.3f} s sampled over {cpu.processes} process(es) and {cpu.threads} thread(s):
{cpu.samples} samples at {cpu.rate_hz:g} Hz, {cpu.errors} errors, {html.escape(cpu.sampler)}\
{approximate}{overhead}.</p>
<p class="key">Wider is longer; what is below was called by what is above.
<span style="background:{_PROJECT}"></span>this project
<span style="background:{_LIBRARY}"></span>other code</p>
<p class="tools"><input id="find" type="search" placeholder="Search functions and files"
aria-label="Search"> <button id="reset" type="button">Reset zoom</button>
<span id="found"></span></p>
{flamegraph_svg(profile)}
{_table(cpu)}
<script>{_SCRIPT}</script></body></html>
"""
    return page.encode("utf-8", "backslashreplace")


_PROJECT = "#f0a94a"
_LIBRARY = "#a9c6de"


def flamegraph_svg(profile: Profile, width: int = WIDTH) -> str:
    """The graph alone, to be put into a page that carries `STYLE`; outermost frames on top.

    Args:
        profile: With a CPU part.
        width: In px; the drawing scales down with its surroundings.

    Raises:
        UsageError: The profile has no CPU part.
    """
    cpu = cpu_of(profile)
    tree = _tree(cpu)
    everything = sorted(_boxes(tree, width), key=lambda box: -box.share)
    boxes = everything[:_MOST_FRAMES]
    own = {(each.name, each.file) for each in cpu.functions if each.in_project}
    height = (1 + max((box.depth for box in boxes), default=0)) * _ROW + 2
    note = f"<desc>{_PRUNED}</desc>" if len(everything) > len(boxes) else ""
    drawn = "".join(_drawn(box, width, own) for box in boxes)
    return (
        f'<svg class="whet-flame" xmlns="http://www.w3.org/2000/svg" role="img" '
        f'aria-label="Flame graph" data-width="{width}" width="{width}" height="{height}" '
        f'viewBox="0 0 {width} {height}">{note}{drawn}</svg>'
    )


def _tree(cpu: CpuProfile) -> _Node:
    root = _Node()
    for stack in cpu.stacks:
        root.seconds += stack.seconds
        node = root
        for number in stack.frames[:_MOST_DEPTH]:
            frame = cpu.frames[number]
            node = node.children.setdefault((frame.name, frame.file), _Node())
            node.seconds += stack.seconds
        node.own_s += stack.seconds
    return root


def _boxes(root: _Node, width: int) -> Iterator[_Box]:
    total = root.seconds
    pending = [(root, 0, 0.0)]
    while pending:
        node, depth, x = pending.pop()
        for (name, file), child in sorted(node.children.items()):
            share = child.seconds / total
            if share * width >= _LEAST_WIDTH:
                yield _Box(name, file, depth, x, share, child.seconds, child.own_s)
                pending.append((child, depth + 1, x))
            x += share


def _drawn(box: _Box, width: int, own: set[tuple[str, str]]) -> str:
    x, wide, y = box.x * width, box.share * width, box.depth * _ROW + 1
    label = _label(box)
    name = html.escape(label, quote=True)
    title = (
        f"{_printable(box.name)} — {_printable(box.file)}\n{box.seconds:.3f} s, "
        f"{box.share:.1%} of the time; {box.own_s:.3f} s in itself"
    )
    text = ""
    if wide >= _LEAST_TEXT:
        room = int((wide - 6) / _CHARACTER)
        label = label if len(label) <= room else label[: room - 1] + "…"
        text = f'<text x="{x + 3:.1f}" y="{y + 12}">{html.escape(label)}</text>'
    color = _color(box, own)
    return (
        f'<g data-n="{name}" data-x="{box.x:.5f}" data-w="{box.share:.5f}" data-d="{box.depth}">'
        f"<title>{html.escape(title)}</title>"
        f'<rect x="{x:.1f}" y="{y}" width="{wide:.1f}" height="{_ROW - 1}" fill="{color}"/>'
        f"{text}</g>"
    )


def _label(box: _Box) -> str:
    if box.name == "<module>":  # the file says more than the name
        return _printable(box.file.rsplit("/", 1)[-1])
    return _printable(box.name)


def _printable(text: str) -> str:
    """A name as one short line; what cannot be shown is escaped."""
    shown = "".join(each if each.isprintable() else repr(each)[1:-1] for each in text)
    return shown if len(shown) <= _MOST_TITLE else "…" + shown[1 - _MOST_TITLE :]


def _color(box: _Box, own: set[tuple[str, str]]) -> str:
    """The hue says whose code it is, the shade only tells neighbors apart."""
    hue, saturation = (36, 85) if (box.name, box.file) in own else (207, 45)
    light = 62 + crc32(f"{box.name}{box.file}".encode("utf-8", "replace")) % 16
    return f"hsl({hue} {saturation}% {light}%)"


def _table(cpu: CpuProfile) -> str:
    rows = "".join(
        f"<tr><td>{html.escape(_printable(each.name))}</td>"
        f"<td>{html.escape(_printable(each.file))}:{each.line}</td>"
        f'<td class="n">{each.self_s:.3f}</td><td class="n">{each.self_share:.1%}</td>'
        f'<td class="n">{each.total_s:.3f}</td>'
        f'<td class="n">{"" if each.calls is None else f"{each.calls:,}"}</td></tr>'
        for each in cpu.functions[:20]
    )
    return (
        "<table><thead><tr><th>function</th><th>place</th><th class=n>self s</th>"
        "<th class=n>share</th><th class=n>total s</th><th class=n>calls</th></tr></thead>"
        f"<tbody>{rows}</tbody></table>"
    )
