"""Neural networks in NumPy: what a network consists of and how it learns.

layers/        each layer's function beside its derivative
losses         what training minimizes
optimizers     how a gradient changes the weights
schedules      how the learning rate changes over time
initializers   how weights begin
network.py     layers in a row, all parameters in one vector
kernels/       what makes it fast, apart from the mathematics
"""
