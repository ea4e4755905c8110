"""Each object is read many times."""


def run(module, make=int):
    texts = [module.Text(f"the {i}, words. of it", tags=("the",)) for i in range(5)]
    circles = [module.Circle(make(i)) for i in range(3)]
    return [
        [text.words for _ in range(30) for text in texts],
        [circle.area for _ in range(30) for circle in circles],
        texts[0].first,
        texts[0] == texts[1],
        repr(texts[0]),
    ]


def measure(module):
    circle = module.Circle(3)
    for _ in range(150_000):
        circle.area
