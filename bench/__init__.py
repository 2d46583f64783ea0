"""How fast nnlab trains, beside PyTorch: ``python -m bench``.

    catalogue       the networks, on random data
    trainings       nnlab's own training, step by step
    twin            the same network in PyTorch; torch_training.py its loss, optimizer and step
    agreement       whether both compute the same
    race            times of several contenders, taken in turns
    machine         what the processor can do, and who else kept it busy
    memory          peak memory, each in a process of its own
    rivals          what nnlab is compared with: pytorch.py, or nobody
    steps, kernels  all of that for whole networks, and for single layers and optimizers
    measurement     a whole run
    results         what is saved; tables.py prints it, figure.py draws it

No data set is needed: the networks of configs/ are fed random numbers.
"""
