"""Asks for one address after the other."""

import urllib.request


def texts(addresses):
    found = []
    for address in addresses:
        with urllib.request.urlopen(address) as answer:  # whet: expect
            found.append(answer.read())
    return found
