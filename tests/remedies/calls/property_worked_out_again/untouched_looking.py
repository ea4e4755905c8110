"""A module that looks into its objects."""


class Looked:
    def __init__(self, x):
        self.x = x

    @property
    def double(self):
        return self.x * 2

    def all(self):
        return vars(self)
