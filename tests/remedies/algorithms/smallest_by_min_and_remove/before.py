"""Queues of which the smallest comes first."""

import sys


def merged(weights):
    heap = list(weights)
    steps = []
    while heap:
        # the lightest one
        first = min(heap)  # whet: expect
        heap.remove(first)
        steps.append(first)
        if first > 40 and len(heap) > 9:
            heap.append(first // 3)
    return steps


def farthest(edges, start):
    queue = []
    queue.append((0, start))
    done = {}
    while len(queue) > 0:
        current = min(queue)  # whet: expect
        queue.remove(current)  # and it is gone
        length, node = current
        if node in done:
            continue
        done[node] = length
        for further, cost in edges.get(node, ()):
            queue.append((length + cost, further))
    return done


def drained(numbers):
    left = [number for number in numbers]
    count = 0
    while left:
        left.remove(min(left))  # whet: expect
        count += len(left)
    return count, sys.maxsize
