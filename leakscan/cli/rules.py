"""``leakscan rules``: list, show, check, test and convert rules."""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

from leakscan.cli.parser import add_verb
from leakscan.cli.values import path
from leakscan.errors import EXIT_CLEAN, EXIT_USAGE, RuleError, UsageError

if TYPE_CHECKING:
    from leakscan.ruleset.rule import Example, Rule

DESCRIPTION = """\
A rule says how one kind of credential is recognised, how bad a leak of it is, and what to do about it. See
what leakscan looks for, and write rules of your own for what it does not know (docs/rules.md).
"""

EPILOG = """\
examples:
  leakscan rules list
  leakscan rules show alibaba-access-key-pair
  leakscan rules check my-rules.yaml

exit codes:
  0  done
  2  wrong usage, or a mistake in a rule file
"""

LIST = """\
Prints a line for each rule: id, severity, provider and title. The id is what --only-rule, allowlists and
marks (leakscan:ignore[ID]) name.
"""

_LIST_EPILOG = """\
examples:
  leakscan rules list | grep -i slack
  leakscan rules list --rules my-rules.yaml
  leakscan rules list --format json

exit codes:
  0  listed
  2  wrong usage, or a mistake in a rule file
"""

SHOW = """\
Prints one rule whole, as YAML: built in, or as your own files change it. It is a good beginning for a rule of
your own, and says which patterns made a finding.
"""

_SHOW_EPILOG = """\
examples:
  leakscan rules show github-personal-access-token
  leakscan rules show my-rule --rules my-rules.yaml

exit codes:
  0  shown
  2  wrong usage, a mistake in a rule file, or no such rule
"""

CHECK = """\
Reads rule files of your own over the built-in ones, and names every mistake in them with file, line and mend:
in their form, their patterns and their examples. Run it after each change, and in their pipeline.
"""

_CHECK_EPILOG = """\
examples:
  leakscan rules check my-rules.yaml
  leakscan rules check rules/

exit codes:
  0  the rules are fine
  2  wrong usage, or mistakes, each in a line on standard error
"""

TEST = """\
Runs every example and counterexample of the rules as a scan would: each example must be found, no
counterexample may be. 'rules check' does the same for your own files; this is for all rules together.
"""

_TEST_EPILOG = """\
examples:
  leakscan rules test
  leakscan rules test my-rule --rules my-rules.yaml

exit codes:
  0  all passed
  2  wrong usage, or an example that failed
"""

CONVERT = """\
Prints the rules of another tool as rules of leakscan: of gitleaks or betterleaks (TOML), or kingfisher
(YAML). What a rule has that cannot be carried over is named on standard error. Check the result, and set
severities.
"""

_CONVERT_EPILOG = """\
examples:
  leakscan rules convert .gitleaks.toml --output ours.yaml
  leakscan rules check ours.yaml
  leakscan scan --rules ours.yaml .

exit codes:
  0  converted, perhaps with remarks
  2  wrong usage, or a file that cannot be read, is no rule file, or cannot be written
"""


