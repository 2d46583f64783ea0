"""The section "Reproduction": environment, code, data, commands and config."""

import shlex

from nnlab.config import as_yaml
from nnlab.errors import NnlabError
from nnlab.report.content import Block, Code, Facts, Prose, Section, Table, TableCell
from nnlab.report.run.material import RunMaterial
from nnlab.runs import Run
from nnlab.runs.origin import origin_facts, read_origin


def reproduction_section(material: RunMaterial) -> Section:
    """Return the section on environment, code, data, commands and config."""
    run, environment = material.run, material.overview.environment
    blocks: list[Block] = []
    commit = ""
    if environment is None:
        blocks.append(Prose("The training environment is not recorded.", warning=True))
    else:
        commit = environment.commit or ""
        packages = ", ".join(f"{name} {version}" for name, version in environment.versions.items())
        rows = [
            *origin_facts(run, material.config),
            ("versions", packages),
            *_recorded(run),
            ("processor", environment.cpu),
            ("threads", f"{environment.threads:,}" if environment.threads else "not recorded"),
            ("commit", commit or "not recorded"),
            ("seed", str(material.config.seed)),
        ]
        digests = tuple((TableCell(split), TableCell(digest)) for split, digest in environment.data.items())
        columns = ("split", "SHA-256")
        blocks += [Facts(tuple(rows)), Table("digests", "Digests of the data.", columns, digests, left=2)]
    if commit.endswith("+"):
        text = "The code had uncommitted changes, so the commit alone does not give the same bits."
        blocks.append(Prose(text, warning=True))
    blocks += [
        Prose("Train again and compare every bit, train from the config, evaluate, and write this report:"),
        Code(_commands(run, commit)),
        Prose("The complete config, including defaults:"),
        Code(as_yaml(material.config)),
    ]
    return Section("reproduce", "Reproduction", tuple(blocks))


def _recorded(run: Run) -> list[tuple[str, str]]:
    """Return the Python version and platform from environment.json, as far as they are recorded."""
    try:
        environment = run.read_json("environment.json")
    except NnlabError:
        return []
    return [
        (key, str(environment[key])) for key in ("python", "platform") if isinstance(environment.get(key), str)
    ]


def _repeats_from_config(run: Run) -> bool:
    """Return whether training from the config alone gives this run, not one that it extends and changes."""
    try:
        begun = read_origin(run)
    except NnlabError:
        return False
    return begun is None or begun.repeats_from_config


def _commands(run: Run, commit: str) -> str:
    """Return the commands that repeat ``run``, to be entered in the parent of the folder of runs."""
    path = run.path.resolve()
    place = shlex.quote("/".join(path.parts[-4:] if path.parent.name == "cells" else path.parts[-2:]))
    lines = [f"git checkout {shlex.quote(commit)}"] if commit and not commit.endswith("+") else []
    lines += [
        f"nnlab reproduce {place}",
        *([f"nnlab train {place}/config.yaml"] if _repeats_from_config(run) else []),
        f"nnlab eval {place}",
        f"nnlab report {place}",
    ]
    return "\n".join(lines) + "\n"
