"""Data sets, one source per file, and their preparation for training.

Read from files, looked up or downloaded
    mnist, fashion_mnist, kmnist   idx.py
    qmnist                 qmnist.py
    emnist                 emnist.py
    usps                   usps.py
    cifar10, cifar100      cifar.py
    arrays                 own_arrays.py   the user's own, in .npy or .npz files
    images                 image_folder.py the user's own, one folder per class
    csv                    csv_file.py     the user's own, one line per example
Generated
    glyphs                 glyphs.py       digits drawn from matplotlib's fonts
    ellipse, random        synthetic.py
    inline                 synthetic.py    written out in the config
"""

from nnlab.data.cifar import Cifar10, Cifar100
from nnlab.data.csv_file import CsvFiles, read_csv_inputs
from nnlab.data.dataset import Dataset, load_dataset, open_source
from nnlab.data.emnist import Emnist
from nnlab.data.glyphs import Glyphs
from nnlab.data.idx import FashionMnist, Kmnist, Mnist
from nnlab.data.image_folder import ImageFolder
from nnlab.data.inputs import Examples
from nnlab.data.lookup import Holding, available, fetch, inspected
from nnlab.data.own_arrays import SavedArrays
from nnlab.data.qmnist import Qmnist
from nnlab.data.source import Source, Split
from nnlab.data.synthetic import Ellipse, Inline, Random
from nnlab.data.usps import Usps

__all__ = [
    "Cifar10",
    "Cifar100",
    "CsvFiles",
    "Dataset",
    "Ellipse",
    "Emnist",
    "Examples",
    "FashionMnist",
    "Glyphs",
    "Holding",
    "ImageFolder",
    "Inline",
    "Kmnist",
    "Mnist",
    "Qmnist",
    "Random",
    "SavedArrays",
    "Source",
    "Split",
    "Usps",
    "available",
    "fetch",
    "inspected",
    "load_dataset",
    "open_source",
    "read_csv_inputs",
]