_ABOUT_PATTERNS = """\
# The examples say what it finds: <base62:30> stands for 30 characters, as docs/rules.md has it.
# What stands before and behind (?P<secret>…) in a pattern says where a value may begin and end."""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = add_verb(commands, "rules", "list, show, check, test and convert rules", DESCRIPTION, EPILOG)
    verbs = parser.add_subparsers(title="commands", metavar="COMMAND", required=True)
    listing = add_verb(verbs, "list", "one line a rule: id, severity, provider, title", LIST, _LIST_EPILOG)
    listing.add_argument(
        "--format",
        choices=("text", "json"),
        default="text",
        help="text (default), or json: an array of objects, for programs",
    )
    listing.set_defaults(run=run_list)
    show = add_verb(verbs, "show", "a rule as it is after merging, as YAML", SHOW, _SHOW_EPILOG)
    show.add_argument("id", metavar="ID", help="the rule's id, as 'leakscan rules list' has it")
    show.set_defaults(run=run_show)
    check = add_verb(
        verbs, "check", "check rule files of your own: schema, patterns and examples", CHECK, _CHECK_EPILOG
    )
    check.add_argument(
        "paths", nargs="+", type=path, metavar="FILE|DIR", help="a rule file or a folder of them"
    )
    check.set_defaults(run=run_check)
    test = add_verb(verbs, "test", "run every example and counterexample of every rule", TEST, _TEST_EPILOG)
    test.add_argument("ids", nargs="*", metavar="ID", help="only these rules (default: all)")
    test.set_defaults(run=run_test)
    conversion = add_verb(
        verbs, "convert", "rules of gitleaks, betterleaks or kingfisher as ours", CONVERT, _CONVERT_EPILOG
    )
    conversion.add_argument("file", type=path, metavar="FILE", help="a .toml, .yaml or .yml of another tool")
    conversion.add_argument(
        "--output", type=path, metavar="FILE", help="write them there instead of to standard output"
    )
    conversion.set_defaults(run=run_convert)
    for verb in (listing, show, test):
        verb.add_argument(
            "--rules",
            type=path,
            action="append",
            default=[],
            metavar="FILE|DIR",
            help="with rules of your own over the built-in ones; may be repeated",
        )


def run_list(options: argparse.Namespace) -> int:
    """Prints every rule, sorted by id."""
    from leakscan.ruleset.load import load_rules

    rules = sorted(load_rules(options.rules), key=lambda rule: rule.id)
    if options.format == "json":
        print(json.dumps([_summary(rule) for rule in rules], indent=2, ensure_ascii=False))
        return EXIT_CLEAN
    widths = [max(len(text) for text in column) for column in zip(*map(_columns, rules), strict=True)]
    for rule in rules:
        print(
            "  ".join(text.ljust(width) for text, width in zip(_columns(rule), widths, strict=True)).rstrip()
        )
    return EXIT_CLEAN


def run_show(options: argparse.Namespace) -> int:
    """Prints one rule as YAML."""
    import yaml

    from leakscan.ruleset.load import load_rules

    rule = _named(load_rules(options.rules).by_id, [options.id])[0]
    print(_ABOUT_PATTERNS)
    print(yaml.safe_dump({"rules": [_whole(rule)]}, sort_keys=False, allow_unicode=True, width=110), end="")
    return EXIT_CLEAN


def run_check(options: argparse.Namespace) -> int:
    """Checks the user's files over the built-in rules, and tells every mistake."""
    from leakscan.cli.failure import told
    from leakscan.cli.outcome import compiling
    from leakscan.report.words import counted
    from leakscan.ruleset.compiled import compile_rules, compiled_rules
    from leakscan.ruleset.files import rule_files
    from leakscan.ruleset.load import load_rules
    from leakscan.selftest import check_examples

    mistakes: list[RuleError] = []
    builtin = compiled_rules(wait=compiling)
    rules = load_rules(options.paths, report=mistakes.append, known=builtin.rules)
    compiled = compile_rules(rules, mistakes.append, builtin)
    names = {str(file) for path in options.paths for file, _ in rule_files(path)}
    own = [rule for rule in compiled.rules if rule.file in names]
    check_examples(compiled, own, mistakes.append)
    if mistakes:
        for mistake in mistakes:
            print(told(str(mistake)), file=sys.stderr)
        print(f"{counted(len(mistakes), 'mistake')}.", file=sys.stderr)
        return EXIT_USAGE
    for rule in own:
        if not rule.examples:
            print(
                f"{rule.file}:{rule.line}: rule '{rule.id}' has no examples, so nothing shows that it works"
            )
    print(f"{counted(len(own), 'rule is', 'rules are')} fine.")
    return EXIT_CLEAN


