"""Tokens that say themselves until when they are valid.

That is the ``exp`` of a JSON Web Token (RFC 7519, 4.1.4), and what stands beside the signature of a URL:
``e`` (Qiniu's download tokens), ``Expires`` (Alibaba Cloud OSS, Amazon S3), in Unix seconds.
"""

from __future__ import annotations

import time
from functools import lru_cache

from leakscan.lazily import compiled

LONG = 30 * 86_400
"""Seconds after which an expiry is long past: no clock is so wrong."""

_LATEST = 253_402_300_799  # the end of 9999: what is more was meant in milliseconds, or made up


_URL_EXPIRY = compiled(
    rb"[?&;](?:e|[Ee]xpires)=(1\d{9})\b(?=[^\s\"'<>]*\0)|\0[^\s\"'<>]*&(?:e|[Ee]xpires)=(1\d{9})\b"
)


def long_expired(value: bytes) -> str | None:
    """The day (in UTC) on which a JSON Web Token expired, where that is long past; None for all else."""
    moment = expiry(value) if value.startswith(b"ey") else None
    if moment is None or moment + LONG > time.time():
        return None
    return time.strftime("%Y-%m-%d", time.gmtime(moment))


def url_expired(before: bytes, after: bytes) -> str | None:
    """The day on which the URL expired whose parameter stands between these, where that is long past."""
    if not before.endswith(b"="):
        return None
    found = _URL_EXPIRY.search(before[-200:] + b"\0" + after[:100])
    moment = int(found[1] or found[2]) if found else None
    if moment is None or moment + LONG > time.time():
        return None
    return time.strftime("%Y-%m-%d", time.gmtime(moment))


@lru_cache(maxsize=1 << 12)
def expiry(token: bytes) -> float | None:
    """When a JSON Web Token ends to be valid, in Unix seconds; None where it does not say so, or is none."""
    import base64
    import json

    parts = token.split(b".")
    if len(parts) != 3:
        return None
    try:
        claims = json.loads(base64.urlsafe_b64decode(parts[1] + b"=" * (-len(parts[1]) % 4)))
    except (ValueError, RecursionError):  # no base64, no JSON, or no text
        return None
    moment = claims.get("exp") if isinstance(claims, dict) else None
    if isinstance(moment, bool) or not isinstance(moment, int | float):
        return None
    return moment if 0 < moment <= _LATEST else None
