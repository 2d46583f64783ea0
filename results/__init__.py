"""Train every published experiment and compare the results with the published ones: ``python -m results``.

published   the experiments, one section per source
archive     the run directories of each experiment
training    train and evaluate what is missing
measured    the results of finished runs
gradients   the gradients of a first step, from the change of the parameters
page        docs/results.md; text.py formats its numbers, notes.py describes the copies of the data
"""
