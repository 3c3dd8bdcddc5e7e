"""``leakscan hook --agent``: what agents send to their hooks, and how they are told no."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from leakscan.agent import read_event
from leakscan.errors import UsageError
from tests.cli.test_scan import leak, leakscan


def told(event: dict[str, Any]) -> tuple[int, str, str]:
    done = leakscan("hook", "--agent", stdin=json.dumps(event))
    return done.returncode, done.stdout, done.stderr


def tool(name: str, **arguments: str) -> dict[str, Any]:
    about = {"session_id": "s", "transcript_path": "/tmp/t.jsonl", "cwd": "/tmp"}
    return {**about, "hook_event_name": "PreToolUse", "tool_name": name, "tool_input": arguments}


def events(text: str) -> list[dict[str, Any]]:
    """The text as each of the agents with exit codes writes, runs or is told it."""
    return [
        tool("Write", file_path="/src/app.py", content=text),
        tool("Edit", file_path="/src/app.py", old_string="x", new_string=text),
        tool("Bash", command=f"cat > .env <<'X'\n{text}X"),
        {"hook_event_name": "UserPromptSubmit", "prompt": f"use this:\n{text}"},
        {"hook_event_name": "BeforeTool", "tool_name": "write_file", "tool_input": {"content": text}},
        {
            "hook_event_name": "PreToolUse",
            "tool_name": "apply_patch",
            "tool_input": {"command": f"*** Begin Patch\n*** Add File: a.py\n+{text}*** End Patch"},
        },
    ]


@pytest.mark.parametrize("number", range(len(events(""))))
def test_claude_code_codex_and_gemini_are_told_by_exit_code_and_standard_error(number: int) -> None:
    text, token = leak()
    code, output, error = told(events(text)[number])
    assert (code, output) == (2, "")
    assert "GitLab personal" in error
    assert "environment variable" in error
    assert token not in error
    assert told(events("token = os.environ['TOKEN']\n")[number]) == (0, "", "")


def test_cursor_is_told_on_standard_output() -> None:
    text, token = leak()
    code, output, _ = told({"hook_event_name": "beforeShellExecution", "command": f"echo {text}", "cwd": "/"})
    assert code == 0
    assert json.loads(output)["permission"] == "deny"
    assert "secret store" in json.loads(output)["agent_message"]
    assert token not in output
    code, output, _ = told({"hook_event_name": "beforeSubmitPrompt", "prompt": text})
    assert (code, json.loads(output)["continue"]) == (0, False)


def test_copilot_is_told_on_standard_output() -> None:
    text, token = leak()
    arguments = json.dumps({"command": f"echo {text}"})
    code, output, _ = told({"timestamp": 1, "cwd": "/", "toolName": "bash", "toolArgs": arguments})
    assert (code, json.loads(output)["permissionDecision"]) == (0, "deny")
    assert token not in output


def test_to_take_a_secret_out_is_not_refused() -> None:
    text, _ = leak()
    assert told(tool("Edit", file_path="app.py", old_string=text, new_string="x = 1\n"))[0] == 0
    patch = f"*** Begin Patch\n*** Update File: a.py\n-{text}+x = 1\n*** End Patch"
    assert told(tool("apply_patch", command=patch))[0] == 0


@pytest.mark.parametrize("content", ["", "no json", "[]", "3"])
def test_what_is_no_event_is_refused(content: str) -> None:
    done = leakscan("hook", "--agent", stdin=content)
    assert done.returncode == 2
    assert "standard input is no JSON" in done.stderr


@given(
    st.recursive(st.none() | st.text() | st.integers(), lambda x: st.lists(x) | st.dictionaries(st.text(), x))
)
def test_no_event_makes_the_reader_fail(value: object) -> None:
    try:
        read_event(json.dumps(value).encode())
    except UsageError:
        assert not isinstance(value, dict)
