"""Reports that write themselves."""


class Report:
    def __init__(self, name):
        self.title = ""
        self.name = name
        self.text = f"# {name}"

    def add(self, lines):
        for line in lines:
            # each on a line of its own
            if line:
                self.text += line + "\n"  # whet: expect

        return len(self.text)

    def table(self, rows):
        self.text += "\n"
        for number, row in enumerate(rows):
            for cell in row:
                if cell is None:
                    raise ValueError(self.name)
                self.text += f"{self.name}{number} {cell}"  # whet: expect
            self.text += "|"
        self.text += "."

    def headline(self, words):
        i = 0
        while i < len(words):
            if i: self.title += ", "
            self.title += (words[i] +
                           "!")  # whet: expect
            i += 1
