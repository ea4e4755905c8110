"""Near misses."""


class Light:
    def __init__(self, text):
        self.parts = list(text)
        self.size = len(text)
        self.text = text
        other = build(text)
        text.index = build(other)


def build(text):
    return dict(text)
