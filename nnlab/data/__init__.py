"""The data sets, one source per file, and what happens to them before training.

Read from files, looked up or downloaded
    mnist, fashion_mnist   idx.py
    cifar10                cifar10.py
    arrays                 saved.py        the user's own, in .npy or .npz files
Generated
    glyphs                 glyphs.py       digits drawn from matplotlib's fonts
    ellipse, random        synthetic.py
    inline                 synthetic.py    written out in the config
"""

from nnlab.data.base import Source, Split
from nnlab.data.cifar10 import Cifar10
from nnlab.data.dataset import Dataset, load_dataset
from nnlab.data.examples import Examples
from nnlab.data.glyphs import Glyphs
from nnlab.data.idx import FashionMnist, Mnist
from nnlab.data.lookup import Holding, available, fetch
from nnlab.data.saved import SavedArrays
from nnlab.data.synthetic import Ellipse, Inline, Random

__all__ = [
    "Cifar10",
    "Dataset",
    "Ellipse",
    "Examples",
    "FashionMnist",
    "Glyphs",
    "Holding",
    "Inline",
    "Mnist",
    "Random",
    "SavedArrays",
    "Source",
    "Split",
    "available",
    "fetch",
    "load_dataset",
]
