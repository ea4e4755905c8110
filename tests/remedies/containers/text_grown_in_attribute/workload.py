"""Reports of many lines."""


def run(module, make=str):
    report = module.Report("parts")
    words = [make(f"line {i} of the text") for i in range(450)]
    seen = [report.add([*words, ""]), report.table([words[:200], words[200:]])]
    report.headline(words)
    try:
        report.table([words, [None]])
    except ValueError as error:
        seen.append(repr(error))
    return [*seen, report.text, report.title]


def measure(module):
    module.Report("parts").add([f"line {i} of the text" for i in range(15_000)])
