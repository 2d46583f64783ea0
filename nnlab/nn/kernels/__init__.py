"""Array functions that do the heavy work of the layers and optimizers fast.

    threads       threads that share the work, and scratch memory
    allocator     freed memory kept in the process
    blocks        elementwise functions, sums over a batch and matrix products, block by block
    windows       the arithmetic of windows that slide over images
    patches       the windows of images as rows of a matrix
    winograd      the transforms of minimal filtering
    convolution   sliding inner products and their gradients, by_patches, by_product, by_taps or by_tiles
    channelwise   sliding products of each channel with filters of its own, and their gradients
    standardize   values of each example in groups of channels, with mean 0 and variance 1
    normal_distribution
                  the distribution function of the standard normal distribution
    pooling       maxima and sums over windows and their gradients
    updates       in-place updates of weights and running averages, block by block

A kernel has no state that anyone can see, and its result does not depend on the number of threads: work is
cut into pieces by the shapes alone, and partial sums are added in a fixed order.
"""
