"""Locales, encodings, closed pipes, limits of the process, no home directory, and Ctrl-C during start-up."""

import itertools
import json
import os
import re
import resource
import signal
import subprocess
import sys
import time
from pathlib import Path

import numpy as np
import pytest

from faults import tiny
from faults.scale import count, counting, sample

NNLAB = [sys.executable, "-m", "nnlab"]
PATIENCE = 120
NAME = "rün 漢 ☃"

LOCALES = {
    "C": None,
    "POSIX": None,
    "C.UTF-8": None,
    "de_DE": "ISO-8859-1",
    "tr_TR": "ISO-8859-9",
    "ru_RU": "KOI8-R",
    "ja_JP": "EUC-JP",
    "en_US": "UTF-8",
}
ENCODINGS = ("latin-1:strict", "ascii", "utf-8", "cp1252")
COMMANDS = (
    ("eval", "{run}", "--split", "validation"),
    ("report", "{run}"),
    ("plot", "curves", "{run}"),
    ("eval", "{run}", "--split", "validation", "--json"),
    ("resume", "{run}", "-q"),
    ("verify", "{run}"),
    ("runs", "--runs-dir", "{runs}"),
    ("runs", "--json", "--runs-dir", "{runs}"),
    ("runs", "show", "{run}"),
    ("compare", "{run}", "{run}2", "--json"),
    ("summary", "{config}"),
    ("train", "{config}", "data.root={runs}", "-q", "--runs-dir", "{folder}/others"),
)
"""Those that write come first, so that all others find the same files."""


def environment(**variables):
    kept = {
        name: value
        for name, value in os.environ.items()
        if not name.startswith(("PYTHON", "LC_", "LANG", "XDG")) and name not in variables
    }
    path = os.pathsep.join(each for each in sys.path if each)
    return {**kept, "PYTHONPATH": path, **{name: value for name, value in variables.items() if value is not None}}


def nnlab(*arguments, folder, limit=None, **variables):
    return subprocess.run(
        [*NNLAB, *map(str, arguments)],
        cwd=folder,
        env=environment(**variables),
        preexec_fn=limit and (lambda: resource.setrlimit(*limit)),
        capture_output=True,
        timeout=PATIENCE,
        check=False,
    )


def is_plain(ended):
    return b"Traceback" not in ended.stderr and b"a bug in nnlab" not in ended.stderr


def numbers(content):
    """Return the numbers in an output, without those of escaped characters and of new names."""
    content = re.sub(rb"\\(u[0-9a-f]{4}|x[0-9a-f]{2})", b"", content)
    return re.findall(rb"[0-9][0-9.,]*", re.sub(rb"[0-9]{8}-[0-9]{6}-[a-z-]*[0-9a-f]{4}", b"", content))


def compiled(folder):
    """Return the locales of this machine, those that it lacks compiled into ``folder`` where that is possible."""
    found = []
    for name, charmap in LOCALES.items():
        if charmap:
            made = subprocess.run(
                ["localedef", "-i", name, "-f", charmap, folder / name], capture_output=True, check=False
            )
            if made.returncode or not (folder / name).is_dir():
                continue
        found.append(name)
    return found


def laid_out(folder):
    """Train two runs whose folder and names hold other characters; return the words of the commands."""
    config = folder / f"{NAME}.yaml"
    config.write_text(tiny.CONFIG.replace("name: tiny", f"name: {NAME}"), encoding="utf-8")
    runs = folder / NAME
    for number in (1, 2):
        made = nnlab("train", config, f"seed={number}", "-q", "--runs-dir", runs, folder=folder, PYTHONUTF8="1")
        assert made.returncode == 0, made.stderr
    for path, name in zip(sorted(runs.iterdir()), (NAME, f"{NAME}2"), strict=True):
        path.rename(runs / name)
    return {"folder": folder, "config": config, "runs": runs, "run": runs / NAME}


def test_no_locale_and_no_encoding_changes_a_result(folder):
    words = laid_out(folder)
    locales = compiled(folder)
    assert {"C", "POSIX"} <= set(locales)
    rng = np.random.default_rng(38)
    chosen = sample(list(itertools.product(locales, ENCODINGS, COMMANDS)), 4, rng)
    expected = {}
    for command in COMMANDS:
        arguments = [word.format(**words) for word in command]
        expected[command] = nnlab(*arguments, folder=folder, PYTHONUTF8="1", COLUMNS="200")
        assert expected[command].returncode == 0, expected[command].stderr
    with counting("commands in other locales and encodings") as figure:
        for locale, encoding, command in chosen:
            arguments = [word.format(**words) for word in command]
            ended = nnlab(
                *arguments,
                folder=folder,
                PYTHONUTF8="0",
                PYTHONIOENCODING=encoding,
                LC_ALL=locale,
                LOCPATH=str(folder) if LOCALES[locale] else None,
                COLUMNS="200",
            )
            found = [] if ended.returncode == 0 and is_plain(ended) else [f"{ended.returncode}: {ended.stderr}"]
            if numbers(ended.stdout) != numbers(expected[command].stdout):
                found.append(f"printed {ended.stdout} instead of {expected[command].stdout}")
            if "--json" in command and not found:
                text = ended.stdout.decode(encoding.partition(":")[0])
                if json.loads(text) != json.loads(expected[command].stdout):
                    found.append("the JSON differs")
            figure.add(found, locale, encoding, command)


