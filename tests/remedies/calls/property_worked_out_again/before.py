"""Things that know their figures."""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Text:
    text: str
    language: str = "en"
    tags: tuple = field(default=())

    @property  # whet: expect
    def words(self):
        """The words, in order."""
        return tuple(word.strip(".,") for word in self.text.split() if word not in self.tags)

    @property
    def first(self):
        return self.words[0]


class Circle:
    def __init__(self, radius):
        self.radius = radius

    # near enough
    @property  # whet: expect
    def area(self) -> float:
        total = 0.0
        for i in range(20):
            total += self.radius * self.radius * i
        return total
