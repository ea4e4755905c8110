"""All objects of a PDF file whose table of objects is lost, with a picture of 2 MB in it."""

import io
import random

from pdfminer.pdfdocument import PDFDocument
from pdfminer.pdfparser import PDFParser
from pdfminer.pdftypes import PDFStream

PICTURE = random.Random(5).randbytes(2_000_000)
HEAD = b"%PDF-1.4\n1 0 obj\n<< /Type /Catalog /Pages 2 0 R >>\nendobj\n"
PAGES = b"2 0 obj\n<< /Type /Pages /Kids [] /Count 0 >>\nendobj\n"
IMAGE = b"3 0 obj\n<< /Subtype /Image /Length %d >>\nstream\n%s\nendstream\nendobj\n"
TAIL = b"trailer\n<< /Root 1 0 R /Size 4 >>\nstartxref\n0\n%%EOF\n"


def main() -> None:
    """Run it and print what shows that the work was done."""
    written = HEAD + PAGES + IMAGE % (len(PICTURE), PICTURE) + TAIL
    document = PDFDocument(PDFParser(io.BytesIO(written)))
    for table in document.xrefs:
        for number in sorted(table.get_objids()):
            found = document.getobj(number)
            if isinstance(found, PDFStream):
                print(number, len(found.get_rawdata()))


main()
