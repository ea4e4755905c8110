"""Java: types, methods, fields, calls, instances made, uses of types."""

from __future__ import annotations

from whet.codebase.tags.languages._language import TagLanguage

QUERY = """
(class_declaration name: (identifier) @def.class)
(record_declaration name: (identifier) @def.class)
(interface_declaration name: (identifier) @def.interface)
(annotation_type_declaration name: (identifier) @def.interface)
(enum_declaration name: (identifier) @def.enum)
(enum_constant name: (identifier) @def.constant)
(method_declaration name: (identifier) @def.method)
(constructor_declaration name: (identifier) @def.method)
(compact_constructor_declaration name: (identifier) @def.method)
(field_declaration declarator: (variable_declarator name: (identifier) @def.field))
(method_invocation name: (identifier) @ref.call)
(object_creation_expression type: [
  (type_identifier) @ref.class
  (generic_type (type_identifier) @ref.class)
  (scoped_type_identifier (type_identifier) @ref.class .)])
(type_identifier) @ref.type
"""


def grammar() -> object:
    """The grammar's language pointer."""
    import tree_sitter_java

    return tree_sitter_java.language()


LANGUAGES = (
    TagLanguage(
        "Java", (".java",), grammar, QUERY, "tree-sitter-java", builtin=frozenset({"var"})
    ),
)
