"""Near misses, each for a reason of its own."""


def text(chunks):
    data = ""
    for chunk in chunks:
        data += chunk
    return data


def read_inside(chunks, seen):
    data = b""
    for chunk in chunks:
        data += chunk
        seen(data)
    return data


def two_beginnings(chunks):
    data = b""
    if chunks:
        data = b"x"
    for chunk in chunks:
        data += chunk
    return data


def begun_with_what_no_call_made(head, chunks):
    data = head
    for chunk in chunks:
        data += chunk
    return data


def not_in_a_loop(a, b):
    data = b""
    data += a
    data += b
    return data


def begun_in_the_loop(rows):
    for row in rows:
        data = b""
        data += row
        yield data


def given(data, chunks):
    for chunk in chunks:
        data += chunk
    return data


def shadowed(chunks, bytes):
    data = b""
    for chunk in chunks:
        data += chunk
    return data


def seen_from_inside(chunks):
    data = b""
    show = lambda: data
    for chunk in chunks:
        data += chunk
    return show()


def in_a_string(chunks):
    data = b""
    for chunk in chunks:
        data += chunk
    return f"{data}"


def dropped(chunks):
    data = b""
    for chunk in chunks:
        data += chunk
    del data
