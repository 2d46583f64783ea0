"""The command line: one thin command per verb, with heavy imports inside the commands.

Results go to stdout, progress and messages to stderr. A user's mistake gives a message of a few lines and the
exit code of its exception (nnlab.errors); ``--debug`` anywhere on the line shows the traceback.
"""

from nnlab.cli import startup  # first: it handles Ctrl-C while the others are imported

# isort: split
import contextlib
import errno
import logging
import os
import signal
import sys
import traceback
from typing import Annotated, NoReturn

import typer

from nnlab.cli import (
    compare,
    data,
    evaluate,
    extend,
    gradcheck,
    init,
    layers,
    plot,
    predict,
    report,
    reproduce,
    resume,
    runs,
    summary,
    sweep,
    train,
    verify,
)
from nnlab.cli.config_command import ConfigCommand
from nnlab.cli.drawing import ignore_matplotlib_settings
from nnlab.cli.groups import FullHelp
from nnlab.cli.output import say
from nnlab.errors import ConfigError, Interrupted, NnlabError, SystemFault, out_of_memory, refusal

GROUPS = {
    "Prepare": ("init", "data", "layers", "schema", "summary", "gradcheck"),
    "Train": ("train", "resume", "extend", "sweep"),
    "Look at results": ("runs", "eval", "predict", "plot", "compare", "report"),
    "Check runs": ("verify", "reproduce"),
}
"""The commands in the order of use."""


class Commands(FullHelp):
    """The commands of ``nnlab``, in the groups of ``GROUPS``."""

    groups = GROUPS


app = typer.Typer(
    cls=Commands,
    help="Train neural networks from one YAML file, in NumPy whose every gradient can be read.",
    epilog="Exit codes: 0 done, 1 a bug or a wrong gradient, 2 usage or config, 3 data, 4 run or checkpoint, "
    "5 disk or memory, 6 diverged, 7 a sweep partly failed, 129/130/143 interrupted.",
    no_args_is_help=True,
    add_completion=False,
    rich_markup_mode=None,
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
)


class _Messages(logging.Handler):
    """Prints what the library logs like the messages of commands, also above a line that is redrawn in place."""

    def emit(self, record: logging.LogRecord) -> None:
        say(record.getMessage())


def _version(asked: bool) -> None:
    if asked:
        import nnlab

        typer.echo(nnlab.__version__)
        raise typer.Exit


@app.callback()
def root(
    *,
    version: Annotated[
        bool, typer.Option("--version", callback=_version, is_eager=True, help="Print the version and exit.")
    ] = False,
    debug: Annotated[
        bool, typer.Option("--debug", help="Show the traceback of an error. Accepted anywhere on the line.")
    ] = False,
) -> None:
    """Train neural networks from one YAML file, in NumPy whose every gradient can be read."""


app.command("init")(init.init)
app.add_typer(data.app, name="data")
app.command("layers")(layers.layers)
app.command("schema")(layers.schema)
app.command("summary", cls=ConfigCommand)(summary.summary)
app.command("gradcheck", cls=ConfigCommand)(gradcheck.gradcheck)
app.command("train", cls=ConfigCommand)(train.train)
app.command("resume")(resume.resume)
app.command("extend")(extend.extend)
app.command("sweep", cls=ConfigCommand)(sweep.sweep)
app.add_typer(runs.app, name="runs")
app.command("eval")(evaluate.evaluate)
app.command("predict")(predict.predict)
app.add_typer(plot.app, name="plot")
app.command("compare")(compare.compare)
app.command("report")(report.report)
app.command("verify")(verify.verify)
app.command("reproduce")(reproduce.reproduce)


def main() -> None:
    """Run the command line and exit with its code."""
    startup.use_utf8()
    startup.print_any_character()
    ignore_matplotlib_settings()
    logging.basicConfig(handlers=[_Messages()], level=logging.WARNING)
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    try:
        startup.accept_interrupts()
        _run(arguments)
    except BrokenPipeError:
        _ignore_output()  # nobody reads on, as in nnlab runs | head; everything else is done
    except (Exception, KeyboardInterrupt) as error:  # noqa: BLE001 -- the last resort: a bug is reported in a line
        message, exit_code = _explained(error)
        if debug:
            traceback.print_exc()
        if message:
            say(message)
        sys.exit(exit_code)


def _explained(error: BaseException) -> tuple[str, int]:
    """Return the message for ``error``, empty for Ctrl-C, and the exit code."""
    message, exit_code = f"error: {error}", getattr(error, "exit_code", SystemFault.exit_code)
    match error:
        case _ if _was_interrupted(error):
            message, exit_code = "", 128 + signal.SIGINT
        case ConfigError():
            message = "\n".join(f"error: {problem}" for problem in error.problems)
        case Interrupted():
            message = str(error)
        case NnlabError():
            pass
        case OSError():
            message = f"error: {refusal(error, 'use' if error.filename else 'write the output')}"
        case MemoryError():
            message = f"error: {out_of_memory(error)}"
        case RuntimeError() if "can't start new thread" in str(error):
            message = "error: cannot start a thread (ulimit -u and -v limit them)"
        case _:
            message, exit_code = f"error: a bug in nnlab: {type(error).__name__}: {error} (--debug shows where)", 1
    return message, exit_code


def _run(arguments: list[str]) -> None:
    """Run the command; a closed pipe raises BrokenPipeError, and what it printed is written on return."""
    if arguments and arguments[0] in {command for group in GROUPS.values() for command in group}:
        startup.require_numerics()
    try:
        app(args=arguments, prog_name="nnlab")
    except SystemExit as leaving:
        broken = leaving.__context__
        if (
            isinstance(broken, OSError) and broken.errno == errno.EPIPE
        ):  # typer's exit code for it is that of a bug
            raise BrokenPipeError from broken
        if sys.stdout is not None:
            sys.stdout.flush()
        raise


def _ignore_output() -> NoReturn:
    """Leave with exit code 0, and let nothing that is still to be written fail."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(OSError, ValueError, AttributeError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
    sys.exit(0)


def _was_interrupted(error: BaseException | None) -> bool:
    """Return whether ``error`` comes from Ctrl-C, which imports of C libraries turn into an ImportError."""
    while isinstance(error, ImportError):
        error = error.__cause__ or error.__context__
    return isinstance(error, KeyboardInterrupt)
