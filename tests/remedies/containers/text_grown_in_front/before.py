"""Texts written back to front."""


def backwards(lines):
    text = ""
    for line in lines:  # the last one first
        text = line + text  # whet: expect
    return text


def framed(lines, head):
    shown = f"[{head}]"
    for number, line in enumerate(lines):
        if number % 3 == 0:
            continue
        if number % 2:
            shown = line + ", " + shown  # whet: expect
        else:
            shown = (line +
                     shown)
    else:
        head = head.upper()
    return head + shown


def by_group(groups):
    found = []
    for group in groups:
        text: str = "|"
        i = 0
        while i < len(group):
            text = group[i] + text  # whet: expect
            i += 1

        found.append(text)
    return found


async def later(lines):
    ünder = "x"
    for line in lines:
        ünder = f"{line}{line}" + ünder  # whet: expect
    return ünder
