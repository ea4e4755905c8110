"""The printed width of 600 lines of mixed scripts, sixty times."""

from wcwidth import wcwidth

SCRIPTS = (
    "The quick brown fox jumps",
    "コンニチハ、セカイ、今日は",
    "café naïve ångström",
    "한국어 텍스트 예시",
    "░▒▓│┤╡ →",
)


def main() -> None:
    """Run it and print what shows that the work was done."""
    lines = [f"{n:4} {SCRIPTS[n % 5]} {SCRIPTS[(n * 3 + 1) % 5]}" for n in range(600)]
    print(sum(wcwidth(character) for _ in range(60) for line in lines for character in line))


main()
