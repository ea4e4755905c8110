"""A text of 120 paragraphs and lists, made into HTML eight times."""

from markdown_it import MarkdownIt

TEXT = "".join(
    f"# Part {n}\n\nSome *text* with `code`, a [link](http://x.y/{n}) and **more**.\n\n"
    "- one\n- two\n\n"
    for n in range(120)
)
for _ in range(8):
    html = MarkdownIt().render(TEXT)
print(len(html))
