"""What is encoded is found as if it were not, at its place in the file; what only looks encoded is not."""

from __future__ import annotations

import base64
import gzip
import hashlib
import random
import string
from urllib.parse import quote

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from leakscan import scan_text
from leakscan.detect.detect import Detector
from leakscan.detect.encodings import MAX_INFLATED, run_at
from leakscan.detect.unwrap import runs_in, stretches, unwrapped
from leakscan.finding import Blob, Candidate, Finding, Origin
from leakscan.ruleset.compiled import CompiledRules, compiled_rules
from leakscan.ruleset.encoding import ENCODING_NAMES, in_base64
from leakscan.ruleset.pattern import check_pattern
from tests.builders import fake_token
from tests.detect.wrapping import ENCODERS, wrapped

NAMES = {
    "base64url": ("base64",),
    "lines": ("base64",),
    "utf-16": ("base64", "utf-16-le"),
    "gzip": ("base64", "gzip"),
    "zlib": ("base64", "zlib"),
    "x": ("escapes",),
    "u": ("escapes",),
}


ORIGIN = Origin("worktree", "a.html")


@pytest.fixture(scope="module")
def compiled() -> CompiledRules:
    return compiled_rules()


@pytest.fixture(scope="module")
def detector(compiled: CompiledRules) -> Detector:
    return Detector(compiled)


def token() -> str:
    return fake_token("glpat-", 20)


def run(length: int) -> str:
    return "".join(random.choices(string.ascii_letters + string.digits, k=length))


def only(text: str | bytes, detector: Detector) -> Candidate:
    content = text.encode() if isinstance(text, str) else text
    (found,) = detector.candidates(Blob(content, Origin("worktree", "a.txt")))
    return found


def b64(text: str | bytes) -> str:
    return base64.b64encode(text.encode() if isinstance(text, str) else text).decode()


@pytest.mark.parametrize("name", [name for name in ENCODERS if name != "quoted-printable"])
def test_a_token_is_found_in(name: str, detector: Detector) -> None:
    value = token()
    encoded = ENCODERS[name](f"some words, and then token={value} and more".encode()).decode()
    found = only(f"first line\nx: '{encoded}'\n", detector)
    assert found.secret.reveal() == value
    assert found.encoding == NAMES.get(name, (name,))


@pytest.mark.parametrize("lead", ["", "x: ", "x:\n\t", "   ", "(", "<a>", "Basic ", "-enc ", "a/", "A=1\\n"])
@pytest.mark.parametrize("before", range(4))
def test_a_token_in_base64_is_found_wherever_it_stands(lead: str, before: int, detector: Detector) -> None:
    value = token()
    found = only(lead + b64(" " * before + value), detector)
    assert found.secret.reveal() == value
    assert found.encoding == ("base64",)


def test_the_place_is_that_of_the_encoded_characters(detector: Detector) -> None:
    value = token()
    text = f"\n  data: {b64('abc=' + value + '; more')}\n"
    found = only(text, detector)
    around = base64.b64decode(text.encode()[found.start : found.end] + b"==")
    assert value.encode() in around
    assert len(around) <= len(value) + 4
    assert (found.position.line, found.position.column) == (2, found.start)


def test_wrapped_lines_are_read_as_one(detector: Detector) -> None:
    value = token()
    encoded = base64.encodebytes(("x" * 50 + " " + value + " " + "y" * 60).encode()).decode()
    found = only("-- mail\n\n" + encoded, detector)
    assert found.secret.reveal() == value
    assert (found.position.line, found.position.end_line) == (3, 4)


def test_a_pair_is_found_though_each_half_is_encoded_by_itself(detector: Detector) -> None:
    key, secret = "LTAI5t" + run(18), run(28) + "a1"
    manifest = f"data:\n  accessKeyId: {b64(key)}\n  accessKeySecret: {b64(secret)}\n"
    found = detector.candidates(Blob(manifest.encode(), Origin("worktree", "secret.yaml")))
    pair = next(c for c in found if c.rule == "alibaba-access-key-pair")
    assert pair.secret.reveal() == secret
    assert pair.parts["access_key_id"].reveal() == key
    assert pair.position.line == 3


