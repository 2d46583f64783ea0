"""The command line as a user meets it: what is printed where, and with which exit code."""

import json
import os
import re
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator
from support import planting
from support.experiments import SMALL, write_config

import nnlab.cli
from nnlab.config.nodes import compose, plain
from nnlab.errors import RunError

ROOT = Path(__file__).parents[2]


@pytest.fixture
def trained(nnlab_, tmp_path):
    code, out, err = nnlab_("train", write_config(tmp_path), "-q")
    assert (code, err) == (0, "")
    return Path(out.strip())


def test_train_prints_one_line_on_stdout_and_progress_on_stderr(nnlab_, tmp_path):
    code, out, err = nnlab_("train", write_config(tmp_path), "training.steps=6", "--runs-dir", "here")
    assert code == 0
    assert re.fullmatch(r"here/\d{8}-\d{6}-small-[0-9a-f]{4}\n", out)
    lines = err.splitlines()
    assert lines[:4] == [
        "network   204 parameters",
        "examples  30 training, 10 validation, 20 test (random)",
        "training  6 steps, batches of 8",
        f"run       {out.strip()}",
    ]
    assert len(lines) == 6
    assert re.match(
        r"step 3/6  loss \d\.\d{4}  accuracy \d+\.\d\d %  \(mean of last 3 steps\)  .* left  "
        r"\| validation loss \d\.\d{4}  accuracy \d+\.\d\d %",
        lines[4],
    )


def test_without_validation_a_few_lines_tell_the_progress(nnlab_, tmp_path):
    text = (
        SMALL.replace(", validation: 10", "").replace(", evaluate_every: 3", "").replace("steps: 12", "steps: 100")
    )
    code, _, err = nnlab_("train", write_config(tmp_path, text))
    assert code == 0
    assert len(err.splitlines()) == 4 + 20


def test_eval_prints_a_table_or_json(nnlab_, trained):
    code, out, _ = nnlab_("eval", "latest")
    assert code == 0
    assert f"{trained.name}: test split, best checkpoint" in out
    assert re.search(r"^accuracy  \d+\.\d\d %  \(20 examples, 95 % interval", out, re.MULTILINE)
    assert re.search(r"^class +precision +recall +F1 +support$", out, re.MULTILINE)
    code, out, _ = nnlab_("eval", trained, "--json", "--split", "validation", "--checkpoint", "last")
    told = json.loads(out)
    assert code == 0
    assert {"accuracy", "loss", "per_class"} <= told.keys()
    assert (told["split"], told["checkpoint"], told["count"]) == ("validation", "last", 10)


def test_summary_counts_a_config_and_a_run(nnlab_, trained):
    for target in ("small.yaml", "latest"):
        code, out, _ = nnlab_("summary", target, "--json")
        told = json.loads(out)
        assert code == 0
        assert told["total_parameters"] == sum(layer["parameters"] for layer in told["layers"])
    code, out, _ = nnlab_("summary", "small.yaml", "network.0.filters=3")
    assert code == 0
    assert re.search(r"^0  conv2d +6x6x3 +27 +3 +30 +972$", out, re.MULTILINE)
    assert "memory in float32" in out


def test_summary_tells_how_convolutions_are_computed(nnlab_, trained):
    code, out, _ = nnlab_("summary", "small.yaml", "--kernels")
    assert code == 0
    assert re.search(r"^0 +6x6x1 +\S+ +patches +patches, weight only +none$", out, re.MULTILINE)
    code, out, _ = nnlab_("summary", trained, "--kernels", "--json")
    assert (code, json.loads(out)[0]["place"]) == (0, "0")
    code, out, _ = nnlab_("summary", "small.yaml", "network=[{type: dense, units: 3}]", "--kernels")
    assert (code, "no convolutions" in out) == (0, True)


