"""Bytes that grow."""


def received(chunks):
    data = b""
    for chunk in chunks:
        data += chunk  # whet: expect
    return data


def framed(chunks, limit):
    whole = b"<"
    for chunk in chunks:
        if len(whole) > limit:
            break
        whole += chunk
        whole += b","  # whet: expect
    if not whole:
        return None
    return whole.rstrip(b",") + b">", whole[:3]


def behind_a_head(read, chunks):
    data = read(
        2,  # bytes of the head
    )
    for chunk in chunks:
        data += chunk  # whet: expect
    return data[:3], data


def until_empty(chunks):
    data = b""
    for chunk in chunks:
        if not chunk:
            return data
        data += chunk  # whet: expect
    return None