def test_a_password_of_a_kubernetes_secret_is_reported_once_and_decoded(detector: Detector) -> None:
    for length in range(9, 20):
        value = run(length - 3) + "!x9"
        found = only(f"kind: Secret\ndata:\n  password: {b64(value)}\n", detector)
        assert found.secret.reveal() == value
        assert found.encoding == ("base64",)


def test_a_token_split_by_an_escape_is_found(detector: Detector) -> None:
    key, secret = "AKIA" + "".join(random.choices("ABCDEFGHIJKLMNOP234567", k=16)), f"{run(18)}+{run(21)}"
    text = f'{{"id": "{key}", "secretAccessKey": "{secret}"}}'.replace("+", "\\u002b")
    found = detector.candidates(Blob(text.encode(), Origin("worktree", "a.json")))
    pair = next(c for c in found if c.rule == "aws-access-key-pair")
    assert pair.secret.reveal() == secret
    assert pair.encoding == ("escapes",)
    assert text.encode()[pair.start : pair.end].replace(b"\\u002b", b"+") == secret.encode()


def test_a_token_that_quoted_printable_breaks_is_found(detector: Detector) -> None:
    value = token()
    mail = ENCODERS["quoted-printable"](value.encode()).decode()
    assert value not in mail
    found = only(f"Subject: hello\n\n{mail}\n", detector)
    assert (found.secret.reveal(), found.encoding) == (value, ("quoted-printable",))
    assert (found.position.line, found.position.end_line) == (3, 4)


@pytest.mark.parametrize(
    "text",
    [
        "<command>export DB_PASSWORD=&quot;{}&quot;</command>",
        "<command>mysql --password=&apos;{}&apos; -u root</command>",
        '<p value="{{&quot;user&quot;:&quot;root&quot;,&quot;password&quot;:&quot;{}&quot;}}"/>',
        '<p value=":password =&gt; &#34;{}&#34;"/>',
        "<li>password: &#x27;{}&#x27;</li>",
        "<td>connect(user: &#39;root&#39;, password: &#039;{}&#039;)</td>",
        "<p>DB_PASSWORD&#x3D;{}</p>",
        "password=&quot;{}&quot;",
        "&amp;quot;password&amp;quot;:&amp;quot;{}&amp;quot;",
    ],
)
def test_a_password_is_found_among_entities(text: str, detector: Detector) -> None:
    value = run(14) + "7"
    content = f"<html>\n{text.format(value)}\n</html>\n"
    (found,) = scan_text(content.encode(), "a.html")
    (place,) = found.locations
    assert (found.secret.reveal(), set(place.encoding)) == (value, {"html"})
    column = content.split("\n")[1].index(value) + 1
    assert (place.position.line, place.position.column, place.position.end_column) == (2, column, column + 15)


def test_what_entities_stand_for_is_part_of_the_secret(detector: Detector) -> None:
    start, end = run(9) + "7", run(6)
    found = only(f"<p>password=&quot;{start}&lt;&amp;{end}&quot;</p>", detector)
    assert found.secret.reveal() == f"{start}<&{end}"


def test_what_a_rule_for_other_files_finds_does_not_hide_a_password(detector: Detector) -> None:
    start, end = run(9) + "7", run(9)
    (found,) = scan_text(f"password={start}&#61;{end}\n".encode(), "a.properties")
    assert found.secret.reveal() == f"{start}={end}"


@pytest.mark.parametrize("lines", [1, 400])
def test_what_follows_entities_on_their_line_is_decoded_too(lines: int, detector: Detector) -> None:
    value = run(14) + "7"
    inside = b64("some text\n" * lines + f'password: "{value}"\n')
    content = f'{{"a": "x=&quot;y&quot;", "data": "{inside}", "b": "x=&quot;y&quot;"}}\n'
    assert only(content, detector).secret.reveal() == value


