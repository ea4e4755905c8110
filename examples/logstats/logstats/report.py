"""Puts the figures together and prints them."""

from collections import Counter

from logstats.ranking import leader_changes, leaders, quartiles
from logstats.security import error_bursts, scanning_networks
from logstats.sessions import build_sessions, count_campaigns, count_transitions, session_figures
from logstats.urls import is_asset, normalize_url, referring_site, section_of
from logstats.visitors import count_agents, count_countries, count_visitors


def build_report(requests, skipped, config):
    hits = successful_hits(requests)
    views = [(request, page) for request, page in hits if page is not None]
    sessions = build_sessions(hits, config["session_timeout"])
    browsers, systems, devices = count_agents(requests)
    times = [(request.time, page) for request, page in views]
    return {
        "summary": summarize(requests, skipped),
        "sessions": session_figures(sessions),
        "pages": leaders(Counter(page for _, page in views)),
        "sections": leaders(Counter(section_of(page) for _, page in views)),
        "referrers": leaders(count_referrers(sessions, config["internal_hosts"])),
        "campaigns": leaders(count_campaigns(sessions)),
        "transitions": leaders(count_transitions(sessions)),
        "browsers": leaders(browsers),
        "systems": leaders(systems),
        "devices": leaders(devices),
        "countries": leaders(count_countries(requests)),
        "leader_changes": leader_changes(times, config["bucket_seconds"]),
        "scanners": scanning_networks(requests, config["scan_threshold"]),
        "error_bursts": error_bursts(requests),
    }


def successful_hits(requests):
    """The successful requests, each with its page (None for images and the like)."""
    hits = []
    for request in requests:
        if request.method == "GET" and request.status < 400:
            page = None if is_asset(request.url) else normalize_url(request.url)
            hits.append((request, page))
    return hits


def summarize(requests, skipped):
    sizes = [request.size for request in requests if request.size]
    times = [request.time for request in requests]
    errors = sum(1 for request in requests if request.status >= 400)
    return {
        "first": min(times),
        "last": max(times),
        "requests": len(requests),
        "skipped_lines": skipped,
        "visitors": count_visitors(requests),
        "bytes": sum(sizes),
        "size_quartiles": quartiles(sizes),
        "error_rate": errors / len(requests),
        "worst_status": worst_status(requests),
    }


def worst_status(requests):
    """The most frequent kind of failure."""
    counts = Counter(request.status // 100 for request in requests)
    kinds = [(-counts[kind], kind) for kind in (3, 4, 5)]
    return sorted(kinds)[0][1]


def count_referrers(sessions, internal_hosts):
    referrers = Counter()
    for session in sessions:
        site = referring_site(session.referrer, internal_hosts)
        referrers[site or "(direct)"] += 1
    return referrers


def render_text(report):
    lines = []
    summary = dict(report["summary"])
    quarter, half, three_quarters = summary.pop("size_quartiles")
    summary["first"] = format_time(summary["first"])
    summary["last"] = format_time(summary["last"])
    summary["error_rate"] = f"{summary['error_rate']:.2%}"
    summary["worst_status"] = f"{summary['worst_status']}xx"
    summary["typical_sizes"] = f"{quarter} / {half} / {three_quarters}"
    add_section(lines, "summary", summary.items())
    figures = report["sessions"]
    add_section(lines, "sessions", [
        ("sessions", figures["sessions"]),
        ("pages per session", f"{figures['pages_per_session']:.2f}"),
        ("bounce rate", f"{figures['bounce_rate']:.1%}"),
        ("average duration", f"{figures['average_duration']:.0f} s"),
    ])
    for name in ("pages", "sections", "referrers", "campaigns", "transitions", "browsers",
                 "systems", "devices", "countries", "scanners"):
        add_section(lines, name, report[name])
    changes = [(format_time(bucket), page) for bucket, page in report["leader_changes"]]
    add_section(lines, "leader changes", changes)
    add_section(lines, "error bursts", [(format_time(time), "") for time in report["error_bursts"]])
    return "\n".join(lines) + "\n"


def add_section(lines, title, rows):
    lines.append(title)
    for name, value in rows:
        lines.append(f"  {name!s:<58} {value!s:>12}".rstrip())
    lines.append("")


def format_time(seconds):
    """UTC, to the minute."""
    from datetime import datetime, timedelta

    moment = datetime(1970, 1, 1) + timedelta(seconds=seconds)
    return moment.strftime("%Y-%m-%d %H:%M")
