import pytest

from nnlab.config import load_config
from nnlab.errors import ConfigError, DataError


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("configs")


@pytest.fixture
def problems(folder):
    """Return the problems of a config."""

    def problems(text, *overrides):
        path = folder / "c.yaml"
        path.write_text(text, encoding="utf-8")
        try:
            load_config(path, overrides)
        except ConfigError as error:
            return error.problems
        except DataError:
            pass  # the config is valid; the data that it names are not there
        return ()

    return problems
