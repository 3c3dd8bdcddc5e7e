"""The text of documents: of office formats, which are XML in zip archives, and of PDF."""

from __future__ import annotations

import html
import io
import logging
import re
import time
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, NamedTuple

from leakscan.source.apart import apart
from leakscan.source.unpack import Limits, Member, Tell, damaged

if TYPE_CHECKING:
    from pypdf import PdfReader

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
"""For one PDF."""

MAX_MEMORY = 1 << 30
"""In bytes, for one PDF, over what the scan itself takes."""

_WHY = {
    TimeoutError: f"it takes longer than {MAX_SECONDS:.0f} seconds",
    MemoryError: f"it takes more than {MAX_MEMORY >> 20} MB of memory",
    EOFError: "its reader crashed",
}


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

    A hostile one can keep its reader busy for hours, or fill the memory: so that is a process with limits.
    """
    try:
        import pypdf
    except ImportError:
        tell("", "a PDF: install the package 'pypdf' to read it", False)
        return
    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it complains of each oddity on standard error
    read = 0
    try:
        for item in apart(lambda: _pages(pypdf.PdfReader, content, limits.pages), MAX_SECONDS, MAX_MEMORY):
            if isinstance(item, _Said):
                tell(*item)
                continue
            read += 1
            limits.take(len(item.content))
            yield item
    except (TimeoutError, MemoryError, EOFError) as error:
        tell("", f"read only in part (pages: {read}): {_WHY[type(error)]}", False)


def _pages(reader_of: Callable[..., PdfReader], content: bytes, most: int) -> Iterator[Member | _Said]:
    """At most so many pages, and what else is to be said."""
    until = time.monotonic() + MAX_SECONDS
    try:
        reader = reader_of(io.BytesIO(content))
        if reader.is_encrypted and not reader.decrypt(""):
            yield _Said("", "encrypted: nobody can read it without its password")
            return
        number = len(reader.pages)
    except MemoryError:
        raise
    except Exception as error:  # of damaged files it raises errors of every kind
        yield _Said("", damaged(error))
        return
    for page in range(number):
        if page >= most:
            why = f"only the first {page} of its {number} pages were read: for all, scan the file itself"
            yield _Said("", why)
            return
        if time.monotonic() > until:
            raise TimeoutError
        try:
            text = reader.pages[page].extract_text().encode("utf-8", errors="replace")
        except MemoryError:
            raise
        except Exception as error:
            yield _Said(f"page {page + 1}", damaged(error))
            continue
        yield Member(f"page {page + 1}", text)
