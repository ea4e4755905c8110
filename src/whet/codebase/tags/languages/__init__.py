"""The languages that tags are read from, a file a language, found by its place.

A language's module holds `LANGUAGES`, a tuple of values: names, extensions, grammar and query.
The names of a query's captures are `def.SYMBOL` and `ref.SYMBOL`, as
`whet.codebase.tags.symbols` lists them; `def.unknown` stands on definitions without a
name.
"""

from whet.codebase.tags.languages._language import (
    TagLanguage,
    all_languages,
    extensions,
    language_named,
    language_of,
)

__all__ = ["TagLanguage", "all_languages", "extensions", "language_named", "language_of"]
