"""Makes an index for the texts that are asked for it."""

from functools import cached_property


class Text:
    def __init__(self, text):
        self.text = text
        self.words = str(text)

    @cached_property
    def index(self):
        return build(self.text)

    def where(self, letter):
        return self.index[letter]


def build(text):
    return {letter: place for place, letter in enumerate(text)}
