"""Neural networks in NumPy: layers, losses, optimizers and the network that joins them.

layers          each layer's function beside its derivative
losses          what training minimizes
optimizers      how a gradient changes the weights
schedules       how the learning rate changes over time
initializers    the first values of the weights
network         layers in a row, all parameters in one vector
kernels         the code that makes it fast, apart from the mathematics
"""
