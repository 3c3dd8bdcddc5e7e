"""The text of documents: of office formats, which are XML in zip archives, and of PDF."""

from __future__ import annotations

import html
import io
import logging
import re
import time
from collections.abc import Iterator

from leakscan.source.unpack import Limits, Member, Tell, damaged

# Office Open XML (ECMA-376) and OpenDocument: the parts in which people write.
_TEXTS = re.compile(
    r"(?:word/(?:document|comments|footnotes|endnotes|header\d*|footer\d*)"
    r"|xl/(?:sharedStrings|comments\d*|worksheets/sheet\d+)"
    r"|ppt/(?:slides/slide|notesSlides/notesSlide|comments/comment)\d+|(?:Object \d+/)?content|styles)\.xml"
)
_ENDS = re.compile(
    rb"</(?:w:p|a:p|text:p|text:h|si|row|table:table-row)>|<(?:w:br|a:br|text:line-break)\b[^<>]{0,200}/>"
)
_GAPS = re.compile(rb"</(?:c|w:tc|a:tc|table:table-cell)>|<(?:w:tab|text:tab|text:s)\b[^<>]{0,200}/>")
_TAGS = re.compile(rb"<[^<>]*>")

MAX_SECONDS = 20.0
"""For the pages of one PDF; a page under way is read to its end."""


def text_of(member: Member, limits: Limits) -> Member | None:
    """What people read in a part of a document: without the tags, which may stand within a word."""
    if not _TEXTS.fullmatch(member.name):
        return None
    text = _TAGS.sub(b"", _GAPS.sub(b"\t", _ENDS.sub(b"\n", member.content)))
    plain = html.unescape(text.decode("utf-8", errors="replace")).encode("utf-8", errors="replace")
    limits.take(len(plain))
    return Member(member.name, plain)


def pages(content: bytes, limits: Limits, tell: Tell) -> Iterator[Member]:
    """The text of a PDF, a member for each page."""
    try:
        import pypdf
    except ImportError:
        tell("", "a PDF: install the package 'pypdf' to read it", False)
        return
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it complains of each oddity on standard error
    until = time.monotonic() + MAX_SECONDS
    try:
        reader = pypdf.PdfReader(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            tell("", "encrypted: nobody can read it without its password")
            return
        number = len(reader.pages)
    except Exception as error:  # of damaged files it raises errors of every kind
        tell("", damaged(error))
        return
    for page in range(number):
        if page >= limits.pages:
            tell("", f"only the first {page} of its {number} pages were read: for all, scan the file itself")
            return
        if time.monotonic() > until:
            tell("", f"only the first {page} of its {number} pages were read: it takes too long", False)
            return
        try:
            text = reader.pages[page].extract_text().encode("utf-8", errors="replace")
        except Exception as error:
            tell(f"page {page + 1}", damaged(error))
            continue
        limits.take(len(text))
        yield Member(f"page {page + 1}", text)