@pytest.mark.parametrize("lines", [1, 400])
def test_what_entities_quote_is_decoded_too(lines: int, detector: Detector) -> None:
    value = run(14) + "7"
    inside = b64("some text\n" * lines + f'password: "{value}"\n')
    found = only(f"<a b=&quot;{inside}&quot;/>\n", detector)
    assert (found.secret.reveal(), found.encoding) == (value, ("base64",))


@pytest.mark.parametrize("line_end", ["&#10;", "&#xA;", "&#xD;&#xA;"])
def test_a_private_key_in_an_attribute_is_found(line_end: str) -> None:
    lines = [*(b64(random.randbytes(48)) for _ in range(12)), "-----END PRIVATE KEY-----", ""]
    key = line_end.join(["-----BEGIN PRIVATE KEY-----", *lines])
    assert [found.rule for found in scan_text(f'<cert pem="{key}"/>\n'.encode(), "a.xml")] == ["private-key"]


def test_a_file_with_entities_in_each_line_is_read_to_its_end(detector: Detector) -> None:
    values = [run(14) + "7" for _ in range(2)]
    content = '<a b="c=&quot;d&quot;"/>\n' * 5000 + f"x password=&quot;{values[0]}&quot;\n"
    content += "." * 300 + "\ndata: " + b64(f'password: "{values[1]}"\n') + "\n"
    found = detector.candidates(Blob(content.encode(), ORIGIN))
    assert set(values) <= {candidate.secret.reveal() for candidate in found}
    assert detector.incomplete == []


def test_a_line_without_end_that_is_full_of_entities_is_read_at_once(detector: Detector) -> None:
    value = run(14) + "7"
    content = "a=&quot;b&quot; " * 200_000 + f"password=&quot;{value}&quot;"
    assert value in {found.secret.reveal() for found in detector.candidates(Blob(content.encode(), ORIGIN))}


def test_a_link_within_a_link_is_read(detector: Detector) -> None:
    value = run(14) + "7"
    found = only(f"https://a.b/?next={quote(f'https://app:{value}@db.internal.net/x', safe='')}", detector)
    assert found.secret.reveal() == value


@pytest.mark.parametrize(
    "link",
    ["https://{}@git.acme.dev/app.git", "https://a.b/{}/x", "cmd --api_key={} --user=me", "password: {};x"],
)
def test_a_token_is_found_beside_what_is_percent_encoded(link: str, detector: Detector) -> None:
    """%2F before a token is no end of a word as it stands, because base64 may go on with it."""
    value = token()
    found = only(f"https://a.b/?u=https%3A%2F%2F&next={quote(link.format(value), safe='')}", detector)
    assert found.secret.reveal() == value


def test_a_password_is_found_whose_name_alone_is_encoded(detector: Detector) -> None:
    value = run(14) + "7"
    found = only(f"body={quote(f'user=svc&password={value}', safe='')}", detector)
    assert (found.secret.reveal(), found.encoding) == (value, ("percent",))


def test_what_is_found_undecoded_is_not_reported_again(detector: Detector) -> None:
    value = token()
    assert only(f"a%3D{value}%26b%3Dc&x=%41%42", detector).encoding == ()
    header, payload = (
        base64.urlsafe_b64encode(t).rstrip(b"=") for t in (b'{"alg":"HS256"}', b'{"iss":"me"}')
    )
    jwt = b".".join([header, payload, run(43).encode()])
    assert only(b"Authorization: Bearer " + jwt, detector).rule == "jwt"
    assert only(f"{value} and again {b64(value)}", detector).encoding == ()


def test_binary_content_in_base64_is_searched_for_tokens_only(detector: Detector) -> None:
    value = token()
    noise = bytes(random.choices(range(256), k=40))
    found = only(f'"{b64(noise + bytes([0]) + value.encode() + bytes([0]) + noise)}"', detector)
    assert (found.secret.reveal(), found.binary) == (value, True)
    text = noise + b'\0password = "' + run(12).encode() + b'!7"'
    assert not detector.candidates(Blob(f'"{b64(text)}"'.encode(), Origin("worktree", "a")))


