"""A process has one name: in the table of the local stack, in its log lines and in its spans."""

import importlib
import inspect

from altscore_local.services import TABLE


def test_log_lines_name_the_process_as_the_stack_does() -> None:
    assert len(TABLE) > 10
    for service in TABLE:
        main = importlib.import_module(f"{service.python_module}.main")
        command = main.COMMANDS[service.command]
        assert f'run_commands("{service.python_module}", COMMANDS)' in inspect.getsource(main.main)
        owner = service.python_module.removeprefix("altscore_")
        assert (command.process or f"{owner}-{service.command}") == service.name
