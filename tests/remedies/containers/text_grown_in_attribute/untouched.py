"""Near misses, each for a reason of its own."""


class Report:
    def __init__(self):
        self.text = ""
        self.lines = []
        self.other = None

    def read(self, lines):
        for line in lines:
            self.text += line
            if len(self.text) > 99:
                break

    def calls(self, lines, use):
        for line in lines:
            self.text += use(line)

    def own_method(self, lines):
        for line in lines:
            self.text += self.shown(line)

    def given_away(self, lines):
        for line in lines:
            self.text += str(self)

    def yields(self, lines):
        for line in lines:
            self.text += line
            yield line

    def not_a_text(self, lines):
        for line in lines:
            self.lines += line

    def not_only_texts(self, lines):
        for line in lines:
            self.other += line

    def has_else(self, lines):
        for line in lines:
            self.text += line
        else:
            self.text += "."

    def long_text(self, lines):
        for line in lines:
            self.text += """
  """

    def shared(self, lines):
        for line in lines:
            self.text += line
        return lambda: self

    async def awaits(self, lines):
        async for line in lines:
            self.text += line

    def shown(self, line):
        return line

    @property
    def size(self):
        return len(self.text)

    def reads_property(self, lines):
        for line in lines:
            self.text += str(self.size)


class OfTheClass:
    text = ""

    def add(self, lines):
        for line in lines:
            self.text += line


class Late:
    def add(self, lines):
        self.late = ""
        for line in lines:
            self.late += line


class Derived(Report):
    def add(self, lines):
        for line in lines:
            self.text += line


def function(report, lines):
    for line in lines:
        report.text += line


Report().other = 5
