"""Training speed of nnlab, compared with PyTorch: ``python -m bench``.

    catalogue       the networks to time, on random data
    trainings       training steps in nnlab
    twin            the same network in PyTorch; torch_training.py has its loss, optimizer and step
    agreement       check that both compute the same
    race            step times of several contenders, measured alternately
    machine         peak speed of the processor, and its load from other processes
    memory          peak memory, each in its own process
    rivals          the interface of what nnlab is compared with: pytorch.py, or nothing
    steps, kernels  all of this for whole networks, and for single layers and optimizers
    measurement     one complete benchmark
    results         the saved results; tables.py prints them, figure.py draws them

No data set is needed: the networks in configs/ are fed random numbers.
"""
