"""A process has one name: in the table of the local stack, in its log lines and in its spans."""

import ast
from pathlib import Path

from altscore_local.layout import ROOT
from altscore_local.services import TABLE


def main_of(module: str) -> Path:
    """The entry points of a service; read and not imported, since an import counts as coverage of its unit tests."""
    return ROOT / "services" / module.removeprefix("altscore_") / "src" / module / "main.py"


def process_names(module: str) -> dict[str, str | None]:
    """By command, the name of a process where the command gives it another one than its own."""
    (commands,) = (
        node.value
        for node in ast.parse(main_of(module).read_text(encoding="utf-8")).body
        if isinstance(node, ast.Assign) and ast.unparse(node.targets[0]) == "COMMANDS"
    )
    assert isinstance(commands, ast.Dict)
    names: dict[str, str | None] = {}
    for key, command in zip(commands.keys, commands.values, strict=True):
        if key is not None:  # None: commands of a library, which run no process of the stack
            assert isinstance(command, ast.Call)
            assert ast.unparse(command.func) == "Command"
            keyword_value = {keyword.arg: keyword.value for keyword in command.keywords}.get("process")
            names[ast.literal_eval(key)] = None if keyword_value is None else ast.literal_eval(keyword_value)
    return names


def test_log_lines_name_the_process_as_the_stack_does() -> None:
    assert len(TABLE) > 10
    for service in TABLE:
        assert f'run_commands("{service.python_module}", COMMANDS)' in main_of(service.python_module).read_text("utf-8")
        owner = service.python_module.removeprefix("altscore_")
        own_name = process_names(service.python_module)[service.command]
        assert (own_name or f"{owner}-{service.command}") == service.name