def test_gradcheck_of_everything_registered(nnlab_):
    code, out, err = nnlab_("gradcheck", "--samples", "3")
    assert code == 0
    assert re.fullmatch(r"all \d+ gradients are right\n", err)
    assert re.match(r"layer +gradient +error +checked +kinks\n", out)
    assert max(map(len, out.splitlines())) <= 80
    assert all(line.endswith(" ok") for line in out.splitlines()[2:])


def test_gradcheck_of_a_config_names_what_is_wrong(nnlab_, tmp_path, monkeypatch):
    from nnlab.nn.layers import Conv2d

    path = write_config(tmp_path)
    code, out, _ = nnlab_("gradcheck", path, "--json", "--samples", "2")
    assert code == 0
    assert all(check["ok"] for check in json.loads(out))
    exact = Conv2d.backward

    def wrong(self, grad_y, cache):
        grad_x, grads = exact(self, grad_y, cache)
        return grad_x, {**grads, "weight": 1.01 * grads["weight"]}

    monkeypatch.setattr(Conv2d, "backward", wrong)
    code, out, err = nnlab_("gradcheck", path)
    assert code == 1
    assert re.search(r"^network\[0\] \(conv2d\) +weight .* WRONG$", out, re.MULTILINE)
    entry = r"^network\[0\] \(conv2d\), weight:\n  largest error at \([\d, ]+\): backward \S+, numeric \S+$"
    assert re.search(entry, out, re.MULTILINE)
    assert re.match(r"\d+ of \d+ ", err)


def test_gradcheck_with_nothing_but_kinks_is_not_wrong(nnlab_, tmp_path):
    inputs = "inputs: [[0, 0], [0, 0]], labels: [0, 1]"
    text = f"""\
data: {{type: inline, {inputs}, normalize: none}}
network: [relu, {{type: dense, units: 2}}]
optimizer: {{type: sgd, learning_rate: 0.1}}
training: {{steps: 1, batch_size: 1}}
"""
    code, out, err = nnlab_("gradcheck", write_config(tmp_path, text))
    assert code == 0
    (line,) = [line for line in out.splitlines() if line.startswith("network[0] (relu)")]
    assert not line.endswith(("ok", "WRONG"))
    assert err.startswith("1 of 5 ")


def test_gradcheck_names_the_line_of_a_backward_that_raises(nnlab_, tmp_path, monkeypatch):
    from nnlab.nn.layers import BatchNorm

    monkeypatch.setattr(BatchNorm, "backward", lambda self, grad_y, cache: grad_y / self.missing)
    code, out, err = nnlab_("gradcheck", write_config(tmp_path), "--samples", "2")
    assert code == 1
    assert re.search(
        r"^network\[1\] \(batchnorm\), backward:\n  \S*test_commands.py:\d+: AttributeError: ", out, re.MULTILINE
    )
    assert len(re.findall(r" ok$", out, re.MULTILINE)) > 10
    assert re.match(r"1 of \d+ gradients are wrong", err)


def test_gradcheck_that_takes_long_says_what_it_does(nnlab_, tmp_path, monkeypatch):
    from nnlab.cli import gradcheck

    seconds = iter(range(10**6))
    monkeypatch.setattr(gradcheck.time, "monotonic", lambda: next(seconds))
    _, _, err = nnlab_("gradcheck", "dense", "--samples", "10")
    lines = [line for line in err.splitlines() if line.startswith("checking dense")]
    assert len(lines) >= 2
    assert lines[0].endswith(", weight ...")


@pytest.mark.parametrize(
    ("name", "gradients"), [("conv2d", {"weight", "bias", "x"}), ("cross_entropy", {"scores"})]
)
def test_gradcheck_of_one_layer_or_loss(nnlab_, name, gradients):
    code, out, _ = nnlab_("gradcheck", name, "--samples", "2", "--json")
    checks = json.loads(out)
    assert (code, {check["parameter"] for check in checks}) == (0, gradients)
    assert all(check["layer"].startswith(name) for check in checks)


def test_gradcheck_of_a_name_that_is_unknown(nnlab_):
    code, out, err = nnlab_("gradcheck", "conv3d")
    assert (code, out) == (2, "")
    assert "'conv3d' is neither a config nor a layer or loss (did you mean conv2d?)" in err


