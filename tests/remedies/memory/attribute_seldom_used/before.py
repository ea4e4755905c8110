"""Makes an index for every text."""


class Text:
    def __init__(self, text):
        self.text = text
        self.index = build(text)  # whet: expect
        self.words = str(text)

    def where(self, letter):
        return self.index[letter]


def build(text):
    return {letter: place for place, letter in enumerate(text)}
