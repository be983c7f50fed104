"""What lessons share: pictures, controls, the base of widgets, and how an exercise answers.

Notebooks import from here by name, `from tfm.kit import new_figure`; what they do not use is not loaded.
"""

from importlib import import_module
from typing import Any

import tfm.kit.quiet  # noqa: F401 (before matplotlib)

# Each name that a notebook imports, and its file.
_HOMES = {
    "BLUE": "style",
    "FOCUS": "style",
    "INK": "style",
    "LINE": "style",
    "MUTED": "style",
    "ORANGE": "style",
    "AttentionExplorer": "attention_explorer",
    "Drawing": "drawing",
    "amounts_svg": "mask",
    "big_number": "counting",
    "byte_text": "counting",
    "cases_svg": "cases",
    "choice_svg": "choice",
    "head_tiles_svg": "multi_head",
    "heads_svg": "heads",
    "heatmap_svg": "heatmap",
    "mask_svg": "mask",
    "new_figure": "figure",
    "perplexity_figure": "next_token",
    "recited_svg": "next_token",
    "side_by_side": "drawing",
    "source": "code",
    "split_svg": "multi_head",
    "stack_svgs": "drawing",
    "surprise_svg": "next_token",
    "token_text": "tokens",
    "tokens_svg": "tokens",
    "use_language": "messages",
}
__all__ = list(_HOMES)


def __getattr__(name: str) -> Any:
    """Load what is asked for."""
    if name not in _HOMES:
        raise AttributeError(f"tfm.kit has no {name!r}")
    return getattr(import_module(f"tfm.kit.{_HOMES[name]}"), name)


def __dir__() -> list[str]:
    """What a reader finds by the Tab key."""
    return sorted(_HOMES)
