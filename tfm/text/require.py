"""What a tokenizer asks of a text before it cuts it, and what it says otherwise."""


def require_text(text: str, before: int = 0) -> str:
    r"""Give the text back, or say why it is none.

    Args:
        text: any text; half a surrogate pair is no character, and UTF-8 has no bytes for it.
        before: characters of the same text that came before.

    Raises:
        TypeError: `text` is not a string.
        ValueError: `text` holds half a surrogate pair.

    Example:
        >>> require_text("a 😀")
        'a 😀'
        >>> require_text("a \ud83d")
        Traceback (most recent call last):
        ValueError: character 2 of the text is half a surrogate pair (U+D83D): read the file as UTF-8 again, ...
    """
    if not isinstance(text, str):
        raise TypeError(f"a tokenizer reads text, and this is {type(text).__name__}: pass one string")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        half = ord(text[error.start])
        raise ValueError(
            f"character {before + error.start} of the text is half a surrogate pair (U+{half:04X}): "
            "read the file as UTF-8 again, or drop that character"
        ) from None
    return text
