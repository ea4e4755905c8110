"""Leaders: what comes most often, in all and over time."""

from collections import Counter


def by_count(item):
    name, count = item
    return (-count, name)


def leaders(counts):
    """The ten most frequent, most frequent first, ties by name."""
    return sorted(counts.items(), key=by_count)[:10]


def leader_changes(pages, bucket_seconds):
    """The moments at which another page took the first place, counted from the beginning.

    `pages` are (time, page) pairs in order of time; who leads is asked at the end of each bucket.
    """
    counts = Counter()
    changes = []
    leader = None
    current = None
    for time, page in pages:
        bucket = time - time % bucket_seconds
        if counts and bucket != current:
            first = sorted(counts.items(), key=by_count)[0][0]
            if first != leader:
                changes.append((current, first))
                leader = first
        current = bucket
        counts[page] += 1
    return changes


def quartiles(values):
    ordered = sorted(values)
    if not ordered:
        return (0, 0, 0)
    last = len(ordered) - 1
    return tuple(ordered[round(last * share)] for share in (0.25, 0.5, 0.75))
