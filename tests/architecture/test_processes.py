"""A process has one name: in the table of the local stack, in its log lines and in its spans."""

import importlib

from altscore_local.services import TABLE


def test_log_lines_name_the_process_as_the_stack_does() -> None:
    assert len(TABLE) > 10
    for service in TABLE:
        command = importlib.import_module(f"{service.python_module}.main").COMMANDS[service.command]
        owner = service.python_module.removeprefix("altscore_")
        assert (command.process or f"{owner}-{service.command}") == service.name
