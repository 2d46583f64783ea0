"""Rows of the contract about runs: kills, faults of disk and memory, resuming, divergence."""

from faults.row import Row

_KILLS, _STRACE, _POWER = "faults/test_kills.py::", "faults/test_strace.py::", "faults/test_power_loss.py::"
_STOPS, _ERRORS = "faults/test_interruptions.py::", "faults/test_injected_errors.py::"
_ROOM, _DAMAGE, _RESUMING = "faults/test_room.py::", "faults/test_damage.py::", "faults/test_resuming.py::"
_EXTENDING = "training/test_extension.py::"
_REPAIR = "integrity/test_repair.py::"
_ALTERED, _FOREIGN = "faults/test_altered_files.py::", "integrity/test_foreign_files.py::"
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
        "A damaged or deleted metrics.jsonl, config.yaml, summary.json, index of checkpoints, environment.json, "
        "ledger, evaluation or best checkpoint",
        "`nnlab verify RUN --repair` and `nnlab resume RUN --repair` mend it from the other files, keep the "
        "damaged one beside it and say what was lost; the run says that it was repaired. With intact checkpoints, "
        "resuming ends in the bits of an undisturbed run. What is nowhere else is not made up.",
        (0, 4),
        (
            f"{_REPAIR}test_one_flipped_bit_of_the_log_is_flipped_back",
            f"{_REPAIR}test_what_of_the_log_cannot_be_proven_is_lost_and_named",
            f"{_REPAIR}test_a_repaired_run_goes_on_to_the_bits_of_an_undisturbed_one",
            f"{_REPAIR}test_the_best_checkpoint_is_restored_from_a_state_of_the_same_step_only",
            "faults/test_repairs.py::test_a_repair_mends_what_it_can_and_the_run_goes_on",
        ),
    ),
    Row(
        "The process is killed (kill -9) at any system call of a repair",
        "Every damaged file is still there, and the next repair comes to the same end.",
        (),
        ("faults/test_repairs.py::test_killed_at_any_system_call_nothing_is_lost",),
    ),
    Row(
        "A metrics log of gigabytes",
        "Lists of runs read at most 3 MiB of it; what needs all of it holds a bounded number of records.",
        (0, 4),
        (
            "runs/test_large_logs.py::test_an_overview_reads_a_part_of_a_large_log_and_tells_the_same",
            "runs/test_large_logs.py::test_a_scan_holds_a_bounded_number_of_records",
        ),
    ),
    Row(
        "Any field of any file of a run or sweep, checkpoints included, replaced by a hostile value under right "
        "digests",
        "Every command works or refuses the file with a message, within 10 s of processor time.",
        (0, 2, 3, 4, 7),
        ("faults/test_hostile_fields.py::test_no_field_of_any_file_makes_a_bug_or_a_hang",),
    ),
    Row(
        "A file or folder left by a killed command",
        "Removed by the next command that writes in its folder, unless another process is writing it.",
        (0,),
        (
            "test_files.py::test_what_a_killed_command_left_is_removed_by_the_next_write",
            "test_files.py::test_what_another_process_is_writing_stays",
            "faults/test_leftovers.py::test_a_killed_command_leaves_nothing_after_the_next",
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
    Row(
        "A bit of the index of checkpoints, of config.yaml, summary.json, environment.json or the test ledger is "
        "flipped",
        "Each has a check that its reader compares: the file is refused, or the result is the same. "
        "`nnlab verify` names it.",
        (0, 4),
        (
            f"{_ALTERED}test_any_flipped_bit_of_a_file_with_a_check_is_refused_by_its_reader",
            f"{_ALTERED}test_a_flipped_bit_changes_no_result_in_silence",
            "runs/test_changes.py::test_a_flipped_name_in_the_index_does_not_choose_another_checkpoint",
        ),
    ),
    Row(
        "A single field of a file of a run is changed or removed, or a check together with the format",
        "`nnlab verify` names the file.",
        (4,),
        (
            f"{_ALTERED}test_verify_names_the_file_of_any_changed_field",
            f"{_FOREIGN}test_a_check_that_was_removed_with_the_format_is_missed",
        ),
    ),
    Row(
        "A checkpoint, an evaluation or a normalization of another run of the same config; a line taken out of "
        "the test ledger, or the ledger deleted",
        "Not used, and named by `nnlab verify`. Of the last checkpoint the previous one is used, with a warning.",
        (4,),
        (
            f"{_FOREIGN}test_a_best_checkpoint_of_another_run_is_not_evaluated",
            f"{_FOREIGN}test_a_last_checkpoint_of_another_run_of_the_same_config_is_not_evaluated",
            f"{_FOREIGN}test_an_evaluation_of_another_run_is_not_shown",
            f"{_FOREIGN}test_a_normalization_of_another_run_is_not_used",
            f"{_FOREIGN}test_a_line_taken_out_of_the_ledger_is_noticed",
            f"{_FOREIGN}test_a_ledger_that_was_deleted_or_is_of_another_run_is_noticed",
            f"{_FOREIGN}test_a_ledger_of_training_that_was_deleted_or_is_older_is_noticed",
            "runs/test_changes.py::test_a_best_checkpoint_of_another_step_is_not_continued_from",
        ),
    ),
    Row(
        "config.yaml of a run is edited, before its first checkpoint or after the last",
        "What needs the weights is refused, with each option, its value and the one before. Edits without effect "
        "on results (paths, threads, logging, comments) are accepted; `nnlab verify` names them.",
        (0, 4),
        (
            "runs/test_changes.py::test_an_edit_before_the_first_checkpoint_is_refused",
            "runs/test_changes.py::test_weights_are_not_used_with_an_edited_config",
            "runs/test_changes.py::test_edits_without_effect_are_named_and_change_nothing",
            "runs/test_changes.py::test_a_config_that_a_killed_process_left_as_it_was_laid_out_is_resolved",
        ),
    ),
    Row(
        "The folders of two cells of a sweep are exchanged, or the config of a pending cell is edited",
        "The sweep does not go on and names the cells; so does `nnlab verify`.",
        (4,),
        (
            "sweep/test_other_configs.py::test_exchanged_folders_are_noticed",
            "sweep/test_other_configs.py::test_an_edited_config_of_a_pending_cell_is_noticed_and_can_be_written_again",
        ),
    ),
    Row(
        "The bytes of a data file change, but not its size, time and inode",
        "`nnlab verify --deep` reads every byte and finds it.",
        (4,),
        (f"{_FOREIGN}test_data_changed_with_the_same_size_time_and_inode_are_found_by_reading_all_of_them",),
    ),
)
