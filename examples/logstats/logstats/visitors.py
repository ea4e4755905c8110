"""Who came: visitors, their countries, systems and devices."""

from collections import Counter

from logstats.agents import classify_agent
from logstats.geo import country_of


def count_visitors(requests):
    """How many different visitors (address and browser) there were."""
    seen = []
    for request in requests:
        visitor = request.visitor
        if visitor not in seen:
            seen.append(visitor)
    return len(seen)


def count_countries(requests):
    hosts = {request.host for request in requests}
    return Counter(country_of(host) for host in sorted(hosts))


def count_agents(requests):
    """Requests by browser, by system and by device."""
    browsers = Counter()
    systems = Counter()
    devices = Counter()
    for request in requests:
        browser, system, device = classify_agent(request.agent)
        devices[device] += 1
        if device != "bot":
            browsers[browser] += 1
            systems[system] += 1
    return browsers, systems, devices
