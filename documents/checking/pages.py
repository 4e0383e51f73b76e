"""The first pages of a PDF as pictures."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pypdfium2

from documents.checking import images, limits
from documents.checking.verdict import Picture, Unacceptable

# A page as small as a stamp is not blown up to fill a screen.
MOST_SCALE = 4.0  # pixels for each of the file's units (1/72 inch)


class Pages:
    """Opened for its pictures."""

    def __init__(self, path: Path) -> None:
        """Raises Unacceptable ("damaged") when nothing can show it."""
        try:
            self._pdf = pypdfium2.PdfDocument(path)
            self._pdf.init_forms()  # what was filled in is drawn, too
            self._count = len(self._pdf)
        except pypdfium2.PdfiumError:
            raise Unacceptable("damaged") from None
        if not self._count:
            raise Unacceptable("damaged")

    def pictures(self, into: Path) -> Iterator[Picture]:
        """In order; stops before a page that cannot be drawn."""
        for index in range(min(self._count, limits.PICTURES)):
            try:
                yield self._draw(index, into / f"page-{index + 1}.jpg")
            except (pypdfium2.PdfiumError, MemoryError, ValueError):
                return

    def _draw(self, index: int, to: Path) -> Picture:
        page = self._pdf[index]
        try:
            width, height = page.get_size()
            scale = min(limits.LONGEST_SIDE / max(width, height, 1.0), MOST_SCALE)
            bitmap = page.render(scale=scale, rev_byteorder=True, limit_image_cache=True)
            try:
                return images.save(bitmap.to_pil(), to)
            finally:
                bitmap.close()
        finally:
            page.close()
