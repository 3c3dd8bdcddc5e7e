"""Histories of any shape, with credentials that come and go: the same ones for the same seed."""

from __future__ import annotations

import base64
import random
import shutil
import string
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from tests.builders import Repo
from tests.detect.wrapping import wrapped


def filler(choice: random.Random) -> str:
    """A line of anything, some of it on the edge of being found."""
    words = [
        "alpha",
        "beta = 1;",
        "password: ",
        "-----BEGIN ",
        "xoxb-",
        "LTAI",
        "secret",
        '"',
        "\\n",
        "密钥",
        "\t",
    ]
    return "".join(choice.choices(words, k=choice.randint(1, 8)))


def secret_lines(choice: random.Random) -> list[str]:
    """The lines of one credential, of a random kind; new on each call."""

    def run(length: int, alphabet: str = string.ascii_letters + string.digits) -> str:
        return "".join(choice.choices(alphabet, k=length))

    kind = choice.randrange(9)
    if kind == 6:
        return wrapped("\n".join(secret_lines(choice)), choice)
    if kind == 7:  # a Kubernetes Secret: each value is encoded by itself
        pair = [("accessKeyId", f"LTAI5t{run(18)}"), ("accessKeySecret", run(30))]
        return [f"  {name}: {base64.b64encode(value.encode()).decode()}" for name, value in pair]
    if kind == 8:
        return wrapped(f"token: glpat-{run(20)}", choice)
    if kind == 0:
        return [f"token = 'ghp_{run(36)}'"]
    if kind == 1:
        between = [filler(choice) for _ in range(choice.randint(0, 3))]
        return [f"accessKeyId: LTAI5t{run(18)}", *between, f"accessKeySecret: {run(30)}"]
    if kind == 2:
        body = [run(64) for _ in range(choice.randint(4, 30))]
        return ["-----BEGIN RSA PRIVATE " + "KEY-----", *body, "-----END RSA PRIVATE " + "KEY-----"]
    if kind == 3:
        return [f'password = "{run(14)}!7"']
    if kind == 4:
        return [f"url: postgres://app:{run(12)}@db.internal.net/app"]
    return [
        f"AWS_ACCESS_KEY_ID=AKIA{run(16, 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567')}",
        f"AWS_SECRET_ACCESS_KEY={run(40)}",
    ]


def edited(lines: list[str], choice: random.Random) -> list[str]:
    """The next version of a file: lines inserted, removed, changed within, moved; secrets come and go."""
    lines = list(lines)
    for _ in range(choice.randint(1, 4)):
        at = choice.randint(0, len(lines))
        what = choice.randrange(7)
        if what == 0:
            lines[at:at] = secret_lines(choice)
        elif what == 1:
            lines[at:at] = [filler(choice) for _ in range(choice.randint(1, 12))]
        elif what == 2:
            del lines[at : at + choice.randint(1, 5)]
        elif what == 3 and at < len(lines) and lines[at]:
            cut = choice.randrange(len(lines[at]))
            lines[at] = lines[at][:cut] + choice.choice(["x", "", '"', " ", "é"]) + lines[at][cut + 1 :]
        elif what == 4:
            moved = lines[at : at + 6]
            del lines[at : at + 6]
            to = choice.randint(0, len(lines))
            lines[to:to] = moved
        elif what == 5:
            lines[at:at] = lines[max(0, at - 8) : at]
        elif lines:
            joined = "".join(lines[at : at + 2])
            lines[at : at + 2] = [joined]
    return lines


def encoded(lines: list[str], choice: random.Random) -> bytes:
    newline = choice.choice(["\n", "\n", "\n", "\r\n"])
    content = (newline.join(lines) + choice.choice([newline, ""])).encode()
    odd = choice.randrange(30)
    if odd == 0:
        return content + b"\0"
    if odd == 1:
        return content.decode().encode("utf-16")
    return content


def grown(repo: Repo, seed: int) -> None:
    """Some twenty versions of a few files, merged, renamed, packed in a random way; the rest stays loose."""
    choice = random.Random(seed)
    files = {"a.txt": [filler(choice) for _ in range(choice.randint(0, 60))], "b/c.yml": [""], "d.py": ["#"]}
    for _ in range(choice.randint(4, 14)):
        name = choice.choice(list(files))
        what = choice.randrange(12)
        if what == 0:
            other = f"moved{choice.randrange(1000)}.txt"
            files[other] = files[name]
        elif what == 1:
            window, depth = choice.choice([(0, 0), (2, 2), (10, 50), (50, 250)])
            repo.git(
                "repack", "-q", choice.choice(["-d", "-ad", "-adf"]), f"--window={window}", f"--depth={depth}"
            )
        else:
            files[name] = edited(files[name], choice)
        message = "\n".join(["change", "", *(secret_lines(choice) if choice.randrange(6) == 0 else [])])
        repo.commit({file: encoded(lines, choice) for file, lines in files.items()}, message)
    if choice.randrange(4):
        repo.git(
            "-c",
            f"repack.useDeltaBaseOffset={choice.choice(['true', 'false'])}",
            "repack",
            "-adfq",
            "--window=20",
        )


@contextmanager
def folder() -> Iterator[Path]:
    path = Path(tempfile.mkdtemp(prefix="leakscan-test-"))
    try:
        yield path
    finally:
        shutil.rmtree(path)