def test_a_source_map_is_searched_for_tokens_only() -> None:
    inner = f'{{"sourcesContent":["password = \\"{run(12)}!7\\""]}}'
    assert found(f"var x;\n//# sourceMappingURL=data:application/json;base64,{b64(inner)}\n") == []
    inner = inner.replace("password", token())
    assert found(f"var x;\n//# sourceMappingURL=data:application/json;base64,{b64(inner)}\n")


def found(text: str | bytes) -> list[Finding]:
    return scan_text(text.encode() if isinstance(text, str) else text, "src/app.js")


def _random(length: int) -> bytes:
    return bytes(random.choices(range(256), k=length))


QUIET = {
    "image": lambda: (
        f'<img src="data:image/png;base64,{b64(bytes.fromhex("89504e470d0a1a0a") + _random(4000))}">'
    ),
    "font": lambda: f"src: url(data:font/woff2;base64,{b64(b'wOF2' + _random(4000))})",
    "digest": lambda: f'"integrity": "sha512-{b64(hashlib.sha512(_random(8)).digest())}"',
    "hash": lambda: f"sha256: {hashlib.sha256(_random(8)).hexdigest()}",
    "certificate": lambda: f"-----BEGIN CERTIFICATE-----\n{base64.encodebytes(b'0' + _random(900)).decode()}",
    "public key": lambda: f"ssh-rsa {b64(bytes([0, 0, 0, 7]) + b'ssh-rsa' + _random(400))} me@host",
    "encoded words": lambda: f"message: {b64('Hello, this is only a friendly message to you')}",
    "encoded document": lambda: f"body: {b64('<html><body><p>password: your password</p></body></html>')}",
    "identifiers": lambda: "getClientTokenProviderFactory(abstractAuthenticationTokenProcessingFilter)",
    "link": lambda: "https://example.com/?q=%E5%AF%86%E7%A0%81&next=https%3A%2F%2Fexample.com%2Fa%20b",
}


@pytest.mark.parametrize("name", QUIET)
def test_nothing_is_reported_of(name: str) -> None:
    assert found(QUIET[name]()) == []


def test_what_is_too_much_to_decode_is_named(compiled: CompiledRules) -> None:
    detector = Detector(compiled)
    bomb = b64(gzip.compress(bytes(MAX_INFLATED * 20)))
    detector.candidates(Blob(f'x: "{bomb}"'.encode(), Origin("worktree", "bomb.txt")))
    assert [gap.what for gap in detector.incomplete] == ["bomb.txt"]


def test_encodings_deeper_than_three_are_not_followed(detector: Detector) -> None:
    text = token()
    for _ in range(3):
        text = b64(f"x: {text}")
    assert only(f"x: {text}", detector).encoding == ("base64",) * 3
    assert not detector.candidates(Blob(f"x: {b64('x: ' + text)}".encode(), Origin("worktree", "a")))


def test_patterns_know_how_far_they_reach(compiled: CompiledRules) -> None:
    encodings = [(rule, pattern) for rule, pattern in compiled.rules.patterns() if rule.id in ENCODING_NAMES]
    assert {rule.id for rule, _ in encodings} == ENCODING_NAMES.keys()
    for rule, pattern in encodings:
        checked = check_pattern(pattern.text, None, needs_literal=False)
        assert pattern.reach >= checked.reach, rule.id
        assert (pattern.behind, pattern.ahead) == (checked.behind, checked.ahead)
        assert (pattern.hit_before, pattern.hit_after) == (pattern.reach + 1, 1)


@given(literal=st.binary(min_size=4, max_size=12), lead=st.binary(max_size=9), tail=st.binary(max_size=9))
def test_a_literal_is_in_the_base64_of_all_that_holds_it(literal: bytes, lead: bytes, tail: bytes) -> None:
    assert in_base64(literal, len(lead) % 3) in b64(lead + literal + tail)