def run_convert(options: argparse.Namespace) -> int:
    """Writes another tool's rules in our schema, and tells what could not be carried over."""
    from leakscan.cli.failure import told
    from leakscan.files import ORDINARY, write_atomically
    from leakscan.report.words import counted
    from leakscan.ruleset.convert import convert

    try:
        content = options.file.read_bytes()
    except OSError as error:
        raise UsageError(f"{options.file}: cannot read the rules: {error.strerror}") from None
    converted = convert(options.file, content)
    for note in converted.notes:
        about = f"rule '{note.rule}': " if note.rule else ""
        print(told(f"{options.file}: {about}{note.text}"), file=sys.stderr)
    if not converted.rules:
        raise UsageError(f"{options.file}: none of its rules can be carried over")
    text = converted.as_yaml()
    if options.output is None:
        print(text, end="")
    else:
        write_atomically(options.output, text.encode(), ORDINARY)
    kept = counted(len(converted.rules), "rule was", "rules were")
    print(f"{kept} converted; set provider and severity, and add examples.", file=sys.stderr)
    return EXIT_CLEAN


def run_test(options: argparse.Namespace) -> int:
    """Runs the rules' own tests; names each that fails."""
    from leakscan.cli.outcome import compiling
    from leakscan.ruleset.compiled import compile_rules, compiled_rules
    from leakscan.ruleset.load import load_rules
    from leakscan.ruleset.ruleset import RuleSet
    from leakscan.selftest import trials

    builtin = compiled_rules(wait=compiling)  # without examples
    compiled = compile_rules(RuleSet(load_rules(options.rules).rules, builtin=builtin.rules), builtin=builtin)
    chosen = _named(compiled.rules.by_id, options.ids) if options.ids else list(compiled.rules)
    tried = list(trials(compiled, chosen))
    failed = [trial for trial in tried if trial.problem is not None]
    for trial in failed:
        place = f"{trial.rule.file}:{trial.example.line}"
        print(f"{place}: rule '{trial.rule.id}': {trial.problem}: {trial.example.template}")
    print(f"{len(chosen)} rules, {len(tried)} examples, {len(failed)} failed.")
    return EXIT_USAGE if failed else EXIT_CLEAN


def _named(by_id: Any, ids: list[str]) -> list[Rule]:
    for name in ids:
        if name not in by_id:
            from difflib import get_close_matches

            near = get_close_matches(name, by_id, n=1)
            mend = f"did you mean '{near[0]}'?" if near else "'leakscan rules list' has them all"
            if name.endswith((".yaml", ".yml")) or "/" in name:
                mend = f"rules of a file: --rules {name}"
            raise UsageError(f"no rule '{name}' ({mend})")
    return [by_id[name] for name in ids]


def _columns(rule: Rule) -> tuple[str, str, str, str]:
    return rule.id, rule.severity, rule.provider, rule.title


def _summary(rule: Rule) -> dict[str, object]:
    return {
        "id": rule.id,
        "title": rule.title,
        "provider": rule.provider,
        "severity": rule.severity,
        "kind": rule.kind,
        "advice": rule.advice,
        "references": list(rule.references),
        "examples": len(rule.examples),
        "counterexamples": len(rule.counterexamples),
    }


def _whole(rule: Rule) -> dict[str, object]:
    """The rule as a rule file would have it, with fragments expanded, without what is not set."""
    patterns = [{"pattern": p.text, "anchor": p.anchor} if p.anchor else p.text for p in rule.patterns]
    fields: dict[str, object] = {
        "id": rule.id,
        "title": rule.title,
        "provider": rule.provider,
        "severity": rule.severity,
        "kind": rule.kind,
        "examples": [_example(example) for example in rule.examples],
        "patterns": patterns,
        "min_entropy": rule.min_entropy,
        "paths": _set({"include": list(rule.only_paths), "exclude": list(rule.never_paths)}),
        "allow": _set({key: list(value) for key, value in rule.allow._asdict().items()}),
        "pair": rule.pair
        and {"with": rule.pair.other, "within_lines": rule.pair.within_lines, "as": rule.pair.part},
        "checksum": rule.checksum,
        "encoded": rule.encoded,
        "advice": rule.advice,
        "references": list(rule.references),
        "counterexamples": [_example(example) for example in rule.counterexamples],
    }
    return _set(fields)


def _set(fields: Mapping[str, object]) -> dict[str, object]:
    return {key: value for key, value in fields.items() if value}


def _example(example: Example) -> object:
    return {"text": example.template, "path": example.path} if example.path else example.template
