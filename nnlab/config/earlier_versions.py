"""Settings that configs of earlier versions do not mention."""

from typing import Any

from nnlab.config.config_document import ConfigDocument
from nnlab.config.nodes import Mapping
from nnlab.config.overrides import read_override

ADDED_TO_LAYERS: dict[str, dict[str, Any]] = {"conv2d": {"dilation": [1, 1]}}
"""Options of layers that earlier versions lack, by the type of the layer, at the default that changes nothing."""


def of_its_version(document: ConfigDocument) -> ConfigDocument:
    """Return the config of a run with the settings of the version that wrote it, where the defaults have changed.

    A run states all settings, so that one which is missing did not exist: batches were not cut into shards.
    """
    training = document.root.entries.get("training")
    if training is None or not isinstance(training.node, Mapping) or "shards" in training.node.entries:
        return document
    return document.changed([read_override("training.shards=1")])