@settings(max_examples=300, deadline=None)
@given(text=st.text(max_size=300), seed=st.integers(0, 2**32))
def test_what_is_wrapped_comes_out_again(text: str, seed: int) -> None:
    choice = random.Random(seed)
    name = choice.choice(["base64", "base64url", "gzip", "zlib", "hex", "percent", "x"])
    if name == "x":  # escaped control characters part words: no text has them
        text = "".join(filter(lambda character: character >= " " and character != "\x7f", text))
    content = f"A plain beginning of it. {text}".encode()
    encoded = ENCODERS[name](content)
    kind = {"base64url": "base64", "gzip": "base64", "zlib": "base64", "x": "escapes"}.get(name, name)
    found = run_at(b"x: " + encoded + b" y", kind, 3)
    if found is None or not found.parts:  # no text: it has control characters
        assert any(ord(character) < 0x20 or ord(character) == 0x7F for character in text)
    else:
        assert b"".join(part.text for part in found.parts) == content
        assert (found.start, found.end) == (3, 3 + len(encoded))


@settings(max_examples=200, deadline=None)
@given(
    content=st.text(st.characters(min_codepoint=0x20, max_codepoint=0x7E), min_size=120, max_size=600),
    width=st.integers(10, 20).map(lambda groups: 4 * groups),
    gap=st.sampled_from([b"\n", b"\r\n", b"\n    ", b"\\n"]),
)
def test_every_place_in_wrapped_lines_is_known_to_the_group(content: str, width: int, gap: bytes) -> None:
    encoded = b64(content.encode()).encode()
    text = b"x: " + gap.join(encoded[at : at + width] for at in range(0, len(encoded), width)) + b"!"
    (run,) = runs_in(text, [(3, "base64")])
    assert run.end == len(text) - 1
    whole = unwrapped(text, 0, len(text), [run])
    assert whole.text == b"x: " + content.encode() + b"!"
    for at in range(len(content)):
        first, last = whole.encoded(3 + at, 4 + at)
        group = at // 3 * 4
        assert text[first:last] == encoded[group : group + 4]


def test_a_token_is_found_in_a_document_that_is_wrapped_base64(detector: Detector) -> None:
    choice = random.Random(1)
    noise = [choice.randbytes(40) + b" /Type /Catalog /Pages 12 0 R endobj " for _ in range(400)]
    value = token()
    noise.insert(200, b" token " + value.encode() + b" ")
    encoded = b64(b"%PDF-1.4 and so on, in many lines of text and other bytes: " + b"".join(noise))
    lines = (encoded[at : at + 76] for at in range(0, len(encoded), 76))
    found = only("Content-Transfer-Encoding: base64\n\n" + "\n".join(lines), detector)
    assert found.secret.reveal() == value


@settings(max_examples=400, deadline=None)
@given(data=st.data())
def test_any_bytes_can_be_asked_for_and_every_place_lies_within(data: st.DataObject) -> None:
    choice = random.Random(data.draw(st.integers(0, 2**32)))
    pieces = data.draw(
        st.lists(st.one_of(st.binary(max_size=40), st.just(b"=\r\n"), st.just(b"%4"), st.just(b"\\u00")))
    )
    for _ in range(choice.randrange(4)):
        pieces.insert(choice.randint(0, len(pieces)), "\n".join(wrapped(run(30), choice)).encode())
    text = b"".join(pieces)
    names = sorted(set(ENCODING_NAMES.values()))
    starts = [(offset, choice.choice(names)) for offset in range(len(text)) if choice.randrange(4) == 0]
    starts = [
        (at, name) for at, name in starts if name not in ("base64", "hex") or text[at : at + 16].isalnum()
    ]
    end = 0
    for first, last, runs in stretches(text, runs_in(text, starts)):
        assert end <= first <= last <= len(text)
        end = last
        whole = unwrapped(text, first, last, runs)
        for at in range(len(whole.text)):
            low, high = whole.encoded(at, at + 1)
            assert first <= low < high <= last
            if not whole.runs(at, at + 1):
                assert text[low:high] == whole.text[at : at + 1]
