"""Rows of the contract about runs: kills, faults of disk and memory, resuming, divergence."""

from faults.row import Row

_KILLS, _STRACE, _POWER = "faults/test_kills.py::", "faults/test_strace.py::", "faults/test_power_loss.py::"
_STOPS, _ERRORS = "faults/test_interruptions.py::", "faults/test_injected_errors.py::"
_ROOM, _DAMAGE, _RESUMING = "faults/test_room.py::", "faults/test_damage.py::", "faults/test_resuming.py::"
_EXTENDING = "training/test_extension.py::"
_SWEEP = "sweep/test_running.py::"

OF_RUNS = (
    Row(
        "The process is killed (kill -9) at any system call of a save",
        "The previous or the new checkpoint is intact; `nnlab resume` ends in the bits of an undisturbed run.",
        (),
        (
            f"{_KILLS}test_killed_at_any_system_call_it_goes_on_to_the_same_bits",
            f"{_STRACE}test_killed_by_the_kernel_at_any_system_call",
        ),
    ),
    Row(
        "The process is killed repeatedly, at random moments",
        "The same.",
        (),
        (f"{_KILLS}test_killed_at_random_moments_again_and_again_it_goes_on_to_the_same_bits",),
    ),
    Row(
        "The power fails; whatever was not flushed is lost or incomplete",
        "The newest acknowledged checkpoint can be read, and the run resumes to the same bits.",
        (),
        (f"{_POWER}test_what_was_saved_survives", f"{_POWER}test_and_the_training_goes_on_to_the_same_bits"),
    ),
    Row(
        "SIGTERM",
        "The step is finished and the state saved within 10 s; the run is marked as interrupted.",
        (143,),
        (f"{_STOPS}test_a_signal_saves_and_stops",),
    ),
    Row(
        "Ctrl-C once; twice",
        "Once: the state is saved. Twice: nnlab exits immediately, and the previous checkpoint is kept.",
        (130,),
        (
            f"{_STOPS}test_a_signal_saves_and_stops",
            f"{_STOPS}test_a_second_interrupt_leaves_at_once_and_keeps_the_old_checkpoint",
        ),
    ),
    Row(
        "The disk is full while a checkpoint, the metrics, a figure or the config is written",
        "The message names the path; no temporary file remains, existing files are unchanged, and `nnlab resume` "
        "continues once there is space.",
        (5,),
        (
            f"{_ERRORS}test_any_call_may_fail",
            f"{_ERRORS}test_a_figure_that_cannot_be_written_leaves_the_old_one",
            f"{_ROOM}test_a_full_disk_costs_a_message_and_there_is_a_way_on",
            f"{_ROOM}test_a_limit_of_file_sizes_is_a_full_disk_that_needs_no_privilege",
        ),
    ),
    Row(
        "The disk reports an error late, when a file is flushed or closed",
        "Nothing is reported as saved that is not.",
        (5,),
        (
            f"{_ERRORS}test_what_the_disk_refuses_late_is_never_said_to_be_saved",
            f"{_STRACE}test_refused_by_the_kernel_at_any_system_call",
        ),
    ),
    Row(
        "The output folder cannot be written",
        "Detected before any data are loaded; nothing is created.",
        (5,),
        (f"{_ROOM}test_an_output_that_cannot_be_written_is_found_before_the_data_are",),
    ),
    Row(
        "Any bit of the newest checkpoint is flipped, or the file is truncated",
        "The previous checkpoint is used, with a warning that names file and step; without one, nnlab refuses. "
        "Altered values are never loaded.",
        (0, 4),
        (
            f"{_DAMAGE}test_every_flipped_bit_is_noticed",
            f"{_DAMAGE}test_every_truncation_is_noticed",
            f"{_DAMAGE}test_the_one_before_serves_with_a_warning",
            f"{_DAMAGE}test_without_one_before_it_is_refused",
            f"{_DAMAGE}test_verify_names_what_is_damaged",
        ),
    ),
    Row(
        "`nnlab resume` in the same environment",
        "Parameters, optimizer and metrics (except times) are the same to the byte.",
        (0,),
        (f"{_RESUMING}test_in_the_same_environment_it_ends_in_the_same_bits",),
    ),
    Row(
        "`nnlab resume` with another NumPy, BLAS or kind of processor",
        "Refused, with every difference listed; `--allow-inexact` continues and records it in environment.json.",
        (4,),
        (f"{_RESUMING}test_in_another_environment_it_is_refused_unless_told",),
    ),
    Row(
        "`nnlab resume` with a changed config or other data",
        "Refused, with the keys listed; nothing is written.",
        (4,),
        (f"{_RESUMING}test_with_another_config_or_other_data_it_is_refused",),
    ),
    Row(
        "Two processes on one run",
        "The second is refused immediately, with process and host of the first, which is unaffected. A killed "
        "process leaves no lock.",
        (4,),
        (
            f"{_STOPS}test_a_second_process_is_refused_and_told_by_whom",
            f"{_STOPS}test_of_fifty_processes_one_wins",
        ),
    ),
    Row(
        "A run named `../x` or `/etc`, with 300 characters, a NUL or a newline; a run that is a symbolic link to "
        "another place, or contains one as a folder",
        "Refused; nothing outside of the run is touched.",
        (2, 4),
        (
            f"{_RESUMING}test_an_address_that_is_no_run_touches_nothing",
            f"{_RESUMING}test_a_run_directory_that_is_a_link_elsewhere_is_refused",
            f"{_RESUMING}test_a_folder_that_is_a_link_is_not_followed",
            f"{_RESUMING}test_a_link_in_the_place_of_a_file_is_not_followed",
        ),
    ),
    Row(
        "The loss, a gradient or a parameter is NaN or infinite",
        "The message names step and layer; the last finite checkpoint is kept.",
        (6,),
        (
            "faults/test_divergence.py::test_divergence_names_step_and_layer_and_keeps_the_last_finite_checkpoint",
            "training/test_training.py::test_a_gradient_that_is_not_finite_is_named",
        ),
    ),
    Row(
        "Out of memory",
        "The message says what was to be allocated. In a sweep the cell is marked, and the sweep continues.",
        (5,),
        (
            f"{_ROOM}test_an_out_of_memory_says_what_was_to_be_allocated",
            f"{_SWEEP}test_a_killed_worker_is_replaced_and_its_cell_goes_on",
        ),
    ),
    Row(
        "`nnlab verify`, `eval`, `plot` or `compare` beside a run that saves at every step",
        "Each reads a consistent state. Nothing is called damaged; what changed meanwhile is reported as in use.",
        (0,),
        (
            "faults/test_readers.py::test_a_reader_beside_a_writer_never_finds_damage",
            "runs/test_checkpoints.py::test_a_checkpoint_that_a_save_replaced_is_looked_up_again",
            "runs/test_checkpoints.py::test_a_writer_that_is_always_faster_is_not_damage",
            "integrity/test_settling.py::test_what_differs_from_check_to_check_is_in_use",
            "integrity/test_settling.py::test_damage_that_every_check_finds_is_damage",
        ),
    ),
    Row(
        "The file of the lock is deleted or replaced while a run is in training",
        "A second process is still refused: the directory itself is locked.",
        (4,),
        ("runs/test_locking.py::test_deleting_the_file_of_the_lock_lets_nobody_in",),
    ),
    Row(
        "A link below a run or sweep, as a folder, report, note, figure or cell",
        "Refused; nothing is written outside of the run.",
        (4, 7),
        (
            "faults/test_links.py::test_a_link_below_a_run_is_refused",
            "faults/test_links.py::test_a_link_below_a_sweep_is_refused",
            "faults/test_links.py::test_every_way_of_writing_passes_the_one_rule",
        ),
    ),
    Row(
        "A file or folder left by a killed command",
        "Removed by the next command that writes in its folder, unless another process is writing it.",
        (0,),
        (
            "test_files.py::test_what_a_killed_command_left_is_removed_by_the_next_write",
            "test_files.py::test_what_another_process_is_writing_stays",
        ),
    ),
    Row(
        "A run is extended that is not finished, or whose data, network or batches are to change",
        "Refused, with the command that is meant; nothing is written.",
        (2, 4),
        (
            f"{_EXTENDING}test_a_run_without_steps_left_or_without_an_end_is_refused",
            f"{_EXTENDING}test_other_experiments_are_no_extensions",
        ),
    ),
    Row(
        "The run that another extends, or whose weights it began with, is deleted or trained on",
        "Nothing changes: the run holds a copy. A config that names the weights by digest refuses others.",
        (0, 2),
        (
            f"{_EXTENDING}test_an_extended_run_needs_its_ancestor_no_more",
            f"{_EXTENDING}test_a_run_that_begins_with_weights_is_verified_reproduced_and_trained_again",
            f"{_EXTENDING}test_weights_that_are_not_there_are_refused",
        ),
    ),
    Row(
        "A run that begins with another's weights is killed before its first checkpoint",
        "`nnlab resume` ends in the bits of an undisturbed run.",
        (0,),
        (f"{_EXTENDING}test_a_stopped_run_with_frozen_layers_is_resumed_to_the_same_bits",),
    ),
)
