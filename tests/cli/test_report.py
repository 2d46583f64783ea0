"""``nnlab report`` as a user meets it: what is written where, and what a mistake costs."""

from pathlib import Path

import pytest
from support.experiments import SMALL, write_config

from nnlab.config import load_config
from nnlab.report import addresses
from nnlab.report.content import Comment, Document, Section
from nnlab.runs.ledger import read_ledger
from nnlab.training import train

pytestmark = pytest.mark.slow

QUICK = SMALL.replace("steps: 12", "steps: 2").replace("evaluate_every: 3", "evaluate_every: 2")


@pytest.fixture
def trained(tmp_path, nnlab_):
    """Train the small network, with some overrides; returns the run."""

    def train_with(*overrides, text=QUICK):
        return train(load_config(write_config(tmp_path, text), overrides), runs_dir="runs")

    return train_with


@pytest.fixture
def brief(monkeypatch):
    """Let a run's report be short, so that it is quickly written."""
    section = Section("network", "Network", (Comment("why", "Why this network?"),))
    monkeypatch.setattr(addresses, "run_report", lambda run: Document("small", run.name, (section,)))


def test_a_run_has_a_page_that_stays_the_same(nnlab_, trained):
    run = trained()
    answers = f"write your answers in {run.path}/notes.md\n"
    code, out, err = nnlab_("report", "latest")
    assert (code, out) == (0, f"{run.path}/report.html\n")
    assert err.endswith(answers)
    assert len(read_ledger(run.path).entries) == 1
    page = (run.path / "report.html").read_bytes()
    assert nnlab_("report", "latest", "--open")[2] == answers
    assert (run.path / "report.html").read_bytes() == page


def test_comments_are_kept(nnlab_, trained, brief):
    run = trained()
    nnlab_("report", "latest")
    notes = run.path / "notes.md"
    notes.write_text(f"{notes.read_text(encoding='utf-8')}\nIt is tiny.\n", encoding="utf-8")
    nnlab_("report", "latest")
    assert "It is tiny." in (run.path / "report.html").read_text(encoding="utf-8")
    assert "It is tiny." in notes.read_text(encoding="utf-8")


def test_formats_and_places(nnlab_, trained, brief):
    run = trained()
    assert nnlab_("report", "latest", "--format", "md")[:2] == (0, f"{run.path}/report-md/report.md\n")
    assert nnlab_("report", "latest", "--format", "tex", "-o", "paper")[:2] == (0, "paper/report.tex\n")
    assert nnlab_("report", "latest", "-o", "my.html")[:2] == (0, "my.html\n")
    assert nnlab_("report", "latest", "-o", "paper")[:2] == (0, "paper/report.html\n")
    assert Path("paper/report.html").read_bytes() == Path("my.html").read_bytes()


def test_several_runs_are_compared_and_a_folder_gets_an_index(nnlab_, trained):
    first, second = trained(), trained("seed=1")
    code, out, err = nnlab_("report", first.name, second.name, "nothing")
    assert code == 0
    assert Path(out.strip()).match("runs/comparison-*.html")
    assert err.startswith("warning: 'nothing' ")
    assert nnlab_("report", "runs/") == (0, "runs/index.html\n", "")
    assert nnlab_("report", "runs", "-o", "all.html") == (0, "all.html\n", "")
    assert first.name in Path("all.html").read_text(encoding="utf-8")


def test_a_sweep_is_compared_in_its_own_folder(nnlab_, tmp_path):
    config = write_config(tmp_path, QUICK)
    nnlab_("sweep", config, "--seeds", "1", "optimizer.learning_rate=0.1,0.2", "-q")
    (sweep,) = Path("runs").glob("sweep-*")
    assert nnlab_("report", sweep.name)[:2] == (0, f"{sweep}/report.html\n")
    assert (sweep / "notes.md").is_file()


@pytest.mark.usefixtures("brief")
@pytest.mark.parametrize(
    ("arguments", "exit_code", "message"),
    [
        (("nothing",), 4, "'nothing'"),
        (("runs", "--format", "md"), 2, "their index is an HTML page: leave --format out"),
        (("latest", "--format", "pdf"), 2, "'pdf'"),
        (("latest", "-o", "small.yaml/x.html"), 2, "small.yaml "),
        (("latest", "-o", "x/y/z.html"), 2, "x/y "),
    ],
)
def test_mistakes_cost_a_line(nnlab_, trained, arguments, exit_code, message):
    trained()
    code, out, err = nnlab_("report", *arguments)
    assert (code, out) == (exit_code, "")
    assert message in err


def test_a_run_whose_name_is_markup_is_harmless(nnlab_, trained):
    run = trained("name=<script>alert(1)</script>")
    run.path.rename("runs/<b>markup$")
    assert nnlab_("report", "runs/<b>markup$")[0] == 0
    page = Path("runs/<b>markup$/report.html").read_text(encoding="utf-8")
    assert "<script>alert(1)" not in page
    assert "<b>markup" not in page
    assert "&lt;script&gt;alert(1)" in page
