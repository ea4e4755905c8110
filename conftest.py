"""What the tests of all distributions share."""

import os

from hypothesis import settings

# The same examples for everybody: what a new seed brings to light belongs to a search of its own
# (`WHET_SEARCH=random scripts/test`), not to a change that has nothing to do with it. That one
# takes hypothesis' own number of examples, too. No test depends on how long it takes.
settings.register_profile("same", derandomize=True, deadline=None, max_examples=40)
settings.register_profile("random", derandomize=False, deadline=None)
settings.load_profile("random" if os.environ.get("WHET_SEARCH") == "random" else "same")
