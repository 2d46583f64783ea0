"""Every published experiment trained, and what came of it beside what was published: ``python -m results``.

published   the experiments, a section for each source
archive     which run directories are of which experiment
training    what is missing, trained and evaluated
measured    what finished runs came to
gradients   those of a first step, worked out from what it changed
page        docs/results.md; text.py writes its numbers, notes.py what is to be known of the data
"""
