"""From run directories to a report: one document, written as a page, as Markdown or as TeX."""
