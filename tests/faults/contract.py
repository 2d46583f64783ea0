"""What happens when things go wrong: every case, what is promised for it, and the tests that show it."""

from faults.cases_of_files import OF_FILES
from faults.cases_of_runs import OF_RUNS
from nnlab import errors

ROWS = (*OF_RUNS, *OF_FILES)

CODES = {
    0: "done",
    errors.NnlabError.exit_code: "a bug in nnlab, or a gradient that is wrong",
    errors.UsageError.exit_code: "a mistake on the command line or in a config",
    errors.DataError.exit_code: "data that are missing, damaged or unsafe",
    errors.RunError.exit_code: "a run or checkpoint that is damaged, in use, or not what it began as",
    errors.SystemFault.exit_code: "the machine refused: disk full, no permission, I/O error, out of memory",
    errors.DivergedError.exit_code: "the training diverged",
    errors.SweepError.exit_code: "some cells of a sweep failed; the others are done",
    129: "stopped by SIGHUP, after the state was saved",
    130: "stopped by SIGINT (Ctrl-C), after the state was saved",
    143: "stopped by SIGTERM, after the state was saved",
}
