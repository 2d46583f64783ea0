"""Where a run was trained, and how to do it again."""

import shlex

from nnlab.config import as_yaml
from nnlab.errors import NnlabError
from nnlab.report.document import Block, Cell, Code, Facts, Prose, Section, Table
from nnlab.report.material import Material
from nnlab.runs import Run


def reproducing(material: Material) -> Section:
    """Return the section on environment, code, data, commands and config."""
    run, environment = material.run, material.overview.environment
    blocks: list[Block] = []
    commit = ""
    if environment is None:
        blocks.append(Prose("Where it was trained is not recorded.", warning=True))
    else:
        commit = environment.commit or ""
        packages = ", ".join(f"{name} {version}" for name, version in environment.versions.items())
        rows = [
            ("versions", packages),
            *_recorded(run),
            ("processor", environment.cpu),
            ("threads", f"{environment.threads:,}"),
            ("commit", commit or "not recorded"),
            ("seed", str(material.config.seed)),
        ]
        digests = tuple((Cell(split), Cell(digest)) for split, digest in environment.data.items())
        columns = ("split", "SHA-256")
        blocks += [Facts(tuple(rows)), Table("digests", "Digests of the data.", columns, digests, left=2)]
    if commit.endswith("+"):
        text = "The code had been changed since its commit, so that the commit alone does not give the same bits."
        blocks.append(Prose(text, warning=True))
    blocks += [
        Prose("Train it again and compare every bit, or from its config; evaluate it; write this report:"),
        Code(_commands(run, commit)),
        Prose("The whole config, defaults included:"),
        Code(as_yaml(material.config)),
    ]
    return Section("reproduce", "How to reproduce it", tuple(blocks))


def _recorded(run: Run) -> list[tuple[str, str]]:
    """Return what else environment.json tells, as far as it is there."""
    try:
        told = run.read_json("environment.json")
    except NnlabError:
        return []
    return [(key, str(told[key])) for key in ("python", "platform") if isinstance(told.get(key), str)]


def _commands(run: Run, commit: str) -> str:
    """Return the commands that repeat ``run``, given from the folder that holds the runs' folder."""
    path = run.path.resolve()
    place = shlex.quote("/".join(path.parts[-4:] if path.parent.name == "cells" else path.parts[-2:]))
    lines = [f"git checkout {shlex.quote(commit)}"] if commit and not commit.endswith("+") else []
    lines += [
        f"nnlab reproduce {place}",
        f"nnlab train {place}/config.yaml",
        f"nnlab eval {place}",
        f"nnlab report {place}",
    ]
    return "\n".join(lines) + "\n"
