"""The source that a lesson shows: what stands in the package, without docstrings, and nothing else changed."""

import ast
import inspect
import textwrap

import pytest

from tfm import kit
from tfm.kit.code import source
from tfm.nn.attention import MultiHeadAttention, fused
from tfm.nn.layer import EncoderLayer, PreNorm

SHOWN = [MultiHeadAttention.forward, MultiHeadAttention, fused, PreNorm, EncoderLayer.forward, ast.walk]


def _bare(code):
    """Return the syntax tree of code, as text, without its docstrings."""
    tree = ast.parse(code)
    for node in ast.walk(tree):
        if isinstance(node, ast.FunctionDef | ast.ClassDef) and ast.get_docstring(node) is not None:
            node.body = node.body[1:] or node.body
    return ast.dump(tree)


@pytest.mark.parametrize("thing", SHOWN, ids=lambda thing: thing.__qualname__)
def test_the_code_is_the_packages(thing):
    """Its syntax tree is that of the file, docstrings apart, and it is shorter and without a gap at the start."""
    plain = textwrap.dedent(inspect.getsource(thing))
    head, shown = repr(source(thing)).split("\n", maxsplit=1)
    assert head.endswith(f", {thing.__qualname__}")
    assert _bare(shown) == _bare(plain)
    assert '"""' not in shown
    assert len(shown) < len(plain)
    assert "\n\n\n" not in shown


def test_file_and_comments_are_named():
    """The comment above says where it stands; comments of the code stay."""
    shown = source(PreNorm.forward, MultiHeadAttention.forward).code
    assert shown.startswith("# tfm/nn/layer.py, PreNorm.forward\ndef forward(")
    assert "\n\n# tfm/nn/attention.py, MultiHeadAttention.forward\n" in shown
    assert "# B H T D" in shown


def test_a_page_and_a_terminal_see_the_same():
    """JupyterLab colours the Markdown; whatever shows text shows the code."""
    bundle = source(PreNorm.forward)._repr_mimebundle_()
    assert bundle["text/markdown"] == f"```python\n{bundle['text/plain']}\n```"
    assert kit.source is source


@pytest.mark.parametrize("thing", [3, "text", len, PreNorm])
def test_what_has_no_source_is_told_so(thing):
    """A number or a function in C gets one sentence; a class of a file is shown."""
    if thing is PreNorm:
        assert "class PreNorm" in source(thing).code
        return
    with pytest.raises(
        TypeError, match="source shows functions, methods and classes of a file, and this is a"
    ):
        source(thing)


def test_no_name_of_the_kit_is_that_of_its_file():
    """Else the file would take its name's place as soon as it is loaded."""
    assert not [name for name, file in kit._HOMES.items() if name == file]