def test_resume_of_a_finished_run_says_so(nnlab_, trained):
    code, out, err = nnlab_("resume", "latest")
    assert code == 0
    assert out.strip() == str(trained)
    assert trained.name in err


def test_init_writes_a_config_that_trains(nnlab_):
    code, out, _ = nnlab_("init", "mine.yaml")
    assert (code, out) == (0, "mine.yaml\n")
    code, out, _ = nnlab_("summary", "mine.yaml", "--json")
    assert json.loads(out)["name"] == "mine"
    code, _, err = nnlab_("init", "mine.yaml")
    assert (code, "mine.yaml" in err) == (2, True)
    code, _, err = nnlab_("init", "no/such/mine.yaml")
    assert (code, "no/such" in err) == (2, True)


def test_layers_and_schema_say_what_a_config_may_say(nnlab_):
    code, out, _ = nnlab_("layers")
    assert code == 0
    assert "  conv2d " in out
    assert "  softmax_cross_entropy " in out
    code, out, _ = nnlab_("layers", "dense")
    assert code == 0
    assert re.search(r"^ +units: .* > 0, required", out, re.MULTILINE)
    code, out, _ = nnlab_("layers", "dense", "--json")
    assert json.loads(out)["layer"]["dense"]["options"][0]["name"] == "units"
    code, out, _ = nnlab_("layers", "training")
    assert "drop_last: true or false = true" in out
    assert "early_stopping: early_stopping or null = null" in out
    code, _, err = nnlab_("layers", "dens")
    assert code == 2
    assert "dense" in err
    code, out, _ = nnlab_("schema")
    schema = Draft202012Validator(json.loads(out))
    for path in (ROOT / "configs").glob("*.yaml"):
        written, _ = compose(path.read_text(encoding="utf-8"), path.name)
        assert schema.is_valid(planting.thawed(plain(written))), path.name
    assert not schema.is_valid({"network": ["relu"]})
    assert not schema.is_valid({"extends": "mnist.yaml", "netwrok": ["relu"]})


def test_data_list_and_fetch(nnlab_, monkeypatch, tmp_path):
    monkeypatch.setenv("NNLAB_DATA", str(tmp_path))
    code, out, _ = nnlab_("data", "list")
    assert code == 0
    assert re.search(r"^generated: .*\bglyphs\b", out, re.MULTILINE)
    (tmp_path / "mnist").mkdir()
    (tmp_path / "mnist" / "t10k-labels-idx1-ubyte").write_bytes(b"")
    code, out, _ = nnlab_("data", "list")
    assert re.search(r"^mnist +incomplete\b", out, re.MULTILINE)
    assert "train-images-idx3-ubyte" in out
    code, out, _ = nnlab_("data", "list", "--json")
    found = {entry["name"]: entry for entry in json.loads(out)}
    assert (found["mnist"]["state"], found["glyphs"]["state"]) == ("incomplete", "own")
    assert "train-images-idx3-ubyte" in found["mnist"]["note"]
    code, _, err = nnlab_("data", "fetch", "glyphs")
    assert code == 2
    assert "is generated" in err


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (["train", "missing.yaml"], 2, "missing.yaml"),
        (["train", "small.yaml", "network.0.filters=x"], 2, "error: override 'network.0.filters=x'"),
        (["train", "small.yaml", "optimizer.learning_rate=1e30", "-q"], 6, "error: step "),
        (
            [
                "train",
                "small.yaml",
                "data={type: mnist, root: /nowhere}",
                "network.6.units=10",
                "training.evaluate_every=null",
            ],
            3,
            "/nowhere",
        ),
        (["train", "small.yaml", "--runs-dir", "small.yaml/x"], 5, "small.yaml/x"),
        (["eval", "nothing"], 4, "'nothing'"),
        (["eval", "latest", "--runs-dir", "nowhere"], 4, " nowhere\n"),
        (["frobnicate"], 2, "'frobnicate'"),
        (["train"], 2, "'CONFIG'"),
        (["gradcheck", "small.yaml", "--samples", "0"], 2, "'--samples'"),
    ],
)
def test_mistakes_cost_a_message_and_an_exit_code_never_a_traceback(nnlab_, tmp_path, arguments, code, message):
    write_config(tmp_path)
    left, out, err = nnlab_(*arguments)
    assert left == code
    assert out == ""
    assert message in err
    assert "Traceback" not in err
    assert len(err.splitlines()) < 8


