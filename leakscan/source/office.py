"""The text of documents: of office formats, which are XML in zip archives, and of PDF."""

from __future__ import annotations

import html
import re
import time
from collections.abc import Iterator
from typing import NamedTuple

from leakscan.source.apart import Apart
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
"""For one PDF."""

MAX_MEMORY = 1 << 30
"""In bytes, for one PDF, over what the scan itself takes."""

_WHY = {
    TimeoutError: f"it takes longer than {MAX_SECONDS:.0f} seconds",
    MemoryError: f"it takes more than {MAX_MEMORY >> 20} MB of memory",
    EOFError: f"its reader crashed, as it does where it would take more than {MAX_MEMORY >> 20} MB of memory",
}

_NEEDS_PASSWORD = 4  # FPDF_ERR_PASSWORD of PDFium's public/fpdfview.h


def text_of(member: Member, limits: Limits) -> Member | None:
    """What people read in a part of a document: without the tags, which may stand within a word."""
    if not _TEXTS.fullmatch(member.name):
        return None
    text = _TAGS.sub(b"", _GAPS.sub(b"\t", _ENDS.sub(b"\n", member.content)))
    plain = html.unescape(text.decode("utf-8", errors="replace")).encode("utf-8", errors="replace")
    limits.take(len(plain))
    return Member(member.name, plain)


class _Said(NamedTuple):
    """What is to be told of a PDF: see :class:`Tell`."""

    member: str
    why: str
    on_purpose: bool = True


def pages(content: bytes, limits: Limits, tell: Tell) -> Iterator[Member]:
    """The text of a PDF, a member for each page.

    A hostile one can keep its reader busy, fill the memory or crash it: so that is a process with limits.
    """
    read = 0
    try:
        for item in _READER.items((content, MAX_PAGES, MAX_SECONDS), MAX_SECONDS):
            if isinstance(item, _Said):
                tell(*item)
                continue
            read += 1
            limits.take(len(item.content))
            yield item
    except (TimeoutError, MemoryError, EOFError) as error:
        tell("", f"read only in part (pages: {read}): {_WHY[type(error)]}", False)


def _pages(task: tuple[bytes, int, float]) -> Iterator[Member | _Said]:
    """At most so many pages of a PDF within so many seconds, and what else is to be said."""
    import pypdfium2

    content, most, seconds = task
    try:
        document = pypdfium2.PdfDocument(content)
    except pypdfium2.PdfiumError as error:
        locked = error.err_code == _NEEDS_PASSWORD
        yield _Said("", "encrypted: nobody can read it without its password" if locked else damaged(error))
        return
    until = time.monotonic() + seconds
    with document:
        number = len(document)
        for page in range(number):
            if page >= most:
                yield _Said("", f"only the first {page} of its {number} pages were read", False)
                return
            if time.monotonic() > until:
                raise TimeoutError
            try:
                text = document[page].get_textpage().get_text_bounded()
            except pypdfium2.PdfiumError as error:
                yield _Said(f"page {page + 1}", damaged(error))
                continue
            # A hyphen at the end of a line has a character of its own.
            yield Member(f"page {page + 1}", text.replace("\ufffe", "-").encode("utf-8", errors="replace"))


_READER = Apart(_pages, MAX_MEMORY)
