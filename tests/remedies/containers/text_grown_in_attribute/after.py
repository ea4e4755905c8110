"""Reports that write themselves."""


class Report:
    def __init__(self, name):
        self.title = ""
        self.name = name
        self.text = f"# {name}"

    def add(self, lines):
        text_grown = self.text
        try:
            for line in lines:
                # each on a line of its own
                if line:
                    text_grown += line + "\n"  # whet: expect
        finally:
            self.text = text_grown

        return len(self.text)

    def table(self, rows):
        self.text += "\n"
        text_grown = self.text
        try:
            for number, row in enumerate(rows):
                for cell in row:
                    if cell is None:
                        raise ValueError(self.name)
                    text_grown += f"{self.name}{number} {cell}"  # whet: expect
                text_grown += "|"
        finally:
            self.text = text_grown
        self.text += "."

    def headline(self, words):
        i = 0
        title_grown = self.title
        try:
            while i < len(words):
                if i: title_grown += ", "
                title_grown += (words[i] +
                               "!")  # whet: expect
                i += 1
        finally:
            self.title = title_grown
