"""C++: what C has, and classes, methods inside and outside of them, namespaces, templates."""

from __future__ import annotations

from whet.codebase.tags.languages._language import TagLanguage
from whet.codebase.tags.languages.c import SHARED

# How the name of a method stands in its declarator, however it is qualified.
_METHOD = """[
  (field_identifier) @def.method
  (destructor_name) @def.method
  (operator_name) @def.method
  (qualified_identifier name: [
    (identifier) @def.method
    (destructor_name) @def.method
    (operator_name) @def.method
    (qualified_identifier name: [
      (identifier) @def.method
      (destructor_name) @def.method
      (operator_name) @def.method])])]"""
QUERY = (
    SHARED
    + f"""
(class_specifier name: (type_identifier) @def.class body: (_))
(namespace_definition name: (namespace_identifier) @def.module)
(alias_declaration name: (type_identifier) @def.type)
(concept_definition name: (identifier) @def.type)
(function_definition declarator: (function_declarator declarator: {_METHOD}))
(function_definition declarator: (pointer_declarator declarator:
  (function_declarator declarator: {_METHOD})))
(function_definition declarator: (reference_declarator
  (function_declarator declarator: {_METHOD})))
(function_definition declarator: (reference_declarator
  (function_declarator declarator: (identifier) @def.function)))
(call_expression function: [
  (qualified_identifier name: [
    (identifier) @ref.call
    (template_function name: (identifier) @ref.call)
    (qualified_identifier name: (identifier) @ref.call)])
  (template_function name: (identifier) @ref.call)
  (field_expression field: (template_method name: (field_identifier) @ref.call))])
"""
)
EXTENSIONS = (".cc", ".cpp", ".cxx", ".c++", ".hh", ".hpp", ".hxx", ".h++", ".ipp", ".tpp")


def grammar() -> object:
    """The grammar's language pointer."""
    import tree_sitter_cpp

    return tree_sitter_cpp.language()


LANGUAGES = (TagLanguage("C++", EXTENSIONS, grammar, QUERY, "tree-sitter-cpp", family="C"),)
