"""Queues of which the smallest comes first."""

from heapq import heapify, heappop, heappush
import sys


def merged(weights):
    heap = list(weights)
    steps = []
    heapify(heap)
    while heap:
        # the lightest one
        first = heappop(heap)  # whet: expect
        steps.append(first)
        if first > 40 and len(heap) > 9:
            heappush(heap, first // 3)
    return steps


def farthest(edges, start):
    queue = []
    queue.append((0, start))
    done = {}
    heapify(queue)
    while len(queue) > 0:
        current = heappop(queue)  # whet: expect
        # and it is gone
        length, node = current
        if node in done:
            continue
        done[node] = length
        for further, cost in edges.get(node, ()):
            heappush(queue, (length + cost, further))
    return done


def drained(numbers):
    left = [number for number in numbers]
    count = 0
    heapify(left)
    while left:
        heappop(left)  # whet: expect
        count += len(left)
    return count, sys.maxsize
