"""Rows of the contract about the process and what surrounds it: threads, locales, limits, pipes."""

from faults.row import Row

_TOGETHER = "faults/test_overlapping_runs.py::"

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
)
