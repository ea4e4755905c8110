"""Rust: items, methods of impl blocks and traits, macros, calls, uses of types."""

from __future__ import annotations

from whet.codebase.tags.languages._language import TagLanguage

QUERY = """
(struct_item name: (type_identifier) @def.struct)
(union_item name: (type_identifier) @def.union)
(enum_item name: (type_identifier) @def.enum)
(enum_variant name: (identifier) @def.constant)
(trait_item name: (type_identifier) @def.interface)
(type_item name: (type_identifier) @def.type)
(mod_item name: (identifier) @def.module)
(macro_definition name: (identifier) @def.macro)
(const_item name: (identifier) @def.constant)
(static_item name: (identifier) @def.variable)
(function_item name: (identifier) @def.function)
(impl_item body: (declaration_list (function_item name: (identifier) @def.method)))
(trait_item body: (declaration_list [
  (function_item name: (identifier) @def.method)
  (function_signature_item name: (identifier) @def.method)]))
(foreign_mod_item (declaration_list (function_signature_item name: (identifier) @def.function)))
(call_expression function: [
  (identifier) @ref.call
  (field_expression field: (field_identifier) @ref.call)
  (scoped_identifier name: (identifier) @ref.call)
  (generic_function function: [
    (identifier) @ref.call
    (field_expression field: (field_identifier) @ref.call)
    (scoped_identifier name: (identifier) @ref.call)])])
(macro_invocation macro: [
  (identifier) @ref.call (scoped_identifier name: (identifier) @ref.call)])
(type_identifier) @ref.type
"""


def grammar() -> object:
    """The grammar's language pointer."""
    import tree_sitter_rust

    return tree_sitter_rust.language()


LANGUAGES = (
    TagLanguage("Rust", (".rs",), grammar, QUERY, "tree-sitter-rust", builtin=frozenset({"Self"})),
)
