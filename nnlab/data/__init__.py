"""Data sets, one source per file, and their preparation for training.

Read from files, looked up or downloaded
    mnist, fashion_mnist   idx.py
    cifar10                cifar10.py
    arrays                 own_arrays.py   the user's own, in .npy or .npz files
    images                 image_folder.py the user's own, one folder per class
    csv                    csv_file.py     the user's own, one line per example
Generated
    glyphs                 glyphs.py       digits drawn from matplotlib's fonts
    ellipse, random        synthetic.py
    inline                 synthetic.py    written out in the config
"""

from nnlab.data.cifar10 import Cifar10
from nnlab.data.csv_file import CsvFiles, read_csv_inputs
from nnlab.data.dataset import Dataset, load_dataset, open_source
from nnlab.data.glyphs import Glyphs
from nnlab.data.idx import FashionMnist, Mnist
from nnlab.data.image_folder import ImageFolder
from nnlab.data.inputs import Examples
from nnlab.data.lookup import Holding, available, fetch
from nnlab.data.own_arrays import SavedArrays
from nnlab.data.source import Source, Split
from nnlab.data.synthetic import Ellipse, Inline, Random

__all__ = [
    "Cifar10",
    "CsvFiles",
    "Dataset",
    "Ellipse",
    "Examples",
    "FashionMnist",
    "Glyphs",
    "Holding",
    "ImageFolder",
    "Inline",
    "Mnist",
    "Random",
    "SavedArrays",
    "Source",
    "Split",
    "available",
    "fetch",
    "load_dataset",
    "open_source",
    "read_csv_inputs",
]
