"""The vocabulary that every copy of the course has: our BPE, trained on the Python manual.

The file is rebuilt by `python -m tfm.assets.build manual-bpe`. It knows English and Python code; of Chinese it
has seen nothing, so a character costs three tokens, its bytes.
"""

from functools import cache

import tiktoken

from tfm.sums import asset
from tfm.text.bpe import BPE

EMBEDDED = "tfm_manual"


@cache
def embedded_bpe() -> BPE:
    """Load the course's vocabulary; the same object each time.

    Example:
        >>> bpe = embedded_bpe()
        >>> bpe.n_vocab, [bpe.token_bytes(i) for i in bpe.encode("def statement")]
        (4096, [b'def', b' statement'])
    """
    return BPE.load(asset("manual_bpe.json"))


@cache
def embedded_encoding() -> tiktoken.Encoding:
    """Hand the course's vocabulary to tiktoken, under the name `EMBEDDED`.

    Example:
        >>> embedded_encoding().encode("def statement") == embedded_bpe().encode("def statement")
        True
    """
    return embedded_bpe().to_tiktoken(EMBEDDED)
