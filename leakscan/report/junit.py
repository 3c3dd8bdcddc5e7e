"""JUnit's XML, which every build server shows: each finding is a test that failed.

There is no standard; this keeps to what Jenkins, GitLab and the Maven Surefire schema have in common.
"""

from __future__ import annotations

from typing import TextIO
from xml.etree import ElementTree
from xml.etree.ElementTree import Element, SubElement

from leakscan.finding import Finding, ScanResult
from leakscan.report.exchange import file_name, main_place, message, moments, solution
from leakscan.report.interface import Style
from leakscan.report.order import ordered, places
from leakscan.report.redaction import Redaction, visible
from leakscan.report.words import ignored_by, mend

_MOST_PLACES = 20
_MOST_GAPS = 1_000
_STATES = {"baseline": "known: the baseline has it", "ignored": "marked as no leak"}


def write(result: ScanResult, stream: TextIO, style: Style) -> None:
    """Failures are leaks, errors what could not be scanned, skipped tests what is known or ignored."""
    redaction = Redaction([*result.findings, *result.named], style.reveal)
    suite = Element("testsuite", name="leakscan", timestamp=f"{moments(result)[0]:%Y-%m-%dT%H:%M:%S}")
    for gap in result.incomplete[:_MOST_GAPS]:
        what, why = visible(redaction.text(gap.what)), visible(redaction.text(gap.why))
        case = SubElement(suite, "testcase", classname="leakscan.incomplete", name=f"{what} is scanned")
        error = SubElement(case, "error", message=f"{what}: {why}", type="incomplete")
        error.text = mend(gap.why)
    for finding in ordered(result.findings):
        _case(suite, finding, redaction)
    if not len(suite):
        SubElement(suite, "testcase", classname="leakscan", name="no secret has leaked")
    kinds = {"failures": "failure", "errors": "error", "skipped": "skipped"}
    numbers = {name: str(len(suite.findall(f"testcase/{tag}"))) for name, tag in kinds.items()}
    for element in (suite, root := Element("testsuites", name="leakscan")):
        element.attrib.update(tests=str(len(suite)), **numbers, time=f"{result.seconds:.3f}")
    root.append(suite)
    ElementTree.indent(root)
    stream.write('<?xml version="1.0" encoding="UTF-8"?>\n')
    stream.write(ElementTree.tostring(root, encoding="unicode") + "\n")


def _case(suite: Element, finding: Finding, redaction: Redaction) -> None:
    place = main_place(finding)
    file = visible(file_name(place, redaction))
    title = f"{visible(finding.title)} in {file}:{place.position.line}"
    case = SubElement(suite, "testcase", classname=f"leakscan.{visible(finding.rule)}", name=title, file=file)
    if finding.state != "new":
        why = finding.suppression
        text = visible(redaction.text(ignored_by(why))) if why else _STATES[finding.state]
        SubElement(case, "skipped", message=text)
        return
    failure = SubElement(case, "failure", message=message(finding, redaction), type=finding.severity)
    failure.text = _text(finding, redaction)


def _text(finding: Finding, redaction: Redaction) -> str:
    """All that there is to say: the places, and what to do."""
    spots = [f"{visible(file_name(place, redaction))}:{place.position.line}" for place in places(finding)]
    spots = list(dict.fromkeys(spots))
    if len(spots) > _MOST_PLACES:
        spots[_MOST_PLACES:] = [f"and {len(spots) - _MOST_PLACES:,} more"]
    lines = [message(finding, redaction), "", *spots, "", f"rule {visible(finding.rule)}, id {finding.id}"]
    if finding.advice:
        lines += ["", "What to do:", _visible_lines(solution(finding.advice))]
    return "\n".join(lines)


def _visible_lines(text: str) -> str:
    """``text`` with its line ends, but nothing else that is no plain text."""
    return "\n".join(map(visible, text.split("\n")))
