"""Configs: YAML with positions, ``extends`` and overrides, validated into frozen models."""

from nnlab.config.config_document import ConfigDocument, read_document
from nnlab.config.dump import as_yaml
from nnlab.config.loading import load_config, located, read_experiment
from nnlab.config.schema import EarlyStopping, Experiment, Training, file_schema
from nnlab.config.spots import dotted
from nnlab.config.validation import Validated, validate, validate_entry

__all__ = [
    "ConfigDocument",
    "EarlyStopping",
    "Experiment",
    "Training",
    "Validated",
    "as_yaml",
    "dotted",
    "file_schema",
    "load_config",
    "located",
    "read_document",
    "read_experiment",
    "validate",
    "validate_entry",
]
