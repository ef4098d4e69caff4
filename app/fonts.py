"""Where Noto Sans SC is: the npm package that `make install` puts into node_modules."""

from pathlib import Path

_FAMILY = Path(__file__).resolve().parent.parent / "node_modules" / "@expo-google-fonts" / "noto-sans-sc"

REGULAR = _FAMILY / "400Regular" / "NotoSansSC_400Regular.ttf"
BOLD = _FAMILY / "700Bold" / "NotoSansSC_700Bold.ttf"
