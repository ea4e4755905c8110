"""Near misses, each for a reason of its own."""


def given(scores):
    scores.sort()
    return scores[0]


def used_again(rows):
    scores = list(rows)
    scores.sort()
    least = scores[0]
    return least, scores


def known_to_others(rows, keep):
    scores = list(rows)
    keep(scores)
    scores.sort()
    return scores[0]


def not_the_next(rows):
    scores = list(rows)
    scores.sort()
    print(rows)
    return scores[0]


def several(rows):
    scores = list(rows)
    scores.sort()
    return scores[0], scores[1]


def middle(rows):
    scores = list(rows)
    scores.sort()
    return scores[len(rows) // 2]


def last_with_key(rows):
    scores = list(rows)
    scores.sort(key=abs)
    return scores[-1]


def in_a_loop(rows):
    scores = list(rows)
    while rows:
        scores.sort()
        rows.append(scores[0])
        rows = rows[2:]


def again_and_again(rows):
    scores = list(rows)
    scores.sort()
    return [scores[0] for _ in rows]


def unknown_key(rows, key):
    scores = list(rows)
    scores.sort(key=key)
    return scores[0]


def key_with_effects(rows, seen):
    scores = list(rows)
    scores.sort(key=lambda row: seen.append(row) or row)
    return scores[0]


def shown(rows):
    scores = list(rows)
    scores.sort()
    return f"{scores[0]}"


def stored(rows):
    scores = list(rows)
    scores.sort()
    scores[0] = 1


def iterated(rows):
    scores = list(rows)
    held = (score for score in scores)
    scores.sort()
    return scores[0] + sum(held)
