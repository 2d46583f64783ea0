"""Rows of the contract about the process and what surrounds it: threads, locales, limits, pipes."""

from faults.row import Row

_TOGETHER, _AROUND = "faults/test_overlapping_runs.py::", "faults/test_surroundings.py::"

OF_PROCESSES = (
    Row(
        "Two training runs overlap in threads of one process",
        "Each has the bits of a run alone. Afterwards BLAS and kernels have as many threads as before.",
        (0,),
        (
            f"{_TOGETHER}test_overlapping_runs_have_the_bits_of_runs_alone",
            f"{_TOGETHER}test_blas_restored_by_the_first_to_end_is_noticed",
            "test_errors.py::test_an_error_survives_pickling_and_copying",
        ),
    ),
    Row(
        "Any locale and any encoding of the output; names and paths with any characters",
        "The same exit codes and numbers; a character that the output cannot show is printed as an escape.",
        (0,),
        (
            f"{_AROUND}test_no_locale_and_no_encoding_changes_a_result",
            f"{_AROUND}test_a_name_that_is_not_utf8_is_found_and_printed_as_it_is",
        ),
    ),
    Row(
        "No home directory, an unknown `~user`, a hostile MPLBACKEND or matplotlibrc; few open files or little "
        "address space; Ctrl-C during start-up; a closed pipe",
        "nnlab works, or a message names the limit or the path. A closed pipe does not stop a training run and is "
        "not an error.",
        (0, 2, 3, 5, 130),
        (
            f"{_AROUND}test_no_home_directory_and_unknown_users",
            f"{_AROUND}test_too_few_files_for_a_sweep",
            f"{_AROUND}test_too_little_address_space",
            f"{_AROUND}test_ctrl_c_during_start_up_leaves_no_traceback",
            f"{_AROUND}test_a_closed_pipe_does_not_stop_a_training_run",
            f"{_AROUND}test_a_closed_pipe_is_not_an_error",
            "cli/test_plot.py::test_the_environment_of_a_notebook_breaks_no_figure",
        ),
    ),
)
