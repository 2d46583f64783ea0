"""From run directories to a report: one document, written as a page, as Markdown or as TeX.

    report                addresses.py          what is reported of some runs, and where it goes
    Document              document.py           what a report consists of, in any format
    run_report            run_report.py         one run, from its Material (material.py) section by section:
                                                architecture.py, examples.py, settings.py, results.py, insides.py,
                                                honesty.py, reproducing.py
    comparison_report     comparison_report.py  several runs, or a sweep
    as_index              index.py              all runs of a folder, each with a curve (sparklines.py)
    as_html               html.py               a document as a page, with templates/
    write_markdown        markdown.py           a document as Markdown (markdown_text.py), figures beside it
    write_latex           latex.py              a document as LaTeX (latex_text.py), tables and figures beside it
    write_report, Place   writing.py            a document in one of these formats, with its author's words
    keep_notes            notes.py              those words, which note_text.py brings into each format

Of a confusion matrix, confusions.py has what a page shows that nobody can point at.
"""

from nnlab.report.addresses import report

__all__ = ["report"]
