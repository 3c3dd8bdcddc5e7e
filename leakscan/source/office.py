"""The text of documents: of office formats, which are XML in zip archives, and of PDF."""

from __future__ import annotations

import html
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

MAX_PAGES = 1_000
"""So many pages are read of one PDF."""

MAX_SECONDS = 20.0
"""For the pages of one PDF; a page under way is read to its end."""

_NEEDS_PASSWORD = 4  # FPDF_ERR_PASSWORD of PDFium's public/fpdfview.h


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
    import pypdfium2

    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code == _NEEDS_PASSWORD
        tell("", "encrypted: nobody can read it without its password" if locked else damaged(error))
        return
    until = time.monotonic() + MAX_SECONDS
    with document:
        number = len(document)
        for page in range(number):
            if page >= MAX_PAGES or time.monotonic() > until:
                tell("", f"only the first {page} of its {number} pages were read", False)
                return
            try:
                text = document[page].get_textpage().get_text_bounded()
            except pypdfium2.PdfiumError as error:
                tell(f"page {page + 1}", damaged(error))
                continue
            # A hyphen at the end of a line has a character of its own.
            plain = text.replace("\ufffe", "-").encode("utf-8", errors="replace")
            limits.take(len(plain))
            yield Member(f"page {page + 1}", plain)
