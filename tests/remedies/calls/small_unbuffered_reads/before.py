"""Reads bytes one by one."""


def zeros(path):
    found = 0
    with open(path, "rb", buffering=0) as file:  # whet: expect
        while byte := file.read(1):
            found += byte == b"\0"
    return found


def records(path, size):
    rows = []
    with open(
        path,
        "rb",
        0,  # no buffer
    ) as file:
        head = file.read(4)
        while row := file.read(size):  # whet: expect
            rows.append(row)
    return head, rows
