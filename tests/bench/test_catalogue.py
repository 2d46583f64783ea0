import pytest

from bench.catalogue import BATCHES, NETWORKS, chosen, load
from nnlab.errors import UsageError
from nnlab.summary import summarize
from nnlab.training.state import prepare

PUBLISHED = {
    "mnist": (14_682, 16),
    "cifar10_baseline": (48_602, 16),
    "cifar10_improved": (120_298, 32),
    "fashion": (1_475_146, 64),
    "cifar10_mlp": (308_310, 200),
    "cifar10_mlp_adam": (3_139_510, 200),
    "mnist_mlp": (238_510, 10),
    "mnist_mlp_100": (238_510, 100),
    "ellipse": (17, 1),
    "cifar10_vgg": (9_231_114, 32),
}


def test_every_network_has_its_published_size():
    assert list(PUBLISHED) == list(NETWORKS)


@pytest.mark.parametrize("name", NETWORKS)
def test_networks_have_the_published_parameters_and_batches(name):
    plan = summarize(load(name))
    assert (plan.total_parameters, plan.batch_size) == PUBLISHED[name]


def test_the_data_are_random_and_fill_the_batches():
    state = prepare(load("mnist_mlp"))
    assert state.config.data.type == "random"
    assert state.dataset.train.inputs.shape == (BATCHES * 10, 28, 28, 1)
    assert len(state.dataset.class_names) == 10


def test_networks_are_chosen_by_name_in_the_order_of_timing():
    assert chosen("ellipse, mnist") == ("mnist", "ellipse")
    assert chosen("") == NETWORKS


def test_an_unknown_network_is_an_error_with_a_suggestion():
    with pytest.raises(UsageError, match=r"unknown network 'fashon' \(did you mean fashion\?\)"):
        chosen("mnist,fashon")
