"""Calls operations of Airflow's Python client, and counts what passes and fails."""

import importlib
import inspect
import os
import pkgutil
import sys
import time
import traceback

import airflow_client.client as client
import airflow_client.client.api as api_package

ADDRESS = sys.argv[1]
TOKEN = sys.argv[2] if len(sys.argv) > 2 else None

PATIENCE = float(os.environ.get("CLIENTS_PATIENCE", "60"))
EXPOSES_CONFIG = os.environ.get("CLIENTS_EXPOSE_CONFIG", "true") == "true"

configuration = client.Configuration(host=ADDRESS, access_token=TOKEN)
connection = client.ApiClient(configuration)

passes, failures, called = [], [], set()


def passed(name):
    called.add(name)
    passes.append(name)


def failed(name, parameters, text):
    called.add(name)
    failures.append((name, parameters, text))


def operations():
    """Every operation of the client by name, with its API."""
    found = {}
    for module in pkgutil.iter_modules(api_package.__path__):
        loaded = importlib.import_module(f"{api_package.__name__}.{module.name}")
        for name, cls in inspect.getmembers(loaded, inspect.isclass):
            if not name.endswith("Api") or cls.__module__ != loaded.__name__:
                continue
            for method, _ in inspect.getmembers(cls, inspect.isfunction):
                if method.startswith("_") or method.endswith(
                    ("_with_http_info", "_without_preload_content")
                ):
                    continue
                found.setdefault(method, cls(connection))
    return found


ALL = operations()


def describe(problem):
    if isinstance(problem, client.ApiException) and problem.status:
        return f"{problem.status} {problem.body}"[:400]
    return "".join(traceback.format_exception_only(problem)).strip()[:400]


def call(name, /, **parameters):
    """Calls the operation; its failure is noted, and the next ones go on."""
    try:
        answer = getattr(ALL[name], name)(**parameters)
    except Exception as problem:  # The report is the point of these programs.
        failed(name, parameters, describe(problem))
        return None
    passed(name)
    return answer


def model(name, /, **fields):
    return getattr(client, name).from_dict(fields)


def until(what, read):
    end = time.monotonic() + PATIENCE
    while time.monotonic() < end:
        value = read()
        if value:
            return value
        time.sleep(0.1)
    raise SystemExit(f"Waited in vain for {what}")


def report():
    """Prints what failed and the numbers; answers the exit code."""
    for name, parameters, text in failures:
        print(f"{name}({', '.join(sorted(parameters))}): {text}\n")
    print(f"Python client: {len(passes)} passed, {len(failures)} failed")
    return 1 if failures else 0
