"""Go: functions, methods, types, package-level constants and variables, calls, uses of types."""

from __future__ import annotations

from whet.codebase.tags.languages._language import TagLanguage

QUERY = """
(function_declaration name: (identifier) @def.function)
(method_declaration name: (field_identifier) @def.method)
(method_elem name: (field_identifier) @def.method)
(type_spec name: (type_identifier) @def.type)
(type_spec name: (type_identifier) @def.struct type: (struct_type))
(type_spec name: (type_identifier) @def.interface type: (interface_type))
(type_alias name: (type_identifier) @def.type)
(source_file (const_declaration (const_spec name: (identifier) @def.constant)))
(source_file (var_declaration [
  (var_spec name: (identifier) @def.variable)
  (var_spec_list (var_spec name: (identifier) @def.variable))]))
(call_expression function: [
  (identifier) @ref.call
  (selector_expression field: (field_identifier) @ref.call)
  (parenthesized_expression (identifier) @ref.call)])
(type_identifier) @ref.type
"""
BUILTIN = frozenset(
    [
        "any",
        "bool",
        "byte",
        "comparable",
        "complex64",
        "complex128",
        "error",
        "float32",
        "float64",
        "int",
        "int8",
        "int16",
        "int32",
        "int64",
        "rune",
        "string",
        "uint",
        "uint8",
        "uint16",
        "uint32",
        "uint64",
        "uintptr",
    ]
)


def grammar() -> object:
    """The grammar's language pointer."""
    import tree_sitter_go

    return tree_sitter_go.language()


LANGUAGES = (TagLanguage("Go", (".go",), grammar, QUERY, "tree-sitter-go", builtin=BUILTIN),)
