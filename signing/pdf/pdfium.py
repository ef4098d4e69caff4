"""PDFium keeps global state and must not be entered by two threads at once: whoever uses it holds this lock."""

from threading import Lock

PDFIUM = Lock()
