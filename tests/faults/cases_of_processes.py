"""Rows of the contract about the process and what surrounds it: threads, locales, limits, pipes."""

from faults.row import Row

_TOGETHER, _AROUND = "faults/test_overlapping_runs.py::", "faults/test_surroundings.py::"
_REPLICAS = "faults/test_replicas.py::"

OF_PROCESSES = (
    Row(
        "Two training runs overlap in threads of one process",
        "Each has the bits of a run alone. Afterwards BLAS and kernels have as many threads as before.",
        (0,),
        (
            f"{_TOGETHER}test_overlapping_runs_have_the_bits_of_runs_alone",
            f"{_TOGETHER}test_blas_restored_by_the_first_to_end_is_noticed",
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
    Row(
        "A replica, a process that shares the work of a step, is killed, stopped, or cannot start",
        "The training process computes its share, with the same bits, and a warning says so.",
        (0,),
        (
            f"{_REPLICAS}test_a_killed_replica_changes_no_bit",
            f"{_REPLICAS}test_a_stopped_replica_is_done_without",
            f"{_REPLICAS}test_a_replica_that_cannot_start_is_done_without",
            f"{_REPLICAS}test_without_shared_memory_one_process_does_all",
        ),
    ),
    Row(
        "A training process with replicas is killed or interrupted",
        "Its replicas end within seconds and leave no shared memory; after Ctrl-C the state is saved.",
        (130,),
        (
            f"{_REPLICAS}test_no_replica_outlives_a_killed_training_process",
            f"{_REPLICAS}test_ctrl_c_saves_and_ends_the_replicas_too",
        ),
    ),
    Row(
        "Training is called from a script without a main guard, from `python -c`, or in a daemonic worker",
        "It works, with replicas, and imports nothing of the caller a second time.",
        (0,),
        (f"{_REPLICAS}test_nnlab_may_be_called_from_anywhere",),
    ),
)
