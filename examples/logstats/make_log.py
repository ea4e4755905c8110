"""Writes data/access.log.gz: one day of an invented shop, the same bytes each time.

Usage: python make_log.py [PATH]
"""

import gzip
import random
import sys
from pathlib import Path

REQUESTS = 8_000
DAY = "02/Mar/2026"
OPENS_AT_S = 6 * 3600
OPEN_FOR_S = 13 * 3600

WORDS = (
    "oak pine elm birch maple walnut cherry ash teak larch desk chair table lamp shelf stool "
    "bench frame mirror clock drawer cabinet vase bowl tray rack hook board box chest"
).split()
ASSETS = (
    "/static/app.4f1c9.css", "/static/app.77ab0.js", "/static/logo.svg", "/favicon.ico",
    "/static/fonts/inter.woff2",
)
SCANS = (
    "/wp-login.php", "/wp-admin/setup-config.php", "/.env", "/phpmyadmin/", "/.git/config",
    "/cgi-bin/luci",
)
SITES = (
    "https://www.google.com/", "https://www.google.com/", "https://duckduckgo.com/",
    "https://www.bing.com/search?q=oak+desk", "https://news.ycombinator.com/", "-", "-", "-",
)
CAMPAIGNS = (
    "utm_source=newsletter&utm_medium=mail&utm_campaign=spring",
    "utm_source=social&utm_medium=post&utm_campaign=teak-week",
    "utm_source=ads&utm_medium=cpc&utm_campaign=desks&gclid=Cj0K",
)
BOT_AGENTS = (
    "Mozilla/5.0 (compatible; Googlebot/2.1; +http://www.google.com/bot.html)",
    "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)",
    "Mozilla/5.0 (compatible; AhrefsBot/7.0; +http://ahrefs.com/robot/)",
)
BROKEN = '- - - [] "\\x16\\x03\\x01" 400 -'


def pick(rng, items):
    """Early items more often than late ones. `random()` alone is the same on every Python."""
    return items[int(len(items) * rng.random() ** 2.2)]


def make_agents(rng):
    systems = (
        "Windows NT 10.0; Win64; x64", "Macintosh; Intel Mac OS X 10_15_7", "X11; Linux x86_64",
        "iPhone; CPU iPhone OS 17_3 like Mac OS X", "Linux; Android 14; Pixel 8", "iPad; CPU OS 16_6",
    )
    agents = []
    for version in range(20):
        for system in systems:
            chrome = f"Chrome/{123 - version}.0.0.0"
            if "iP" in system or ("Mac" in system and rng.random() < 0.5):
                tail = f"AppleWebKit/605.1.15 (KHTML, like Gecko) Version/{17 - version % 4}.2 Safari/605.1"
            elif rng.random() < 0.25:
                tail = f"Gecko/20100101 Firefox/{122 - version}.0"
            else:
                mobile = " Mobile" if "Android" in system else ""
                tail = f"AppleWebKit/537.36 (KHTML, like Gecko) {chrome}{mobile} Safari/537.36"
                if rng.random() < 0.15:
                    tail += f" Edg/{123 - version}.0"
            agents.append(f"Mozilla/5.0 ({system}) {tail}")
    return agents


def make_pages(rng):
    products = [f"/products/{pick(rng, WORDS)}-{pick(rng, WORDS)}-{n}" for n in range(900)]
    searches = [f"/search?q={a}+{b}&sort=price" for a in WORDS[:12] for b in WORDS[12:27]]
    categories = [f"/category/{word}?page={n}" for n in range(1, 6) for word in WORDS]
    pages = ["/", "/index.html", "/cart", "/Products/", "/about", "/help/Shipping%20Costs"]
    while products or searches or categories:
        for group in (products, searches, categories):
            if group:
                pages.append(group.pop())
    return pages


def make_visitors(rng, agents):
    visitors = []
    for _ in range(4000):
        host = ".".join(str(1 + int(rng.random() * 222)) for _ in range(4))
        visitors.append((host, pick(rng, agents)))
    return visitors


def make_lines(rng):
    agents = make_agents(rng)
    pages = make_pages(rng)
    visitors = make_visitors(rng, agents)
    scanners = [f"193.{40 + n}.{n % 7}.{9 + n}" for n in range(120)]
    came_from = {}
    for number in range(REQUESTS):
        time = OPENS_AT_S + int(OPEN_FOR_S * number / REQUESTS)
        kind = rng.random()
        if kind < 0.002:
            yield BROKEN
        elif kind < 0.06:
            host = scanners[int(len(scanners) * rng.random())]
            yield line(host, time, pick(rng, SCANS), 404, 153, "-", "curl/8.4.0")
        elif kind < 0.12:
            yield line("66.249.70.11", time, pick(rng, pages), 200, 9000, "-", pick(rng, BOT_AGENTS))
        else:
            present = len(visitors) * number / REQUESTS + 30 * rng.random()
            anyone = len(visitors) * rng.random()
            visitor = visitors[int(present if rng.random() < 0.9 else anyone) % len(visitors)]
            down = 0.4 < number / REQUESTS < 0.404
            yield visit(rng, visitor, time, pages, came_from, down)


def visit(rng, visitor, time, pages, came_from, down):
    host, agent = visitor
    before = came_from.get(visitor)
    if before and rng.random() < 0.18:
        return line(host, time, pick(rng, ASSETS), 200, 4096, before, agent)
    page = pick(rng, pages)
    if before is None:
        before = pick(rng, SITES)
        if rng.random() < 0.25:
            page += ("&" if "?" in page else "?") + pick(rng, CAMPAIGNS)
    came_from[visitor] = "https://www.example.org" + page
    chance = rng.random()
    if down:
        chance = 1
    status = 200 if chance < 0.93 else 304 if chance < 0.965 else 404 if chance < 0.985 else 503
    size = 0 if status == 304 else 2000 + len(page) ** 2 * 7 % 19_000
    return line(host, time, page, status, size, before, agent)


def line(host, time, url, status, size, referrer, agent):
    clock = f"{time // 3600:02}:{time // 60 % 60:02}:{time % 60:02}"
    return (
        f'{host} - - [{DAY}:{clock} +0100] "GET {url} HTTP/1.1" {status} {size or "-"} '
        f'"{referrer}" "{agent}"'
    )


def main():
    path = Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parent / "data/access.log.gz"
    path.parent.mkdir(exist_ok=True)
    text = "\n".join(make_lines(random.Random(20260302))) + "\n"
    with path.open("wb") as raw, gzip.GzipFile("", "wb", 9, raw, mtime=0) as file:
        file.write(text.encode())
    print(f"{path}: {text.count(chr(10))} lines, {path.stat().st_size} bytes")


if __name__ == "__main__":
    main()