def test_several_mistakes_are_each_an_error_line(nnlab_, tmp_path):
    path = write_config(tmp_path, SMALL.replace("filters: 3", "filtres: 3", 1).replace("units: 3", "units: three"))
    code, _, err = nnlab_("train", path)
    assert code == 2
    assert [line.split(": ")[0] for line in err.splitlines() if not line.startswith(" ")] == ["error", "error"]
    assert "did you mean filters?" in err


def test_debug_shows_the_traceback(nnlab_):
    code, _, err = nnlab_("eval", "nothing", "--debug")
    assert code == 4
    assert "Traceback" in err
    assert "RunError" in err


@pytest.mark.parametrize(
    ("error", "code"), [(MemoryError("8 GiB"), 5), (ZeroDivisionError("x"), 1), (RunError("r"), 4)]
)
def test_whatever_escapes_has_an_exit_code(nnlab_, monkeypatch, error, code):
    import nnlab.runs

    def fail(*arguments):
        raise error

    monkeypatch.setattr(nnlab.runs, "find_run", fail)
    left, _, err = nnlab_("eval", "latest")
    assert left == code
    assert str(error) in err


@pytest.mark.slow
def test_markup_and_escapes_in_names_are_literal(nnlab_, tmp_path):
    path = write_config(tmp_path, 'name: "[red]x[/red] \\e[31m"\n' + SMALL)
    code, out, err = nnlab_("train", path)
    assert code == 0
    assert "\x1b" not in out + err
    code, out, err = nnlab_("plot", "curves", "latest")
    assert code == 0
    assert "\x1b" not in out + err


def command(*arguments, cwd, **options):
    return subprocess.Popen(
        [sys.executable, "-m", "nnlab", *map(str, arguments)],
        cwd=cwd,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        **options,
    )


def test_the_version(nnlab_):
    code, out, _ = nnlab_("--version")
    assert (code, out) == (0, f"{nnlab.__version__}\n")


@pytest.mark.slow
def test_training_goes_on_when_nobody_reads_its_progress(tmp_path):
    path = write_config(tmp_path)
    process = command("train", path, cwd=tmp_path)
    assert process.stderr is not None
    process.stderr.close()
    assert process.stdout is not None
    assert process.stdout.read().startswith("runs/")
    assert process.wait(timeout=60) == 0
    process.stdout.close()


@pytest.mark.slow
def test_an_output_that_cannot_be_written_is_no_bug(tmp_path):
    with Path("/dev/full").open("w") as full:
        done = subprocess.run(
            [sys.executable, "-m", "nnlab", "layers"], stdout=full, stderr=subprocess.PIPE, text=True, check=False
        )
    assert done.returncode == 5
    assert re.search(r"\boutput\b.*No space left on device", done.stderr)


@pytest.mark.slow
@pytest.mark.parametrize(("number", "code"), [(signal.SIGINT, 130), (signal.SIGTERM, 143), (signal.SIGHUP, 129)])
def test_a_signal_to_the_command_saves_and_resume_goes_on(tmp_path, number, code):
    path = write_config(
        tmp_path, SMALL.replace("steps: 12", "steps: 4000").replace("evaluate_every: 3", "evaluate_every: 50")
    )
    process = command("train", path, cwd=tmp_path)
    assert process.stderr is not None
    process.stderr.readline()
    process.send_signal(number)
    out, err = process.communicate(timeout=60)
    assert process.returncode == code, err
    assert out == ""
    assert "nnlab resume runs/" in err
    again = command("resume", "latest", "-q", cwd=tmp_path)
    out, err = again.communicate(timeout=120)
    assert again.returncode == 0, err
    summary = json.loads((tmp_path / out.strip() / "summary.json").read_text())
    assert (summary["status"], summary["steps"]) == ("completed", 4000)


