"""What coding agents tell their hooks, and how a hook refuses in each one's form.

Claude Code, Codex and Gemini CLI take exit code 2 and the reason on standard error; Cursor and GitHub Copilot
take an answer as JSON on standard output. All of them send one JSON object, which says what is about to
happen: a prompt, a command, or a tool's arguments.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

from leakscan.errors import EXIT_CLEAN, EXIT_USAGE, UsageError
from leakscan.finding import Finding

# What says where and when something happens, what came of it, and text that is on its way out of a file.
_ABOUT = frozenset(
    """session_id sessionId transcript_path cwd hook_event_name hookEventName tool_name toolName tool_use_id
    tool_call_id timestamp conversation_id generation_id workspace_roots model permission_mode turn_id
    user_email cursor_version tool_response tool_result toolResult tool_output old_string oldString old_str
    old_text oldText""".split()  # noqa: SIM905
)
_PATHS = ("file_path", "filePath", "path", "target_file", "notebook_path")
_NESTED = ("toolArgs",)
_CURSOR_PROMPT = "beforeSubmitPrompt"
_CURSOR = frozenset(
    (_CURSOR_PROMPT, "beforeShellExecution", "beforeMCPExecution", "beforeReadFile", "preToolUse")
)
_MOST_NAMED = 5


class Event(NamedTuple):
    """What an agent is about to do: texts with the path that they go to, if any; and the agent's own form."""

    texts: Sequence[tuple[str | None, str]]
    form: str


class Answer(NamedTuple):
    """What the hook says to the agent."""

    output: str
    error: str
    code: int


def read_event(content: bytes) -> Event:
    """The event in an agent's JSON. Raises UsageError where there is none; an agent then refuses, too."""
    try:
        given = json.loads(content)
    except (ValueError, RecursionError):
        raise UsageError(
            "standard input is no JSON: 'leakscan hook --agent' is for the hooks of agents"
        ) from None
    if not isinstance(given, dict):
        raise UsageError("standard input is no JSON object, as agents send it to their hooks")
    for key in _NESTED:  # Copilot sends the arguments as JSON in a string
        if isinstance(given.get(key), str):
            try:
                given[key] = json.loads(given[key])
            except (ValueError, RecursionError):
                continue
    by_path: dict[str | None, list[str]] = {}
    for path, text in _texts(given, None):
        by_path.setdefault(path, []).append(text)
    return Event([(path, "\n\n".join(texts)) for path, texts in by_path.items()], _form(given))


def refusal(event: Event, findings: Sequence[Finding]) -> Answer:
    """The answer that stops the agent, with what it can do instead, and without the secret."""
    named = [
        f"{finding.title} {finding.secret.redacted} (rule {finding.rule})"
        for finding in findings[:_MOST_NAMED]
    ]
    more = f" and {len(findings) - _MOST_NAMED} more" if len(findings) > _MOST_NAMED else ""
    reason = (
        f"leakscan: refused, because it holds a secret: {'; '.join(named)}{more}. "
        "Do not write, run or repeat the value. Use a reference instead, such as an environment variable or "
        "a secret store, and ask the user to put the value there. "
        "If it is no secret, the user can do this step by hand."
    )
    if event.form == "copilot":
        denied = {"permissionDecision": "deny", "permissionDecisionReason": reason}
        return Answer(json.dumps(denied), "", EXIT_CLEAN)
    if event.form == "cursor prompt":
        return Answer(json.dumps({"continue": False, "user_message": reason}), "", EXIT_CLEAN)
    if event.form == "cursor":
        denied = {"permission": "deny", "user_message": reason, "agent_message": reason}
        return Answer(json.dumps(denied), "", EXIT_CLEAN)
    return Answer("", reason, EXIT_USAGE)


def _form(given: dict[str, Any]) -> str:
    name = given.get("hook_event_name")
    if name == _CURSOR_PROMPT:
        return "cursor prompt"
    if isinstance(name, str) and name in _CURSOR:
        return "cursor"
    return "copilot" if "toolName" in given else "exit code"


def _texts(value: object, path: str | None, key: str = "") -> Iterator[tuple[str | None, str]]:
    """Every text in the event but what is only about it; short ones with the names that explain them."""
    if isinstance(value, str):
        if "*** Begin Patch" in value:  # Codex: what a patch takes out is no reason to refuse it
            value = "\n".join(line for line in value.splitlines() if not line.startswith("-"))
        alone = "\n" in value or " " in value or not key
        yield path, value if alone else f'{key} = "{value}"'
    elif isinstance(value, dict):
        named = next((value[name] for name in _PATHS if isinstance(value.get(name), str)), path)
        for name, inner in value.items():
            if name not in _ABOUT:
                yield from _texts(inner, named, name)
    elif isinstance(value, list):
        for inner in value:
            yield from _texts(inner, path, key)
