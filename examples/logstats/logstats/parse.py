"""One line of the log becomes one request."""

import re
from datetime import date

MONTHS = "JanFebMarAprMayJunJulAugSepOctNovDec"
EPOCH = date(1970, 1, 1).toordinal()


class Request:
    __slots__ = ("host", "user", "time", "method", "url", "status", "size", "referrer", "agent")

    def __init__(self, host, user, time, method, url, status, size, referrer, agent):
        self.host = host
        self.user = user
        self.time = time
        self.method = method
        self.url = url
        self.status = status
        self.size = size
        self.referrer = referrer
        self.agent = agent

    @property
    def visitor(self):
        return self.host + " " + self.agent


def parse_line(line):
    """The request of one line in combined log format; None if the line is broken."""
    pattern = re.compile(
        r"""
        (\S+)\ \S+\ (\S+)\                  # host, identity, user
        \[([^\]]+)\]\                       # time
        "([A-Z]+)\ (\S+)(?:\ HTTP/[\d.]+)?"\  # method, url
        (\d{3})\ (\d+|-)\                   # status, size
        "([^"]*)"\ "([^"]*)"                # referrer, agent
        """,
        re.VERBOSE | re.ASCII,
    )
    match = pattern.match(line)
    if match is None:
        return None
    host, user, time, method, url, status, size, referrer, agent = match.groups()
    if size == "-":
        size = 0
    return Request(
        host, user, parse_time(time), method, url, int(status), int(size), referrer, agent
    )


def parse_time(text):
    """Seconds since 1970 of a time such as 02/Mar/2026:06:00:01 +0100."""
    day = day_number(text[:11])
    seconds = int(text[12:14]) * 3600 + int(text[15:17]) * 60 + int(text[18:20])
    return day * 86400 + seconds - zone_offset(text[21:])


def day_number(text):
    """Days since 1970 of a date such as 02/Mar/2026."""
    month = MONTHS.index(text[3:6]) // 3 + 1
    return date(int(text[7:11]), month, int(text[:2])).toordinal() - EPOCH


def zone_offset(text):
    """Seconds east of UTC of an offset such as +0100."""
    seconds = int(text[1:3]) * 3600 + int(text[3:5]) * 60
    return -seconds if text[0] == "-" else seconds
