"""Near misses, each for a reason of its own."""


def less(left, right):
    return [(a, b) for a in left for b in right if a < b]


def otherwise(left, right, seen):
    for a in left:
        for b in right:
            if a == b:
                seen.append(a)
            else:
                seen.append(b)


def more_work(left, right, seen):
    for a in left:
        for b in right:
            seen.append(b)
            if a == b:
                break


def used_behind(left, right):
    for a in left:
        for b in right:
            if a == b:
                break
        print(b)


def grows(left, right):
    for a in left:
        for b in right:
            if a == b:
                right.append(a)


def one_loop(right, key):
    for b in right:
        if b == key:
            return b


def any_of(left, right):
    for a in left:
        for b in right:
            if a == b or a == 1:
                return b


def second_condition(left, right, test):
    for a in left:
        for b in right:
            if test(b) and a == b:
                return b


def calls(left, right, key):
    for a in left:
        for b in right:
            if key(a) == key(b):
                return b


def same_side(left, right):
    for a in left:
        for b in right:
            if b[0] == b[1]:
                return a


def both_sides(left, right):
    for a in left:
        for b in right:
            if a[0] == b[a]:
                return b


def bound_in_between(left):
    for a in left:
        right = a.split()
        for b in right:
            if a[0] == b[0]:
                return b


def rebinds(left, right):
    for a in left:
        for b in right:
            if a == b:
                a = None


def known_elsewhere(left, right, b):
    print(b)
    return [(a, b) for a in left for b in right if a == b]


def later(left, right):
    found = ((a, b) for a in left for b in right if a == b)
    right.clear()
    return found


def while_it_lasts(right, a):
    while a:
        for b in right:
            if a == b:
                a = None
