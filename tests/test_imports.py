"""The import rule: three packages on the ground floor that do not know each other, one above."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("encoders", "manifests", "workers", "farm")

OWN = {
    "encoders": {"encoders"},
    "manifests": {"manifests"},
    "workers": {"workers"},
    "farm": {"farm", "encoders", "manifests", "workers"},
}

THIRD_PARTY = {
    "encoders": {
        *("av", "ffmpeg", "imageio_ffmpeg", "numpy", "pydub", "PIL"),
        *("fontTools", "fpdf", "pycdlib"),
        *("msgspec", "jsonschema"),
    },
    "manifests": {"jinja2", "markupsafe"},
    "workers": {"ray"},
    "farm": {
        "alembic",
        "boto3",
        "botocore",
        "types_boto3_s3",
        "click",
        *("cryptography", "httpx"),
        *("fastapi", "jinja2", "limits", "prometheus_client", "pydantic", "structlog"),
        "msgspec",
        "psycopg",
        "rich",
        "sqlalchemy",
        "starlette",
        "uvicorn",
    },
}

ONE_FILE = {"workers": {"ray"}, "farm": {"boto3", "botocore", "cryptography", "prometheus_client"}}
"""Third-party packages that one file of a package keeps to itself."""

IO_MODULES = {
    *("asyncio", "ftplib", "http.client", "http.server", "mmap", "multiprocessing", "os"),
    *("select", "selectors", "shutil", "smtplib", "socket", "socketserver", "sqlite3", "ssl"),
    *("subprocess", "tempfile", "threading", "time", "urllib.request"),
}
"""What `manifests`, values in and text out, has no use for."""


def modules(package: str) -> list[Path]:
    return sorted((ROOT / package).rglob("*.py"))


def imports(path: Path) -> Iterator[str]:
    """Full names of everything a module imports, wherever in it."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"), str(path))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: write the full name of the module"
            assert node.module
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)
        elif isinstance(node, ast.Call) and _name(node.func) == "import_module":
            name = node.args[0]
            if isinstance(name, ast.JoinedStr):
                # One of several modules of a package that is named in full.
                name = name.values[0]
            assert isinstance(name, ast.Constant), f"{path}:{node.lineno}: name it in full"
            yield str(name.value).rstrip(".")


def _name(function: ast.expr) -> str:
    return function.attr if isinstance(function, ast.Attribute) else getattr(function, "id", "")


def top(name: str) -> str:
    return name.partition(".")[0]


EVERY = [(package, path) for package in PACKAGES for path in modules(package)]


@pytest.mark.parametrize(
    ("package", "path"), EVERY, ids=[str(path.relative_to(ROOT)) for _, path in EVERY]
)
def test_a_module_imports_only_what_its_package_may(package: str, path: Path) -> None:
    allowed = OWN[package] | THIRD_PARTY[package]
    foreign = {top(name) for name in imports(path)} - sys.stdlib_module_names - allowed
    assert foreign == set()


@pytest.mark.parametrize("package", ONE_FILE)
def test_some_libraries_are_known_to_one_file_alone(package: str) -> None:
    for library in ONE_FILE[package]:
        users = [path for path in modules(package) if library in map(top, imports(path))]
        assert len(users) == 1, f"{library} is imported by {users}"


@pytest.mark.parametrize("path", modules("manifests"), ids=lambda path: path.name)
def test_manifests_do_no_io(path: Path) -> None:
    assert set(imports(path)) & IO_MODULES == set()
    calls = [
        node.func.id
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    ]
    assert not {"open", "print", "input"} & set(calls)


def test_the_rule_finds_what_it_forbids(tmp_path: Path) -> None:
    module = tmp_path / "module.py"
    module.write_text(
        "def late():\n"
        "    import boto3.session\n"
        "    from farm import errors\n"
        "    return importlib.import_module('ray._raylet')\n"
    )
    assert set(imports(module)) == {"boto3.session", "farm", "farm.errors", "ray._raylet"}
