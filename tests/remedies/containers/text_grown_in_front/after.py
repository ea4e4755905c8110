"""Texts written back to front."""


def backwards(lines):
    text = ""
    text_parts = []
    for line in lines:  # the last one first
        text_parts.append(line)  # whet: expect
    if text_parts:
        text = "".join(reversed(text_parts)) + text
    return text


def framed(lines, head):
    shown = f"[{head}]"
    shown_parts = []
    for number, line in enumerate(lines):
        if number % 3 == 0:
            continue
        if number % 2:
            shown_parts.append(line + ", ")  # whet: expect
        else:
            shown_parts.append(line)
    else:
        head = head.upper()
    if shown_parts:
        shown = "".join(reversed(shown_parts)) + shown
    return head + shown


def by_group(groups):
    found = []
    for group in groups:
        text: str = "|"
        i = 0
        text_parts = []
        while i < len(group):
            text_parts.append(group[i])  # whet: expect
            i += 1
        if text_parts:
            text = "".join(reversed(text_parts)) + text

        found.append(text)
    return found


async def later(lines):
    ünder = "x"
    ünder_parts = []
    for line in lines:
        ünder_parts.append(f"{line}{line}")  # whet: expect
    if ünder_parts:
        ünder = "".join(reversed(ünder_parts)) + ünder
    return ünder
