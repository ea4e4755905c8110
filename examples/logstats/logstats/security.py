"""Scanners: neighborhoods of addresses that ask for what is not there."""

from collections import Counter

SUSPICIOUS = ("/wp-", "/.env", "/phpmyadmin", "/.git/", "/admin.php", "/cgi-bin/")


class Network:
    """The /24 network of an address; `10.1.2.*` and `10.1.2.0` are the same one."""

    def __init__(self, address):
        self.parts = address.split(".")

    def __eq__(self, other):
        return self.parts[:3] == other.parts[:3]

    def __str__(self):
        return ".".join(self.parts[:3]) + ".*"


def scanning_networks(requests, threshold):
    """The networks with several suspicious requests, in the order in which they appeared."""
    networks = []
    hits = Counter()
    for request in requests:
        if request.status != 404 or not is_suspicious(request.url):
            continue
        network = Network(request.host)
        if network not in networks:
            networks.append(network)
        hits[str(network)] += 1
    return [(str(n), hits[str(n)]) for n in networks if hits[str(n)] >= threshold]


def is_suspicious(url):
    url = url.lower()
    return any(part in url for part in SUSPICIOUS)


def error_bursts(requests, seconds=60, limit=8):
    """The moments at which the server failed often within a short time."""
    recent = []
    bursts = []
    for request in requests:
        if request.status < 500:
            continue
        recent.append(request.time)
        while recent[0] < request.time - seconds:
            recent.pop(0)
        if len(recent) >= limit:
            bursts.append(recent[0])
            recent = []
    return bursts
