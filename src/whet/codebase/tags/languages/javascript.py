"""JavaScript, with JSX: classes, functions however they are bound, top-level variables, calls."""

from __future__ import annotations

from whet.codebase.tags.languages._language import TagLanguage

# What TypeScript spells alike.
SHARED = """
(function_declaration name: (identifier) @def.function)
(generator_function_declaration name: (identifier) @def.function)
(function_expression name: (identifier) @def.function)
(method_definition name: [
  (property_identifier) (private_property_identifier)] @def.method)
(program [
  (lexical_declaration kind: "const" (variable_declarator name: (identifier) @def.constant))
  (lexical_declaration kind: "let" (variable_declarator name: (identifier) @def.variable))
  (variable_declaration (variable_declarator name: (identifier) @def.variable))
  (export_statement declaration: [
    (lexical_declaration kind: "const" (variable_declarator name: (identifier) @def.constant))
    (lexical_declaration kind: "let" (variable_declarator name: (identifier) @def.variable))
    (variable_declaration (variable_declarator name: (identifier) @def.variable))])])
(variable_declarator name: (identifier) @def.class value: (class))
(variable_declarator name: (identifier) @def.function value: [
  (arrow_function) (function_expression) (generator_function)])
(assignment_expression
  left: [(identifier) @def.function (member_expression property: (property_identifier)
    @def.function)]
  right: [(arrow_function) (function_expression) (generator_function)])
(pair key: (property_identifier) @def.function value: [
  (arrow_function) (function_expression) (generator_function)])
(call_expression function: [
  (identifier) @ref.call
  (member_expression property: [
    (property_identifier) (private_property_identifier)] @ref.call)])
(export_statement value: [
  (function_expression !name) (generator_function !name) (arrow_function) (class !name)
] @def.unknown)
(new_expression constructor: [
  (identifier) @ref.class (member_expression property: (property_identifier) @ref.class)])
"""
JSX = """
(jsx_opening_element name: (identifier) @ref.class (#match? @ref.class "^[A-Z]"))
(jsx_self_closing_element name: (identifier) @ref.class (#match? @ref.class "^[A-Z]"))
"""
QUERY = (
    SHARED
    + JSX
    + """
(class_declaration name: (identifier) @def.class)
(class name: (identifier) @def.class)
(class_heritage [
  (identifier) @ref.class (member_expression property: (property_identifier) @ref.class)])
(field_definition property: [(property_identifier) (private_property_identifier)] @def.method
  value: [(arrow_function) (function_expression)])
"""
)
# Methods of arrays, texts, functions, promises and nodes.
_AMBIENT = """
Array Boolean Date Error Map Number Object Promise RegExp Set String Symbol add addEventListener
all appendChild apply assign bind call catch charAt concat create createElement delete entries
every exec filter finally find findIndex flat flatMap forEach from get getElementById has
hasOwnProperty includes indexOf isArray join keys lastIndexOf log map match max min parse parseInt
pop preventDefault push querySelector reduce replace require resolve reverse set setAttribute
setTimeout shift slice some sort splice split stringify substr substring test then toLowerCase
toString toUpperCase trim unshift values
"""
AMBIENT = frozenset(_AMBIENT.split())


def grammar() -> object:
    """The grammar's language pointer."""
    import tree_sitter_javascript

    return tree_sitter_javascript.language()


LANGUAGES = (
    TagLanguage(
        "JavaScript",
        (".js", ".mjs", ".cjs", ".jsx"),
        grammar,
        QUERY,
        "tree-sitter-javascript",
        ambient=AMBIENT,
    ),
)
