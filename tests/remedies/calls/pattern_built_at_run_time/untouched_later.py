"""What the definition needs is imported below."""


def mentions(word, text):
    return re.search(word, text)


import re
