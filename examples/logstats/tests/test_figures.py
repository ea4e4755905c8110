from collections import Counter

from logstats.parse import Request
from logstats.ranking import leader_changes, leaders, quartiles
from logstats.security import Network, error_bursts, scanning_networks
from logstats.visitors import count_agents, count_countries, count_visitors


def request(time=0, host="5.1.1.1", url="/", status=200, agent="Firefox/122.0 Linux"):
    return Request(host, "-", time, "GET", url, status, 1, "-", agent)


def test_leaders_are_ordered_by_count_then_name():
    assert leaders(Counter("abbccd")) == [("b", 2), ("c", 2), ("a", 1), ("d", 1)]
    assert len(leaders(Counter(range(30)))) == 10
    assert leaders({}) == []


def test_changes_of_the_leader():
    pages = [(0, "/a"), (10, "/b"), (11, "/b"), (20, "/a"), (25, "/a"), (30, "/c")]
    assert leader_changes(pages, 10) == [(0, "/a"), (10, "/b"), (20, "/a")]
    assert leader_changes([], 10) == []


def test_quartiles():
    assert quartiles([]) == (0, 0, 0)
    assert quartiles([5, 1, 4, 2, 3]) == (2, 3, 4)


def test_visitors_differ_by_address_or_browser():
    requests = [request(), request(), request(agent="x"), request(host="5.1.1.2")]
    assert count_visitors(requests) == 3
    assert count_countries(requests) == Counter({"DE": 2})


def test_bots_have_no_browser():
    browsers, systems, devices = count_agents([request(), request(agent="curl/8.0")])
    assert (browsers, systems) == (Counter({"Firefox 122": 1}), Counter({"Linux": 1}))
    assert devices == Counter({"desktop": 1, "bot": 1})


def test_scanners_are_found_by_network():
    scans = [request(host=f"9.9.9.{n}", url="/WP-login.php", status=404) for n in range(3)]
    assert scanning_networks([*scans, request(host="9.9.8.1")], 3) == [("9.9.9.*", 3)]
    assert scanning_networks(scans, 4) == []
    assert Network("9.9.9.*") == Network("9.9.9.7")


def test_bursts_of_errors():
    failures = [request(time=t, status=503) for t in (0, 100, 101, 102, 103)]
    assert error_bursts(failures, seconds=60, limit=4) == [100]
    assert error_bursts(failures, seconds=60, limit=5) == []
