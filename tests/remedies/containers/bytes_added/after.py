"""Bytes that grow."""


def received(chunks):
    data = bytearray()
    for chunk in chunks:
        data += chunk  # whet: expect
    return bytes(data)


def framed(chunks, limit):
    whole = bytearray(b"<")
    for chunk in chunks:
        if len(whole) > limit:
            break
        whole += chunk
        whole += b","  # whet: expect
    if not whole:
        return None
    return bytes(whole).rstrip(b",") + b">", bytes(whole)[:3]


def behind_a_head(read, chunks):
    data = bytearray(read(
        2,  # bytes of the head
    ))
    for chunk in chunks:
        data += chunk  # whet: expect
    return bytes(data)[:3], bytes(data)


def until_empty(chunks):
    data = bytearray()
    for chunk in chunks:
        if not chunk:
            return bytes(data)
        data += chunk  # whet: expect
    return None
