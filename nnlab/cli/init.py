"""``nnlab init``."""

from pathlib import Path
from typing import Annotated

import typer

Target = Annotated[Path, typer.Argument(metavar="[FILE]", help="The file to write.")]

STARTER = """\
# A first experiment: digits drawn from fonts, which need no download.
#   nnlab train {name}                                      train it
#   nnlab train {name} optimizer.learning_rate=0.05         change a setting
#   nnlab layers                                            all components and options
name: {stem}
seed: 0
data: {{type: glyphs, validation: 1000, normalize: mean}}
network:
  - {{type: conv2d, filters: 16, kernel: 5, padding: 2}}
  - relu
  - {{type: maxpool2d, size: 2}}
  - {{type: conv2d, filters: 16, kernel: 5, padding: 2}}
  - relu
  - {{type: maxpool2d, size: 2}}
  - {{type: dense, units: 10}}
loss: softmax_cross_entropy
optimizer: {{type: sgd, learning_rate: 0.1, momentum: 0.9, weight_decay: 0.0005}}
training: {{steps: 1500, batch_size: 32, evaluate_every: 100}}
"""


def init(path: Target = Path("experiment.yaml")) -> None:
    """Write a starter config and print its path.

    Example: nnlab init my.yaml
    """
    from nnlab import files
    from nnlab.errors import UsageError

    if path.exists():
        raise UsageError(f"{path} already exists; name another file")
    if not path.parent.is_dir():
        raise UsageError(f"there is no folder {path.parent}")
    files.write_text(path, STARTER.format(name=path, stem=path.stem))
    typer.echo(path)