@pytest.mark.slow
def test_killed_hard_the_run_resumes_to_the_same_bits(tmp_path):
    text = SMALL.replace("steps: 12", "steps: 600").replace("evaluate_every: 3", "evaluate_every: 7")
    path = write_config(tmp_path, text)
    process = command("train", path, cwd=tmp_path)
    assert process.stderr is not None
    for _ in range(5):
        process.stderr.readline()
    process.kill()
    process.communicate()
    resumed = command("resume", "latest", "-q", cwd=tmp_path)
    out, err = resumed.communicate(timeout=120)
    assert resumed.returncode == 0, err
    whole = command("train", path, "-q", cwd=tmp_path)
    other, _ = whole.communicate(timeout=120)
    from nnlab.runs import read_checkpoint

    a, b = (
        read_checkpoint(tmp_path / run.strip() / "checkpoints" / "step-00000600.safetensors")
        for run in (out, other)
    )
    assert {k: v.tobytes() for k, v in a.arrays.items()} == {k: v.tobytes() for k, v in b.arrays.items()}


@pytest.mark.slow
def test_importing_nnlab_and_asking_for_help_imports_nothing_heavy():
    heavy = "{'numpy', 'matplotlib', 'pydantic', 'yaml', 'rich'}"
    code = f"import sys, nnlab.cli; print(sorted({heavy} & set(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "[]"


def commands():
    import typer.main

    found = {}
    for name, entry in typer.main.get_command(nnlab.cli.app).commands.items():
        inner = getattr(entry, "commands", {})
        found |= {f"{name} {sub}": each for sub, each in inner.items()} or {name: entry}
    return found


@pytest.mark.parametrize("name", sorted(commands()))
def test_every_command_has_help_with_an_example_and_stands_in_the_readme(name):
    text = commands()[name].help
    assert "Example: nnlab " + name.split()[0] in text
    assert text.splitlines()[0].endswith(".")
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"nnlab {name}" in readme


@pytest.mark.slow
def test_the_live_display_of_a_terminal(tmp_path):
    pty = pytest.importorskip("pty")
    path = write_config(tmp_path)
    leader, follower = pty.openpty()
    process = subprocess.Popen(
        [sys.executable, "-m", "nnlab", "train", str(path)],
        cwd=tmp_path,
        stdout=subprocess.PIPE,
        stderr=follower,
        env={**os.environ, "PYTHONPATH": str(ROOT), "TERM": "xterm", "COLUMNS": "150"},
    )
    os.close(follower)
    shown = b""
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            chunk = os.read(leader, 65536)
        except OSError:
            break
        if not chunk:
            break
        shown += chunk
    process.communicate(timeout=60)
    os.close(leader)
    assert process.returncode == 0
    assert b"step 12/12" in shown
    assert b"validation loss" in shown
    assert b"images/s" in shown


@pytest.mark.parametrize(
    ("options", "setting"),
    [
        (("--seed", "3"), "seed=3"),
        (("--seed=3",), "seed=3"),
        (("--batch-size", "8"), "training.batch_size=8"),
        (("--training.steps=5", "-q"), "training.steps=5"),
        (("--lr",), "optimizer.learning_rate=VALUE"),
    ],
)
def test_a_setting_given_as_an_option_is_answered_with_the_setting(nnlab_, tmp_path, options, setting):
    code, out, err = nnlab_("train", write_config(tmp_path), *options)
    assert (code, out) == (2, "")
    option = options[0].partition("=")[0]
    assert err == f"error: no such option: {option}; write {setting}, a setting of the config\n"
