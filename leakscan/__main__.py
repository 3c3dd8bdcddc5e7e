"""The ``leakscan`` command, and ``python -m leakscan``."""

from __future__ import annotations


def main() -> int:
    """Runs the command line. Whatever goes wrong is no traceback, and that from the first import on."""
    import gc
    import os

    # Numpy's algebra, which nothing here asks for, starts a thread for each processor, in each process.
    os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")
    # Many objects and few cycles: looking for those took a quarter of the time.
    gc.set_threshold(50_000, 20, 20)
    try:
        from leakscan.cli.main import main as run

        return _ended(run())
    except KeyboardInterrupt:
        import sys

        print("leakscan: interrupted", file=sys.stderr)
        return 130
    except Exception as error:
        from leakscan.cli.failure import broken

        return broken(error)


def _ended(code: int) -> int:
    """Ends the process here: Python's own tidying up takes a tenth of the time that a hook may take."""
    import os
    import sys

    for stream in (sys.stdout, sys.stderr):
        if stream is not None:
            stream.flush()
    os._exit(code)


if __name__ == "__main__":
    raise SystemExit(main())
