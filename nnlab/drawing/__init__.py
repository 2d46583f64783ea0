"""Figures from arrays and plain values: each function draws one and returns a ``matplotlib.figure.Figure``.

What is shown is computed elsewhere, by nnlab.evaluation and nnlab.figures; here it is only thinned out or
smoothed to what print can show. Each figure has a module, imported by its name, as in ``from
nnlab.drawing.confusion import confusion``. Sizes, fonts and colours are in style.py, files in saving.py. Nothing
here uses pyplot, the user's matplotlibrc or another file.
"""
