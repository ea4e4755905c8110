"""Asks for one address after the other."""

import requests
from requests import request


def texts(addresses):
    found = []
    with requests.Session() as session:
        for address in addresses:
            answer = session.get(address, timeout=10)  # whet: expect
            if answer.status_code != 200:
                continue

            # a comment that moves along
            found.append(answer.text)
    return found


def sizes(server, names):
    total = 0
    try:
        with requests.Session() as session:
            for name in names:
                answer = session.post(  # whet: expect
                    f"{server}/{name}",
                    params={"full": "yes"},
                )
                total += len(answer.content)
    finally:
        print(total)
    return total


def answers(addresses):
    found = {}
    with requests.Session() as session:
        for turn in range(2):
            for address in addresses:
                found[address, turn] = session.request("GET", address).status_code  # whet: expect
    return found
