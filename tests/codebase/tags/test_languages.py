"""What counts as a definition or reference in each language."""

import pytest

from whet.codebase.tags.extraction import extract
from whet.codebase.tags.languages import all_languages, language_of
from whet.codebase.tags.symbols import CHAINED, CODES, NAMELESS, SYMBOLS, unpack


def tags(source, language, file=""):
    facts = extract(source.encode(), language, file)
    return [(line, ".".join(SYMBOLS[code]), name) for line, name, code in unpack(facts.tags)]


EXPECTED = {
    "Python": (
        """\
LIMIT = size = 3
class Shop(Base):
    name = "x"
    @cached(1)
    async def open(self):
        def inner(): pass
        return self.door.open()
    if True:
        def close(self): pass
def main(): Shop().open
""",
        [(1, "def.variable", "LIMIT"), (1, "def.variable", "size"), (2, "def.class", "Shop"),
         (4, "ref.call", "cached"), (5, "def.method", "open"), (6, "def.function", "inner"),
         (7, "ref.call", "open"), (9, "def.method", "close"), (10, "def.function", "main"),
         (10, "ref.call", "Shop")],
    ),
    "JavaScript": (
        """\
const LIMIT = 3; let size = 1; var old = 2
export const make = (x) => new Shop(x)
class Shop extends store.Base { open() { this.#lock() } #lock() {} wait = () => 1 }
function* walk() { const local = 1; console.log(local) }
module.exports.run = function () {}
const table = { build: () => 1 }
const page = <Menu><div/></Menu>
""",
        [(1, "def.constant", "LIMIT"), (1, "def.variable", "size"), (1, "def.variable", "old"),
         (2, "def.function", "make"), (2, "ref.class", "Shop"), (3, "def.class", "Shop"),
         (3, "ref.class", "Base"), (3, "def.method", "open"), (3, "ref.call", "#lock"),
         (3, "def.method", "#lock"), (3, "def.method", "wait"), (4, "def.function", "walk"),
         (4, "ref.call", "log"), (5, "def.function", "run"), (6, "def.constant", "table"),
         (6, "def.function", "build"), (7, "def.constant", "page"), (7, "ref.class", "Menu")],
    ),
    "TypeScript": (
        """\
interface Door { open(): Key }
type Key = string
enum Color { Red }
abstract class Shop extends Base implements Door { abstract close(): void; open() {} }
namespace Tools { export function cut(): Key { return cut() } }
const made: Shop = new Shop()
""",
        [(1, "def.interface", "Door"), (1, "def.method", "open"), (1, "ref.type", "Key"),
         (2, "def.type", "Key"), (3, "def.enum", "Color"), (4, "def.class", "Shop"),
         (4, "ref.class", "Base"), (4, "ref.type", "Door"), (4, "def.method", "close"),
         (4, "def.method", "open"), (5, "def.module", "Tools"), (5, "def.function", "cut"),
         (5, "ref.type", "Key"), (5, "ref.call", "cut"), (6, "def.constant", "made"),
         (6, "ref.type", "Shop"), (6, "ref.class", "Shop")],
    ),
    "TSX": (
        "export const Page = (p: Props) => <Menu size={grow(1)} />\n",
        [(1, "def.function", "Page"), (1, "ref.type", "Props"), (1, "ref.class", "Menu"),
         (1, "ref.call", "grow")],
    ),
    "Go": (
        """\
package shop
const Limit = 3
var (
	a int
	b = Open()
)
type Shop struct { door Door }
type Door interface { Open(k Key) error }
type Key = string
func (s *Shop) Close() { s.door.Open("x") }
func Open() *Shop { return &Shop{} }
""",
        [(2, "def.constant", "Limit"), (4, "def.variable", "a"), (5, "def.variable", "b"),
         (5, "ref.call", "Open"), (7, "def.struct", "Shop"), (7, "ref.type", "Door"),
         (8, "def.interface", "Door"), (8, "def.method", "Open"), (8, "ref.type", "Key"),
         (9, "def.type", "Key"), (10, "ref.type", "Shop"), (10, "def.method", "Close"),
         (10, "ref.call", "Open"), (11, "def.function", "Open"), (11, "ref.type", "Shop"),
         (11, "ref.type", "Shop")],
    ),
    "Rust": (
        """\
mod tools;
const LIMIT: Size = 3;
static NAME: Size = 1;
type Size = u32;
struct Shop;
enum Color { Red }
trait Door { fn open(&self); fn knock(&self) {} }
impl Door for Shop { fn open(&self) { self.lock(); Shop::make::<Size>(); println!("x") } }
macro_rules! cut { () => {} }
fn main() { tools::run(); main() }
""",
        [(1, "def.module", "tools"), (2, "def.constant", "LIMIT"), (2, "ref.type", "Size"),
         (3, "def.variable", "NAME"), (3, "ref.type", "Size"), (4, "def.type", "Size"),
         (5, "def.struct", "Shop"), (6, "def.enum", "Color"), (6, "def.constant", "Red"),
         (7, "def.interface", "Door"), (7, "def.method", "open"), (7, "def.method", "knock"),
         (8, "ref.type", "Door"), (8, "ref.type", "Shop"), (8, "def.method", "open"),
         (8, "ref.call", "lock"), (8, "ref.call", "make"), (8, "ref.type", "Size"),
         (8, "ref.call", "println"), (9, "def.macro", "cut"), (10, "def.function", "main"),
         (10, "ref.call", "run"), (10, "ref.call", "main")],
    ),
    "Java": (
        """\
class Shop extends Base implements Door {
  static final int LIMIT = 3;
  Shop() { this.open(new Key()); }
  void open(Key key) { var x = key.turn(); }
}
interface Door {}
enum Color { RED }
record Point(int x) {}
@interface Mark {}
""",
        [(1, "def.class", "Shop"), (1, "ref.type", "Base"), (1, "ref.type", "Door"),
         (2, "def.field", "LIMIT"), (3, "def.method", "Shop"), (3, "ref.call", "open"),
         (3, "ref.class", "Key"), (4, "def.method", "open"), (4, "ref.type", "Key"),
         (4, "ref.call", "turn"), (6, "def.interface", "Door"), (7, "def.enum", "Color"),
         (7, "def.constant", "RED"), (8, "def.class", "Point"), (9, "def.interface", "Mark")],
    ),
    "C": (
        """\
#define LIMIT 3
#define CUT(x) (x)
struct shop { struct door *d; };
typedef struct shop shop_t;
enum color { RED };
static int size = 1, *place, table[3];
int open(shop_t *s);
char **names(void) { int local; return s->d->turn(open(0)); }
""",
        [(1, "def.macro", "LIMIT"), (2, "def.macro", "CUT"), (3, "def.struct", "shop"),
         (3, "ref.type", "door"), (4, "ref.type", "shop"), (4, "def.type", "shop_t"),
         (5, "def.enum", "color"), (5, "def.constant", "RED"), (6, "def.variable", "size"),
         (6, "def.variable", "place"), (6, "def.variable", "table"), (7, "ref.type", "shop_t"),
         (8, "def.function", "names"), (8, "ref.call", "turn"), (8, "ref.call", "open")],
    ),
    "C++": (
        """\
namespace tools {
class Shop : public Base { void open() { close(); } ~Shop() {} };
using Key = int;
}
void tools::Shop::run() { std::max<Key>(1, 2); helper->turn(); }
Key &key() { return key(); }
""",
        [(1, "def.module", "tools"), (2, "def.class", "Shop"), (2, "ref.type", "Base"),
         (2, "def.method", "open"), (2, "ref.call", "close"), (2, "def.method", "~Shop"),
         (3, "def.type", "Key"), (5, "def.method", "run"), (5, "ref.call", "max"),
         (5, "ref.type", "Key"), (5, "ref.call", "turn"), (6, "ref.type", "Key"),
         (6, "def.function", "key"), (6, "ref.call", "key")],
    ),
    "Ruby": (
        """\
module Tools
  class Shop < Base
    LIMIT = 3
    def self.make; new(1); end
    def open?; @door.turn; end
    alias enter open?
  end
end
def helper; Shop.make; end
""",
        [(1, "def.module", "Tools"), (2, "def.class", "Shop"), (2, "ref.class", "Base"),
         (3, "def.constant", "LIMIT"), (4, "def.method", "make"), (4, "ref.call", "new"),
         (5, "def.method", "open?"), (5, "ref.call", "turn"), (6, "def.method", "enter"),
         (9, "def.method", "helper"), (9, "ref.call", "make")],
    ),
}  # fmt: skip


