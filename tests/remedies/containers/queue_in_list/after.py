"""Walks."""

from collections import deque
import os


def breadth_first(graph, start):
    """In the order of distance."""
    order = []
    queue = deque([start])
    while queue:
        node = queue.popleft()  # whet: expect
        order.append(node)
        queue.extend(graph.get(node, ()))
    return order


def backwards(items):
    path = deque()
    for item in items:
        path.appendleft(item * 2)  # whet: expect
    return list(path)


def levels(graph, start):
    found = []
    queue = deque(start)
    while len(queue) > 0:
        found.append(len(queue))
        for _ in range(len(queue)):
            node = queue.popleft()  # whet: expect
            for child in graph.get(node, ()):
                queue.append(child)
    return found, os.sep


def until_it_is_empty(items):
    queue: deque[int] = deque(items)
    total = 0
    while True:
        try:
            total += queue.popleft()  # whet: expect
        except IndexError:
            break
    return total


def drained(items):
    waiting: deque = deque([item for item in items if item])
    taken = 0
    try:
        while True:
            if waiting[0] > -1:
                taken += waiting.popleft()  # whet: expect
    except LookupError:
        return taken
