"""Where Noto Sans SC is: the npm package that `make install` puts into node_modules."""

from signing.pdf.fonts import NOTO_SANS_SC, NOTO_SANS_SC_BOLD

REGULAR, BOLD = NOTO_SANS_SC, NOTO_SANS_SC_BOLD
