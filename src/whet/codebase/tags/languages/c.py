"""C: functions with a body, types, macros, file-level variables, calls, uses of types."""

from __future__ import annotations

from whet.codebase.tags.languages._language import TagLanguage

# What C++ spells alike.
SHARED = """
(function_definition declarator: [
  (function_declarator declarator: (identifier) @def.function)
  (pointer_declarator declarator: [
    (function_declarator declarator: (identifier) @def.function)
    (pointer_declarator declarator: (function_declarator declarator: (identifier)
      @def.function))])])
(struct_specifier name: (type_identifier) @def.struct body: (_))
(union_specifier name: (type_identifier) @def.union body: (_))
(enum_specifier name: (type_identifier) @def.enum body: (_))
[(struct_specifier !name body: (_)) (union_specifier !name body: (_))
 (enum_specifier !name body: (_))] @def.unknown
(enumerator name: (identifier) @def.constant)
(type_definition declarator: [
  (type_identifier) @def.type
  (pointer_declarator declarator: (type_identifier) @def.type)
  (array_declarator declarator: (type_identifier) @def.type)
  (function_declarator declarator: [
    (type_identifier) @def.type
    (parenthesized_declarator (pointer_declarator declarator: (type_identifier) @def.type))])])
(preproc_def name: (identifier) @def.macro)
(preproc_function_def name: (identifier) @def.macro)
(translation_unit (declaration declarator: [
  (identifier) @def.variable
  (array_declarator declarator: (identifier) @def.variable)
  (pointer_declarator declarator: (identifier) @def.variable)
  (init_declarator declarator: [
    (identifier) @def.variable
    (array_declarator declarator: (identifier) @def.variable)
    (pointer_declarator declarator: (identifier) @def.variable)])]))
(call_expression function: [
  (identifier) @ref.call
  (field_expression field: (field_identifier) @ref.call)])
(type_identifier) @ref.type
"""


def grammar() -> object:
    """The grammar's language pointer."""
    import tree_sitter_c

    return tree_sitter_c.language()


LANGUAGES = (TagLanguage("C", (".c", ".h"), grammar, SHARED, "tree-sitter-c"),)
