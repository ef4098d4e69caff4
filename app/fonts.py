"""Where Noto Sans SC is: the npm package that `make install` puts into node_modules."""

from signing.pdf.fonts import NOTO_SANS_SC

REGULAR = NOTO_SANS_SC
BOLD = NOTO_SANS_SC.parents[1] / "700Bold" / "NotoSansSC_700Bold.ttf"
