"""Long queues."""


def run(module, make=int):
    worker = module.Worker([make(i) for i in range(150)])
    worker.urgent(make(3))
    feed = module.Feed()
    for i in range(120):
        feed.add(make(i))
    taken = [feed.take() for _ in range(121)]
    seen = [worker.run(), worker.results(), taken]
    worker.start_again()
    return [*seen, worker.run()]


def measure(module):
    worker = module.Worker([i % 90 for i in range(60_000)])
    return worker.run()
