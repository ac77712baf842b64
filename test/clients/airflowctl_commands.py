"""Runs commands of airflowctl in one process: each in the order in which it finds what it needs.

Usage: airflowctl_commands.py ADDRESS [TOKEN], with AIRFLOW_HOME set. Prints what fails, and how many
have passed and failed.
"""

import contextlib
import io
import os
import sys

ADDRESS = sys.argv[1]
TOKEN = sys.argv[2] if len(sys.argv) > 2 else "none"
os.environ["AIRFLOW_CLI_TOKEN"] = TOKEN

from airflowctl.__main__ import main  # noqa: E402: it reads the environment.

COMMANDS = f"""
auth login --api-url {ADDRESS} --api-token {TOKEN} --skip-keyring
version --remote
dags list
dags get etl
dags get-details etl
dags get-version etl 1
dags list-version etl
dags list-warning
dags list-import-errors
dags next-execution etl
dags pause slow
dags unpause slow
dags trigger etl --dag-run-id by_ctl --logical-date 2026-02-01T00:00:00Z
dagrun list --dag-id etl --state success
dagrun get etl by_ctl
assets list
assets list-by-alias
backfill list etl
jobs list
plugins list
plugins list-import-errors
providers list
pools list
pools create --name ctl --slots 3
pools get ctl
pools delete ctl
variables create --key ctl --value 1
variables list
variables get ctl
variables delete ctl
connections create --connection-id ctl --conn-type http
connections list
connections get ctl
connections delete ctl
""".strip().splitlines()

passed, failed = 0, 0
for command in COMMANDS:
    output = io.StringIO()
    sys.argv = ["airflowctl", *command.split()]
    problem = None
    with contextlib.redirect_stdout(output), contextlib.redirect_stderr(output):
        try:
            main()
        except SystemExit as end:
            problem = end.code or None
        except Exception as error:  # Reported below.
            problem = repr(error)
    text = output.getvalue()
    # It ends with 0 after some errors.
    if problem is None and "error message" not in text:
        passed += 1
    else:
        failed += 1
        print(f"airflowctl {command}: {problem} {text[-600:]}\n")
print(f"airflowctl: {passed} passed, {failed} failed")
sys.exit(1 if failed else 0)
