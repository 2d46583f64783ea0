"""The fault contract: every case, what nnlab promises for it, and the tests that prove it."""

from faults.cases_of_files import OF_FILES
from faults.cases_of_processes import OF_PROCESSES
from faults.cases_of_runs import OF_RUNS
from nnlab import errors

_FIRST_RUNS, _FIRST_FILES = 16, 15  # the rows of the first version, whose numbers stay

ROWS = (
    *OF_RUNS[:_FIRST_RUNS],
    *OF_FILES[:_FIRST_FILES],
    *OF_RUNS[_FIRST_RUNS:],
    *OF_FILES[_FIRST_FILES:],
    *OF_PROCESSES,
)

CODES = {
    0: "done",
    errors.NnlabError.exit_code: "a bug in nnlab, or a wrong gradient",
    errors.UsageError.exit_code: "a mistake on the command line or in a config",
    errors.DataError.exit_code: "missing, damaged or unsafe data",
    errors.RunError.exit_code: "a run or checkpoint that is damaged, in use, or changed since it began",
    errors.SystemFault.exit_code: "refused by the system: disk full, no permission, I/O error, out of memory",
    errors.DivergedError.exit_code: "training diverged",
    errors.SweepError.exit_code: "some cells of a sweep failed; the others are done",
    129: "stopped by SIGHUP, after the state was saved",
    130: "stopped by SIGINT (Ctrl-C), after the state was saved",
    143: "stopped by SIGTERM, after the state was saved",
}
