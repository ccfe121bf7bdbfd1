"""The examples in docstrings run, every public name has one, and the types are told."""

import ast
import doctest
import inspect
import pathlib

import mdscale
import pytest

MODULES = ["_fit", "_inputs", "_measures", "_plan", "_plot", "_smacof", "_features", "_estimators", "kernels"]


@pytest.mark.parametrize("name", MODULES)
def test_examples_in_docstrings(name):
    module = __import__(f"mdscale.{name}", fromlist=["mdscale"])
    flags = doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE
    result = doctest.testmod(module, optionflags=flags)
    assert result.failed == 0


def test_every_function_has_an_example_and_types():
    for name in mdscale.__all__:
        thing = getattr(mdscale, name)
        if not callable(thing):
            continue
        assert inspect.getdoc(thing), name
        if inspect.isfunction(thing):
            hints = inspect.get_annotations(thing) if hasattr(inspect, "get_annotations") else thing.__annotations__
            assert set(inspect.signature(thing).parameters) | {"return"} == set(hints), name
        if (inspect.isfunction(thing) or hasattr(thing, "fit")) and name != "isa_best":
            assert ">>>" in thing.__doc__, name


def test_the_stub_has_the_functions_of_the_module():
    from mdscale import _mdscale

    folder = pathlib.Path(mdscale.__file__).parent
    assert (folder / "py.typed").exists()
    stub = ast.parse((folder / "_mdscale.pyi").read_text())
    told = {node.name for node in stub.body if isinstance(node, (ast.FunctionDef, ast.ClassDef))}
    assert told == {name for name in dir(_mdscale) if not name.startswith("__")}
