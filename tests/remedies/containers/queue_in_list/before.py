"""Walks."""

import os


def breadth_first(graph, start):
    """In the order of distance."""
    order = []
    queue = [start]
    while queue:
        node = queue.pop(0)  # whet: expect
        order.append(node)
        queue.extend(graph.get(node, ()))
    return order


def backwards(items):
    path = []
    for item in items:
        path.insert(0, item * 2)  # whet: expect
    return path


def levels(graph, start):
    found = []
    queue = list(start)
    while len(queue) > 0:
        found.append(len(queue))
        for _ in range(len(queue)):
            node = queue.pop(0)  # whet: expect
            for child in graph.get(node, ()):
                queue.append(child)
    return found, os.sep


def until_it_is_empty(items):
    queue: list[int] = list(items)
    total = 0
    while True:
        try:
            total += queue.pop(0)  # whet: expect
        except IndexError:
            break
    return total


def drained(items):
    waiting: list = [item for item in items if item]
    taken = 0
    try:
        while True:
            if waiting[0] > -1:
                taken += waiting.pop(0)  # whet: expect
    except LookupError:
        return taken
