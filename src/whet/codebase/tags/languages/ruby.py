"""Ruby: classes, modules, methods, constants, calls with a receiver, arguments or parentheses."""

from __future__ import annotations

from whet.codebase.tags.languages._language import TagLanguage

QUERY = """
(class name: [(constant) @def.class (scope_resolution name: (constant) @def.class)])
(module name: [(constant) @def.module (scope_resolution name: (constant) @def.module)])
(method name: (_) @def.method)
(singleton_method name: (_) @def.method)
(alias name: (_) @def.method)
(assignment left: (constant) @def.constant)
(superclass [(constant) @ref.class (scope_resolution name: (constant) @ref.class)])
(call method: [(identifier) (constant)] @ref.call)
"""


def grammar() -> object:
    """The grammar's language pointer."""
    import tree_sitter_ruby

    return tree_sitter_ruby.language()


LANGUAGES = (
    TagLanguage(
        "Ruby",
        (".rb", ".rake", ".gemspec"),
        grammar,
        QUERY,
        "tree-sitter-ruby",
        filenames=("Rakefile", "Gemfile"),
    ),
)
