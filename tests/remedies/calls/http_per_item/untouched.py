"""Near misses."""

import urllib.parse


def parts(addresses):
    return [urllib.parse.urlsplit(address) for address in addresses]


def by_session(session, addresses):
    return [session.get(address) for address in addresses]
