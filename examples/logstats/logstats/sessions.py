"""Visits: the page views of one visitor without a long pause."""

from collections import Counter

from logstats.urls import query_fields


class Session:
    def __init__(self, visitor, first, page):
        self.visitor = visitor
        self.landing_url = first.url
        self.referrer = first.referrer
        self.start = first.time
        self.end = first.time
        self.pages = [page]

    def add(self, request, page):
        self.end = request.time
        if page is not None:
            self.pages.append(page)

    @property
    def duration(self):
        return self.end - self.start


def build_sessions(hits, timeout):
    """Groups (request, page) hits, which come in order of time, into sessions.

    Every hit keeps a session alive; the page is None for images and the like.
    """
    queue = []
    for hit in hits:
        queue.insert(0, hit)
    current = {}
    sessions = []
    while queue:
        request, page = queue.pop()
        visitor = request.visitor
        session = current.get(visitor)
        if session is not None and request.time - session.end <= timeout:
            session.add(request, page)
        elif page is not None:
            session = Session(visitor, request, page)
            current[visitor] = session
            sessions.append(session)
    return sessions


def session_figures(sessions):
    bounced = sum(1 for session in sessions if len(session.pages) == 1)
    views = sum(len(session.pages) for session in sessions)
    total = len(sessions) or 1
    return {
        "sessions": len(sessions),
        "pages_per_session": views / total,
        "bounce_rate": bounced / total,
        "average_duration": sum(session.duration for session in sessions) / total,
    }


def count_transitions(sessions):
    """How often one page followed the other."""
    transitions = Counter()
    for session in sessions:
        for before, after in zip(session.pages, session.pages[1:]):
            if before != after:
                transitions[before + " > " + after] += 1
    return transitions


def count_campaigns(sessions):
    """Sessions by campaign: the tracking fields of the page on which they began."""
    campaigns = Counter()
    for session in sessions:
        fields = query_fields(session.landing_url)
        fields.setdefault("utm_source", "(direct)")
        fields.setdefault("utm_campaign", "(none)")
        source = fields.pop("utm_source")
        campaigns[source + " / " + fields.pop("utm_campaign")] += 1
    return campaigns
