"""Two thousand versions in natural order, twelve times."""

from natsort import natsorted

VERSIONS = [f"v{n * 7919 % 2000}.{n % 13}.{n % 5}-rc{n % 3}" for n in range(2000)]
for _ in range(12):
    ordered = natsorted(VERSIONS)
print(ordered[0], ordered[-1])
