"""Near misses, each for a reason of its own."""


def at_the_end(lines):
    text = ""
    for line in lines:
        text = text + line
    return text


def read_in_the_loop(lines):
    text = ""
    for line in lines:
        text = line + text
        if len(text) > 9:
            break
    return text


def returned_in_the_loop(lines):
    text = ""
    for line in lines:
        text = line + text
        if not line:
            return text
    return ""


def read_by_a_handler(lines):
    text = ""
    try:
        for line in lines:
            text = line + text
    except ValueError:
        return text
    return None


def suppressed(lines, context):
    text = ""
    with context:
        for line in lines:
            text = line + text
    return text


def not_begun(lines):
    for line in lines:
        text = line + text
    return text


def begun_elsewhere(lines, text):
    for line in lines:
        text = line + text
    return text


def shared(lines):
    text = ""

    def show():
        return text

    for line in lines:
        text = line + text
    return show


def looks(lines):
    text = ""
    for line in lines:
        text = line + text
    return locals()


def walrus(lines):
    text = ""
    for line in lines:
        text = (last := line) + text
    return text, last


total = ""


def declared(lines):
    global total
    total = ""
    for line in lines:
        total = line + total


def numbers(values):
    total = 0
    for value in values:
        total = value + total
    return total


def commented(lines):
    text = ""
    for line in lines:
        text = (line +  # before
                text)
    return text


def deleted(lines):
    text = ""
    for line in lines:
        text = line + text
    del text
