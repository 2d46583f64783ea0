"""Rows of the contract about the content of configs and data files, texts, and sweeps."""

from faults.row import Row

_CONFIGS, _DATA, _TEXTS = "faults/test_configs.py::", "faults/test_data.py::", "faults/test_texts.py::"
_DOWNLOAD, _SWEEP = "data/test_download.py::", "sweep/test_running.py::"

OF_FILES = (
    Row(
        "`learning_rate: 1e-3`, `1E3`, `1.0e3`; `abc`",
        "The first three are numbers; the last is refused, with file:line:column and key.",
        (0, 2),
        (
            f"{_CONFIGS}test_numbers_are_what_they_look_like",
            f"{_CONFIGS}test_what_is_of_another_type_is_never_coerced",
        ),
    ),
    Row(
        "`NO`, `010`, `1:30` or a date where another type is expected",
        "Never converted silently.",
        (2,),
        (f"{_CONFIGS}test_what_is_of_another_type_is_never_coerced",),
    ),
    Row(
        "An unknown or duplicate key",
        "Refused, with its line (or both lines) and the most likely name.",
        (2,),
        (
            f"{_CONFIGS}test_an_unknown_key_has_its_line_and_likeliest_name",
            f"{_CONFIGS}test_a_duplicate_key_has_both_lines",
        ),
    ),
    Row(
        "A config with an alias bomb, a recursive alias, 2,000 levels or 100 MB",
        "Refused in less than a second and 64 MiB.",
        (2,),
        (f"{_CONFIGS}test_a_bomb_is_refused_in_little_time_and_memory",),
    ),
    Row(
        "A config with `!!python/...` tags or dotted paths of classes",
        "Refused; nothing is imported or executed.",
        (2,),
        (
            f"{_CONFIGS}test_a_bomb_is_refused_in_little_time_and_memory",
            f"{_CONFIGS}test_a_dotted_path_is_a_name_that_is_not_known",
        ),
    ),
    Row(
        "An idx file with huge dimensions, a wrong magic number, too few or too many bytes, labels out of range, "
        "or different numbers of images and labels",
        "Refused before memory is allocated, also under `python -O`.",
        (3,),
        (
            f"{_DATA}test_idx_files",
            f"{_DATA}test_without_assertions_too",
            "data/test_idx.py::test_no_memory_is_taken_for_what_a_file_only_claims",
        ),
    ),
    Row(
        "A CIFAR-10 file whose size is not a multiple of 3,073, or with a label above 9",
        "Refused; the message names the record.",
        (3,),
        (f"{_DATA}test_cifar_files",),
    ),
    Row(
        "A damaged or incomplete EMNIST archive, or a bomb; labels out of range in EMNIST, QMNIST or CIFAR-100",
        "Refused; nothing is extracted, and no more is unpacked than the headers declare.",
        (3,),
        (
            "data/test_published_sets.py::test_archives_that_are_not_emnist",
            "data/test_published_sets.py::test_letters_are_numbered_from_1_and_transposed",
            "data/test_published_sets.py::test_a_digit_of_qmnist_out_of_range",
            "data/test_published_sets.py::test_both_labels_of_cifar100",
        ),
    ),
    Row(
        "Arrays of unknown names; one-hot or float labels that are no class numbers; values too large for float32",
        "Refused; the message lists what the file holds or names the example.",
        (3,),
        (
            "data/test_own_arrays.py::test_what_a_file_holds_is_listed_where_the_names_are_unknown",
            "data/test_own_arrays.py::test_labels_that_are_no_class_numbers_name_the_cure",
            "data/test_own_arrays.py::test_a_value_too_large_for_float32_is_refused",
        ),
    ),
    Row(
        "A gzip or tar bomb; an archive with links, devices or paths outside its folder",
        "Refused; no more is unpacked than the data set can hold, and nothing is extracted.",
        (3,),
        (
            f"{_DATA}test_archives",
            f"{_DATA}test_idx_files",
            f"{_DATA}test_an_archive_of_arrays_that_unpacks_to_too_much_is_refused",
        ),
    ),
    Row(
        "Pickles: `cifar-10-batches-py`, `.pkl`, `.pt`, arrays of objects",
        "Refused as an unsafe format, and the message names a safe one; never loaded.",
        (3,),
        (
            f"{_DATA}test_pickles_of_cifar10_are_refused_and_the_safe_ones_named",
            f"{_DATA}test_arrays_of_objects_are_refused",
            f"{_DATA}test_a_pickle_in_the_place_of_data_is_refused",
        ),
    ),
    Row(
        "A download that is truncated, slow, has a wrong checksum, or is an error page",
        "The next mirror is tried. A file gets its final name only once verified; https never becomes http.",
        (3,),
        (
            f"{_DOWNLOAD}test_a_bad_mirror_is_followed_by_the_next",
            f"{_DOWNLOAD}test_all_that_was_tried_is_listed",
            f"{_DOWNLOAD}test_a_server_that_dribbles_does_not_hold_the_user",
            f"{_DOWNLOAD}test_what_is_in_place_is_untouched_when_no_mirror_helps",
            f"{_DOWNLOAD}test_https_is_never_left_for_http",
        ),
    ),
    Row(
        "`<script>`, `[/red]` and ANSI escapes in names and labels",
        "Printed literally on the terminal, with control characters replaced; escaped in HTML, Markdown and TeX.",
        (0,),
        (
            "report/formats/test_html.py::test_names_are_only_text",
            "report/formats/test_browser.py::test_names_of_classes_are_shown_as_they_are",
            "report/formats/test_markdown.py::test_hostile_names_are_shown_literally",
            "report/formats/test_latex.py::test_hostile_names_are_set_literally",
            f"{_TEXTS}test_names_are_literal_on_the_terminal",
            f"{_TEXTS}test_labels_are_literal_on_the_terminal",
            "cli/test_commands.py::test_markup_and_escapes_in_names_are_literal",
        ),
    ),
    Row(
        "`LC_ALL=C`, Unicode in paths, a clock set back",
        "The same results; files are in UTF-8; durations come from a monotonic clock.",
        (0,),
        (
            f"{_TEXTS}test_the_locale_and_unicode_in_paths_change_nothing",
            f"{_TEXTS}test_a_clock_set_back_makes_no_negative_durations",
        ),
    ),
    Row(
        "One broken run among a thousand",
        "Listed as broken, with a warning; the others are listed as usual.",
        (0,),
        (f"{_TEXTS}test_one_broken_run_among_many_hides_none",),
    ),
    Row(
        "A worker of a sweep is killed, hangs or runs out of memory",
        "The others finish; the cell is retried from its checkpoint a few times, and no cell is trained twice.",
        (0, 7),
        (
            f"{_SWEEP}test_a_killed_worker_is_replaced_and_its_cell_goes_on",
            f"{_SWEEP}test_a_hanging_cell_is_stopped_at_its_time_and_the_others_finish",
            f"{_SWEEP}test_a_lost_cell_is_tried_three_times_after_the_others",
            f"{_SWEEP}test_a_failing_cell_does_not_stop_the_others",
        ),
    ),
    Row(
        "The parent of a sweep is killed",
        "Its processes end within 10 s; when run again, the sweep trains only what is missing.",
        (),
        (f"{_SWEEP}test_a_killed_parent_leaves_no_process_and_the_rest_is_done_later",),
    ),
    Row(
        "A folder of images with a decompression bomb, truncated files, texts named .png, links out of it, "
        "pipes, or names with control characters",
        "Refused, with the first files and their number, or left out with a warning if `skip_damaged: true`; "
        "links are not followed, and no more pixels are decoded than a file of its size can hold.",
        (0, 3),
        (
            f"{_DATA}test_folders_of_images",
            "data/test_image_folder.py::test_what_is_no_image_is_refused_or_left_out",
            "data/test_image_folder.py::test_links_and_pipes_are_not_opened",
            "data/test_image_folder.py::test_control_characters_in_names_are_not_printed",
            "data/test_image_folder.py::test_the_cache_follows_the_files_and_repairs_itself",
        ),
    ),
    Row(
        "A CSV file with 10^9 columns, a quote that is never closed, a gzip bomb, missing or infinite values, "
        "lines of different lengths, another encoding, or control characters in labels",
        "Refused with line and column, in bounded memory.",
        (3,),
        (
            f"{_DATA}test_csv_files",
            "data/test_csv_file.py::test_mistakes_are_refused_with_their_place",
            "data/test_csv_file.py::test_an_endless_record_is_refused_in_bounded_memory",
            "data/test_csv_file.py::test_a_bomb_of_good_rows_is_refused",
        ),
    ),
    Row(
        "A pipe or a device as data; a file of a run with gigabytes of zeros",
        "Refused without waiting; other runs are listed as usual.",
        (0, 5),
        (
            "faults/test_special_files.py::test_data_that_are_no_plain_file_are_refused",
            "faults/test_special_files.py::test_gigabytes_in_one_run_hide_no_other",
        ),
    ),
    Row(
        "A config with a megabyte of duplicate keys, or with tens of thousands of layers",
        "The message has a bounded length. 10,000 layers take seconds; more are refused.",
        (0, 2),
        (
            f"{_CONFIGS}test_a_megabyte_of_duplicate_keys_has_a_short_message",
            f"{_CONFIGS}test_the_largest_network_is_summarized_in_seconds_and_a_larger_one_refused",
        ),
    ),
    Row(
        "A report in Markdown or TeX with scripts, links to `javascript:` or `data:`, or TeX commands in names, "
        "classes and notes; notes of a megabyte of `[`",
        "Rendered with HTML on and opened in a browser, nothing in Markdown acts. Compiled with `-shell-escape`, "
        "nothing in TeX runs. Long notes are shown without formatting, within seconds.",
        (0,),
        (
            "faults/test_reports.py::test_nothing_in_markdown_acts_in_a_browser",
            "faults/test_reports.py::test_nothing_in_tex_runs_a_command",
            "report/test_notes_in_reports.py::test_a_megabyte_of_markup_takes_seconds_and_is_shown",
        ),
    ),
    Row(
        "A report of a run that cannot be written, with `-o` elsewhere",
        "Written, with a warning that no questions were added to the notes.",
        (0,),
        ("report/test_notes_in_reports.py::test_notes_that_cannot_be_written_stop_no_report_elsewhere",),
    ),
    Row(
        "`nnlab eval` is killed at any system call; a cell of a sweep was evaluated before it was finished",
        "The old or the new evaluation is whole. The sweep evaluates such a cell again.",
        (),
        (
            "faults/test_evaluations.py::test_an_evaluation_killed_at_any_system_call_is_whole",
            "sweep/test_job.py::test_a_cell_evaluated_before_it_went_on_is_tested_again",
        ),
    ),
    Row(
        "`nnlab predict` is given damaged images, files that are none, or hostile file names",
        "Each is named, safely; the others are predicted. A submission, which needs all, is not written.",
        (3,),
        (
            "cli/test_predict.py::test_damaged_pictures_are_named_and_the_others_predicted",
            "data/test_unlabelled.py::test_a_folder_is_searched_in_order_and_damaged_files_are_named",
            "data/test_unlabelled.py::test_files_that_cannot_be_used_are_named",
        ),
    ),
)