@pytest.mark.parametrize("language", EXPECTED)
def test_definitions_and_references_of_a_language(language):
    source, expected = EXPECTED[language]
    assert tags(source, language) == expected


def test_every_language_is_tried_here():
    assert set(EXPECTED) == {language.name for language in all_languages()}


def test_captures_are_symbols_that_are_known():
    import re

    for language in all_languages():
        assert set(re.findall(r"@([\w.]+)", language.query)) <= {*CODES, NAMELESS, CHAINED}


def test_extensions_belong_to_one_language():
    ends = [end for language in all_languages() for end in language.extensions]
    assert len(ends) == len(set(ends))


@pytest.mark.parametrize(
    ("path", "language"),
    [
        ("a/b.py", "Python"), ("B.PYI", "Python"), ("x.tsx", "TSX"), ("Rakefile", "Ruby"),
        ("a.b/Gemfile", "Ruby"), ("x.h", "C"), ("x.hpp", "C++"), (".py", None), ("a/.py", None),
        ("py", None), ("a.txt", None),
    ],
)  # fmt: skip
def test_the_name_tells_the_language(path, language):
    assert language_of(path) == language


def test_a_header_is_in_the_language_of_its_content():
    plain = extract(b"struct shop { int x; };\n", "C", "a.h")
    other = extract(b"namespace a {\nclass B { void c(); };\n}\n", "C", "a.h")
    assert (plain.language, other.language) == ("C", "C++")
    assert tags("class B {};\n", "C", "a.h") == [(1, "def.class", "B")]
