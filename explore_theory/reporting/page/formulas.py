"""Formulas as MathML."""

import re
from xml.etree import ElementTree

from markupsafe import Markup

_MATHML = "{http://www.w3.org/1998/Math/MathML}"
_PLAIN_TAG = re.compile(
    "math|mrow|mi|mo|mn|ms|mtext|mspace|mfrac|msqrt|mroot|msub|msup|msubsup|munder|mover|munderover"
    "|mtable|mtr|mtd|mphantom|mfenced|menclose|mstyle|mpadded"
)
#: What says how a formula is built. What could move it, hide it or blow it up is taken away.
_PLAIN_ATTRIBUTE = re.compile(
    "display|mathvariant|stretchy|fence|form|separator|largeop|movablelimits|symmetric|accent|accentunder"
    "|linethickness|columnalign|rowalign|columnspan|rowspan|notation|open|close|separators|displaystyle"
    "|scriptlevel|minsize|maxsize|width|lspace|rspace"
)
#: Lengths that a formula needs: thin and wide spaces, high brackets. None of them covers anything.
_SMALL_LENGTH = re.compile(r"(?:0|[01]?\.\d+|[0-4])(?:em|ex|pt|mm)?|0%|100%|thin|medium|thick")
_LENGTHS = ("minsize", "maxsize", "width", "lspace", "rspace", "linethickness")


#: What the converter makes of a relation and of names of functions, and what they are: it takes ``\sim`` for
#: a letter, and leaves no space between ``\log`` and what follows.
_MENDED = (
    (re.compile("<mi>&#x0007E;</mi>"), "<mo>&#x0223C;</mo>"),
    (re.compile(r"<mi>(log|exp)</mi>(?=<m(?!o))"), r'<mo lspace="0" rspace=".17em">\1</mo>'),
)


def converted(latex: str, display: str = "block") -> str:
    """`latex` as MathML text, as the converter writes it but for what it gets wrong."""
    from latex2mathml.converter import convert

    found: str = convert(latex, display=display)
    for wrong, right in _MENDED:
        found = wrong.sub(right, found)
    return found


def mathml(latex: str) -> Markup:
    r"""`latex` as MathML in a block that scrolls, or as escaped code if it does not translate.

    The formula may come from somebody else's store, so only presentation tags without links or handlers pass,
    and of their attributes only those that build a formula: no style, colour or size. The converter leaves
    commands that it does not know, such as ``\Big\Vert``, in the text: no formula then.
    """
    try:
        root = ElementTree.fromstring(converted(latex))
        tags = {element.tag.removeprefix(_MATHML) for element in root.iter()}
        if all(_PLAIN_TAG.fullmatch(tag) for tag in tags) and "\\" not in "".join(root.itertext()):
            for element in root.iter():
                element.attrib = {n: value for n, value in element.attrib.items() if _is_plain(n, value)}
                element.tag = element.tag.removeprefix(_MATHML)
            written = ElementTree.tostring(root, encoding="unicode")
            return Markup('<div class="math" tabindex="0">{}</div>').format(Markup(written))
    except Exception:  # whatever does not translate is shown as it was written
        pass
    return Markup('<div class="math"><code>{}</code></div>').format(latex)


def _is_plain(name: str, value: str) -> bool:
    if not _PLAIN_ATTRIBUTE.fullmatch(name):
        return False
    return name not in _LENGTHS or _SMALL_LENGTH.fullmatch(value) is not None
