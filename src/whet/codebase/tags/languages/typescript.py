"""TypeScript, and TypeScript with JSX: what JavaScript has, and its types."""

from __future__ import annotations

from whet.codebase.tags.languages._language import TagLanguage
from whet.codebase.tags.languages.javascript import AMBIENT, JSX, SHARED

QUERY = (
    SHARED
    + """
(class_declaration name: (type_identifier) @def.class)
(abstract_class_declaration name: (type_identifier) @def.class)
(class name: (type_identifier) @def.class)
(interface_declaration name: (type_identifier) @def.interface)
(type_alias_declaration name: (type_identifier) @def.type)
(enum_declaration name: (identifier) @def.enum)
(internal_module name: (identifier) @def.module)
(module name: (identifier) @def.module)
(function_signature name: (identifier) @def.function)
(method_signature name: (property_identifier) @def.method)
(abstract_method_signature name: (property_identifier) @def.method)
(public_field_definition
  name: [(property_identifier) (private_property_identifier)] @def.method
  value: [(arrow_function) (function_expression)])
(extends_clause value: [
  (identifier) @ref.class (member_expression property: (property_identifier) @ref.class)])
(type_identifier) @ref.type
"""
)


def grammar() -> object:
    """The grammar's language pointer."""
    import tree_sitter_typescript

    return tree_sitter_typescript.language_typescript()


def grammar_with_jsx() -> object:
    """The language pointer of the grammar that knows JSX, and no old-style casts."""
    import tree_sitter_typescript

    return tree_sitter_typescript.language_tsx()


_PLAIN = TagLanguage(
    "TypeScript",
    (".ts", ".mts", ".cts"),
    grammar,
    QUERY,
    "tree-sitter-typescript",
    ambient=AMBIENT,
    family="JavaScript",
)
LANGUAGES = (
    _PLAIN,
    _PLAIN._replace(name="TSX", extensions=(".tsx",), grammar=grammar_with_jsx, query=QUERY + JSX),
)
