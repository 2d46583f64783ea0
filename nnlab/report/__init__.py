"""From run directories to a report: a document, written as HTML, Markdown or LaTeX.

report              targets.py      choose the report of the given runs, and write it
Document            content.py      content of a report, independent of its format
run_report          run/            report of one run, a module for each section
comparison_report   comparison.py   comparison of several runs or of a sweep
as_index            index.py        list of all runs in a folder, each with a small loss curve (sparklines.py)
write_report        writing.py      destination, format and the author's notes
keep_notes          notes.py        read notes.md and add the questions that it lacks
load_images         note_images.py  images that the notes refer to
FORMATS             formats/        table of formats: HTML, Markdown, LaTeX
"""

from nnlab.report.addresses import report

__all__ = ["report"]
