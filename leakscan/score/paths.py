"""What the path says against a candidate.

Together these features can speak for a candidate no more than ``most_from_path()``, so that what is hopeless
without a path is hopeless with any.
"""

from __future__ import annotations

from functools import lru_cache

from leakscan.finding import Candidate
from leakscan.lazily import compiled
from leakscan.ruleset.rule import Rule
from leakscan.score.around import IN_URL, quoted
from leakscan.score.features import is_number
from leakscan.score.learned import learned_of_path
from leakscan.score.model import Feature, trait

# All but one are for lower case: "(?i)" takes twice as long.
_TEST_PATH = compiled(
    r"(?:^|/)(?:tests?|testing|spec|specs|__tests__|e2e|fixtures?|testdata|mocks?|examples?|samples?|demos?|docs?"
    r"|tutorials?|benchmarks?|it)(?:/|$)|(?:^|/)(?:test_[^/]*|[^/]*tests\.\w+"
    r"|(?:[^/]*[._-])?(?:test|it|spec|testcase|example)\.\w+|[^/]*\.(?:example|sample|dist|template|tmpl|md|rst|adoc|html?))$"
)
_TEST_NAME = compiled(
    r"[a-z0-9](?:Test|IT|Spec|TestCase|Example)\.\w+$"
)  # UserTest.java, and not latest.json
_VENDOR_PATH = compiled(
    r"(?:^|/)(?:vendor|node_modules|third[_-]?party|bower_components|site-packages|pods)/"
)
_LOCALE_PATH = compiled(
    r"(?:^|/)(?:locales?|i18n|l10n|lang|languages?|translations?|messages)(?:/|_|\.)"
    r"|\.(?:po|pot|resx|strings)$"
)
_LANGUAGE = (
    r"(?:a[frz]|b[egns]|c[asy]|d[ae]|e[ltous]|f[air]|g[al]|h[eiruy]|i[dstw]|ja|k[akmo]|l[av]|lt|m[ks]|n[blno]|pl|pt|r[ou]"
    r"|s[kqlrv]|t[aehr]|u[kr]|vi|zh)"
)
# A file in which all is text for people, in their language.
_TRANSLATIONS = compiled(
    r"(?:^|/)(?:locales?|i18n|l10n|langs?|languages?|translations?|nls)/(?:.*/)?[^/]*"
    r"\.(?:json|ya?ml|php|properties|xml|strings|resx|js|ts|arb|xlf|xliff|ini|ftl)$"
    rf"|_(?:{_LANGUAGE}|[a-z]{{2}}_[a-z]{{2}}|{_LANGUAGE}_(?:hans|hant|\d{{3}}))\.properties$"
    rf"|[._-]{_LANGUAGE}(?:-[a-z]{{2}})?\.(?:resx|arb|xlf|xliff|ftl)$"
    rf"|/values-{_LANGUAGE}(?:-r[a-z]{{2}})?/[^/]*\.xml$|\.lproj/|\.(?:po|pot)$"
)
# Words, in any script, also as escapes and entities: without a digit.
_TEXT = compiled(rb"(?:[A-Za-z\x80-\xff'.,:;!?_-]|\\u[0-9A-Fa-f]{4}|&#?\w{2,8};)+$")
_LOCK_PATH = compiled(
    r"(?:^|/)(?:package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|poetry\.lock|uv\.lock|pipfile\.lock"
    r"|cargo\.lock|go\.sum|composer\.lock|gemfile\.lock|flake\.lock|gradle\.lockfile)$"
)
_CODE_PATH = compiled(
    r"\.(?:py|js|jsx|mjs|cjs|ts|tsx|vue|java|kt|kts|scala|groovy|go|rs|rb|php|c|h|cc|cpp|hpp|cs|swift|m|mm|pl|pm|lua|dart"
    r"|ex|exs|erl|hs|clj|proto|r|jl|sol|min\.js|css|scss|html?|svelte)$"
)


def path_features(path: str | None, candidate: Candidate, rule: Rule) -> list[Feature]:
    """What the path says against a candidate."""
    if path is None:
        return []
    path = path.replace("!", "/")  # a place in an archive is judged as it would be unpacked
    text = rule.kind == "generic" and _TEXT.match(candidate.secret.raw) is not None
    found = list(_class_features(path, rule.kind, text))
    if rule.kind == "generic":
        if rule.id != IN_URL and not quoted(candidate) and _CODE_PATH.search(path.lower()):
            variable = candidate.secret.raw.endswith(b",")
            found.append(trait("code", "unquoted in program code", "unquoted code", 1 + variable))
            if is_number(candidate.secret.raw):
                found.append(trait("code", "a number in program code", "number in code"))
        found.append(learned_of_path(path))
    return found


@lru_cache(maxsize=1 << 12)
def _class_features(path: str, kind: str, text: bool) -> tuple[Feature, ...]:
    name, path = path, path.lower()
    if _LOCK_PATH.search(path):
        return (Feature("path", "lock file", f"lock path:{kind}"),)
    if text and _TRANSLATIONS.search(path):
        return (Feature("path", "translations", f"locale path:{kind}", 2),)
    if _LOCALE_PATH.search(path):
        return (Feature("path", "translations", f"locale path:{kind}"),)
    if _VENDOR_PATH.search(path):
        return (Feature("path", "somebody else's code", f"vendor path:{kind}"),)
    if _TEST_PATH.search(path) or _TEST_NAME.search(name):
        return (Feature("path", "test, example or documentation", f"test path:{kind}"),)
    return ()
