from collections import Counter

from logstats.parse import Request
from logstats.sessions import (
    build_sessions,
    count_campaigns,
    count_transitions,
    session_figures,
)


def hit(time, page, host="1.1.1.1", url=None):
    return Request(host, "-", time, "GET", url or page, 200, 1, "-", "agent"), page


def test_a_long_pause_begins_a_new_session():
    sessions = build_sessions([hit(0, "/a"), hit(100, "/b"), hit(2000, "/a")], 1800)
    assert [session.pages for session in sessions] == [["/a", "/b"], ["/a"]]
    assert sessions[0].duration == 100


def test_visitors_do_not_mix():
    sessions = build_sessions([hit(0, "/a"), hit(1, "/b", host="2.2.2.2"), hit(2, "/c")], 1800)
    assert [session.pages for session in sessions] == [["/a", "/c"], ["/b"]]


def test_an_asset_keeps_a_session_alive_but_begins_none():
    asset = hit(1000, None, url="/x.css")
    assert build_sessions([asset], 1800) == []
    sessions = build_sessions([hit(0, "/a"), asset, hit(2500, "/b")], 1800)
    assert [session.pages for session in sessions] == [["/a", "/b"]]


def test_figures():
    sessions = build_sessions([hit(0, "/a"), hit(60, "/b"), hit(0, "/a", host="2.2.2.2")], 1800)
    assert session_figures(sessions) == {
        "sessions": 2, "pages_per_session": 1.5, "bounce_rate": 0.5, "average_duration": 30.0,
    }
    assert count_transitions(sessions) == Counter({"/a > /b": 1})
    assert session_figures([])["sessions"] == 0


def test_campaigns_are_those_of_the_first_page():
    url = "/a?utm_source=mail&utm_campaign=spring"
    sessions = build_sessions([hit(0, "/a", url=url), hit(0, "/a", host="2.2.2.2")], 1800)
    assert count_campaigns(sessions) == Counter({"mail / spring": 1, "(direct) / (none)": 1})
