"""Reads log files, plain or compressed."""

import gzip

from logstats.parse import parse_line


def open_log(path):
    if path.endswith(".gz"):
        return gzip.open(path, "rt", encoding="utf-8", errors="replace")
    return open(path, encoding="utf-8", errors="replace")


def read_requests(paths):
    """All requests in order of time, and how many lines could not be read."""
    requests = []
    skipped = 0
    for path in paths:
        with open_log(path) as file:
            for line in file:
                request = parse_line(line)
                if request is None:
                    skipped += 1
                else:
                    requests.append(request)
    requests.sort(key=lambda request: request.time)
    return requests, skipped