def test_a_name_that_is_not_utf8_is_found_and_printed_as_it_is(folder):
    tiny.lay_out(folder)
    path = os.fsencode(folder) + b"/r\xfcn"
    Path(folder / "run").rename(os.fsdecode(path))
    resumed = subprocess.run([*NNLAB, "resume", path, "-q"], env=environment(), capture_output=True, check=False)
    assert (resumed.returncode, resumed.stderr) == (0, b"")
    assert resumed.stdout == path + b"\n"
    evaluated = subprocess.run([*NNLAB, "eval", path], env=environment(), capture_output=True, check=False)
    assert evaluated.returncode == 0, evaluated.stderr


def test_a_closed_pipe_does_not_stop_a_training_run(folder):
    source = folder / "c.yaml"
    source.write_text(tiny.CONFIG)
    command = [*NNLAB, "train", str(source), "training.steps=500"]
    process = subprocess.Popen(
        command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT
    )
    assert process.stdout.readline().startswith(b"network ")
    process.stdout.close()
    assert process.wait(PATIENCE) == 0
    (path,) = (folder / "runs").iterdir()
    summary = json.loads((path / "summary.json").read_text())
    assert (summary["status"], summary["steps"]) == ("completed", 500)


@pytest.mark.parametrize("command", [("layers",), ("schema",), ("--help",)])
def test_a_closed_pipe_is_not_an_error(folder, command):
    reading, writing = os.pipe()
    os.close(reading)
    ended = subprocess.run(
        [*NNLAB, *command], cwd=folder, env=environment(), stdout=writing, stderr=subprocess.PIPE, check=False
    )
    os.close(writing)
    assert (ended.returncode, ended.stderr) == (0, b"")


@pytest.mark.parametrize("files", [12, 18])
def test_too_few_files_for_a_sweep(folder, files):
    source = folder / "c.yaml"
    source.write_text(tiny.CONFIG)
    limit = (resource.RLIMIT_NOFILE, (files, files))
    ended = nnlab("sweep", source, "seed=0..3", "--workers", 2, "-q", folder=folder, limit=limit)
    assert (ended.returncode, is_plain(ended)) == (5, True), ended.stderr
    assert re.search(rb"Too many open files.*%d, ulimit -n" % files, ended.stderr)
    assert nnlab("sweep", source, "seed=0..1", "--workers", 2, "-q", folder=folder).returncode == 0


@pytest.mark.parametrize("kibibytes", [100_000, 200_000, 250_000])
def test_too_little_address_space(folder, kibibytes):
    source = folder / "c.yaml"
    source.write_text(tiny.CONFIG)
    limit = (resource.RLIMIT_AS, (kibibytes * 1024, kibibytes * 1024))
    ended = nnlab("train", source, "-q", folder=folder, limit=limit)
    assert (ended.returncode, is_plain(ended)) == (5, True), ended.stderr
    assert f"{kibibytes:,} KiB of address space (ulimit -v)" in ended.stderr.decode()
    assert not (folder / "runs").exists()


def test_no_home_directory_and_unknown_users(folder):
    source = folder / "c.yaml"
    source.write_text(tiny.CONFIG)
    assert nnlab("train", source, "-q", folder=folder, HOME=None).returncode == 0
    based = folder / "based.yaml"
    based.write_text("extends: ~nobody-here/c.yaml\n")
    cases = (
        ((source, "data.root=~nobody-here"), {}, 3),
        (("mnist",), {"NNLAB_DATA": "~nobody-here"}, 3),
        ((based,), {}, 2),
        (("~nobody-here/c.yaml",), {}, 2),
    )
    for arguments, variables, code in cases:
        ended = nnlab("train", *arguments, folder=folder, **variables)
        assert (ended.returncode, is_plain(ended)) == (code, True), ended.stderr
        assert b"~nobody-here" in ended.stderr


def test_ctrl_c_during_start_up_leaves_no_traceback(folder):
    source = folder / "c.yaml"
    source.write_text(tiny.CONFIG)
    command = [sys.executable, "-X", "importtime", "-m", "nnlab", "train", str(source), "training.steps=1000000"]
    rng = np.random.default_rng(39)
    with counting("interrupts during start-up") as figure:
        for number in range(count(8, 200)):
            process = subprocess.Popen(
                command, cwd=folder, env=environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE
            )
            head = b""
            for line in process.stderr:
                head += line
                if b"nnlab.cli.startup" in line:
                    break
            pause = rng.uniform(0, 1.5)
            time.sleep(pause)
            process.send_signal(signal.SIGINT)
            _, rest = process.communicate(timeout=PATIENCE)
            lines = [line for line in (head + rest).decode().splitlines() if not line.startswith("import time:")]
            found = [] if process.returncode in {130, -signal.SIGINT} else [f"exit code {process.returncode}"]
            found += [line for line in lines if "Traceback" in line or "a bug" in line or "error" in line]
            figure.add(found, number, f"after {pause:.2f} s", lines[-3:] if found else "")
