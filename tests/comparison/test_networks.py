"""Networks are told apart by their layers."""

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.experiments import SMALL
from support.written import write_run

from nnlab.comparison.networks import changes
from nnlab.runs.records import read_config

RELU, TANH = {"type": "relu"}, {"type": "tanh"}
DENSE = {"type": "dense", "units": 8, "init": {"type": "he_normal", "gain": 1.0}, "bias_init": {"type": "zeros"}}
WIDE = {**DENSE, "units": 16}


@pytest.mark.parametrize(
    ("network", "reference", "told"),
    [
        ([DENSE, RELU], [DENSE, RELU], "2 layers"),
        ([DENSE, TANH], [DENSE, RELU], "tanh for relu at 1"),
        ([WIDE, RELU], [DENSE, RELU], "dense {units: 16} for {units: 8} at 0"),
        ([DENSE, RELU, WIDE, RELU], [DENSE, RELU], "+ dense {units: 16} at 2, + relu at 3"),
        ([RELU], [DENSE, RELU], "- dense {units: 8} at 0"),
        ([TANH, RELU], [DENSE, RELU], "tanh for dense {units: 8} at 0"),
        ([DENSE, WIDE, TANH], [DENSE, RELU], "dense {units: 16} for relu at 1, + tanh at 2"),
        (
            [{**DENSE, "init": {"type": "normal", "std": 0.1}}],
            [RELU],
            "dense {units: 8, init: {type: normal, std: 0.1}} for relu at 0",
        ),
    ],
)
def test_the_layers_that_differ_are_named(network, reference, told):
    assert changes(network, reference) == told


def test_a_residual_block_is_told_by_the_body_that_differs(tmp_path):
    text = SMALL.replace("rate: 0.2", "rate: 0.1")
    runs = [write_run(tmp_path / name, text=each) for name, each in (("a", SMALL), ("b", text))]
    networks = [read_config(run.config).model_dump(mode="json")["network"] for run in runs]
    assert changes(networks[1], networks[0]).startswith("residual {body: [{type: conv2d, ")
    assert "rate: 0.1" in changes(networks[1], networks[0])


@given(st.lists(st.sampled_from([RELU, TANH, DENSE, WIDE])), st.lists(st.sampled_from([RELU, TANH, DENSE, WIDE])))
def test_each_change_is_told_once(network, reference):
    told = changes(network, reference)
    assert (told == f"{len(network)} layers") == (network == reference)
    assert told.count("+ ") - told.count("- ") == (len(network) - len(reference)) * (network != reference)
