"""``leakscan install-hook``: have git run ``leakscan hook`` before each commit."""

from __future__ import annotations

import argparse
import shutil
import sys
from pathlib import Path

from leakscan.errors import EXIT_CLEAN, UsageError

DESCRIPTION = """\
Has git scan what is staged before each commit in this repository. A hook that is there already is kept and
run first. core.hooksPath and linked working trees are known. With the pre-commit framework, name leakscan in
.pre-commit-config.yaml instead.
"""

EPILOG = """\
examples:
  leakscan install-hook               in this repository
  leakscan install-hook --uninstall   take it out again, and put back what was there
  leakscan install-hook --global      in all of your repositories; their own hooks are run too

exit codes:
  0  installed, or taken out again
  2  wrong usage; no repository here; a folder that cannot be written
"""


def add_command(commands: argparse._SubParsersAction[argparse.ArgumentParser]) -> None:
    parser = commands.add_parser(
        "install-hook",
        help="have git run the hook before each commit",
        description=DESCRIPTION,
        epilog=EPILOG,
        formatter_class=argparse.RawDescriptionHelpFormatter,
    )
    parser.add_argument(
        "--uninstall",
        action="store_true",
        help="take it out again, and put back the hook that was there before",
    )
    parser.add_argument(
        "--global",
        dest="everywhere",
        action="store_true",
        help="for all of your repositories, through git's core.hooksPath; their own hooks are run too",
    )
    parser.set_defaults(run=run)


def run(options: argparse.Namespace) -> int:
    """Installs or uninstalls, and says where."""
    folder = _everywhere(options.uninstall) if options.everywhere else _here()
    from leakscan.git.hooks import NAME, install, uninstall

    if options.uninstall:
        uninstall(folder)
        print(f"Removed {folder / NAME}")
    else:
        install(folder, _command(), options.everywhere)
        print(f"Installed {folder / NAME}")
    return EXIT_CLEAN


def _here() -> Path:
    from leakscan.git.hooks import hooks_folder
    from leakscan.git.repository import require_repository

    return hooks_folder(require_repository(Path(), "install-hook"))


def _everywhere(uninstalled: bool) -> Path:
    """The folder of the user's hooks; git is told of ours where there is no other."""
    import platformdirs

    from leakscan.git.hooks import global_folder, set_global_folder
    from leakscan.git.plumbing import Git

    git = Git(Path.home())
    ours = Path(platformdirs.user_config_dir("leakscan")) / "hooks"
    folder = global_folder(git)
    if uninstalled and folder == ours:
        set_global_folder(git, None)
    elif not uninstalled and folder is None:
        set_global_folder(git, ours)
    return folder or ours


def _command() -> str:
    """The program that the hook starts: by its path, because a hook may see another PATH."""
    beside = Path(sys.executable).with_name("leakscan.exe" if sys.platform == "win32" else "leakscan")
    found = str(beside) if beside.is_file() else shutil.which("leakscan")
    if found is None:
        raise UsageError("the program 'leakscan' is not installed (pip install leakscan, and run this again)")
    return str(Path(found).absolute())
