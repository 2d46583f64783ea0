"""The command line: one thin command per verb, with heavy imports inside the commands.

Results go to stdout, progress and messages to stderr. A user's mistake gives a message of a few lines and the
exit code of its exception (nnlab.errors); ``--debug`` anywhere on the line shows the traceback.
"""

import logging
import sys
import traceback
from typing import Annotated, NoReturn

import typer

from nnlab.cli import (
    compare,
    data,
    evaluate,
    gradcheck,
    init,
    layers,
    plot,
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
from nnlab.errors import ConfigError, Interrupted, NnlabError, SystemFault, refusal

GROUPS = {
    "Prepare": ("init", "data", "layers", "schema", "summary", "gradcheck"),
    "Train": ("train", "resume", "sweep"),
    "Look at results": ("runs", "eval", "plot", "compare", "report"),
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
app.command("sweep", cls=ConfigCommand)(sweep.sweep)
app.add_typer(runs.app, name="runs")
app.command("eval")(evaluate.evaluate)
app.add_typer(plot.app, name="plot")
app.command("compare")(compare.compare)
app.command("report")(report.report)
app.command("verify")(verify.verify)
app.command("reproduce")(reproduce.reproduce)


def main() -> None:
    """Run the command line and exit with its code."""
    ignore_matplotlib_settings()
    logging.basicConfig(handlers=[_Messages()], level=logging.WARNING)
    arguments = [argument for argument in sys.argv[1:] if argument != "--debug"]
    debug = len(arguments) < len(sys.argv) - 1
    try:
        app(args=arguments, prog_name="nnlab")
    except ConfigError as error:
        _leave("\nerror: ".join(str(problem) for problem in error.problems), error.exit_code, debug=debug)
    except Interrupted as stop:
        _leave(str(stop), stop.exit_code, debug=debug, label="")
    except NnlabError as error:
        _leave(str(error), error.exit_code, debug=debug)
    except OSError as error:
        what = "use" if error.filename else "write the output"
        _leave(refusal(error, what), SystemFault.exit_code, debug=debug)
    except MemoryError as error:
        _leave(f"out of memory: {error}", SystemFault.exit_code, debug=debug)
    except Exception as error:  # noqa: BLE001 -- the last resort: a bug is reported in a line
        _leave(f"a bug in nnlab: {type(error).__name__}: {error} (--debug shows where)", 1, debug=debug)


def _leave(message: str, exit_code: int, *, debug: bool, label: str = "error: ") -> NoReturn:
    if debug:
        traceback.print_exc()
    say(f"{label}{message}")
    sys.exit(exit_code)
