"""What is under `deploy/` is safe to start, fits together, and names nothing that is not there."""

import re
import shlex
import shutil
import subprocess
import tomllib
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import click
import pytest
import yaml

from farm.cli.main import COMMANDS, farm
from farm.signing import PASSPHRASE
from tests.test_repository import anchors

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "deploy"
KUBERAY = DEPLOY / "kuberay"
MACHINES = DEPLOY / "machines"
UNITS = sorted(MACHINES.glob("*.service"))
PAGES = sorted(DEPLOY.rglob("README.md"))
TOLD = [*PAGES, ROOT / "README.md", ROOT / "docs" / "operation.md", ROOT / "docs" / "security.md"]

SYSTEMD = {"FARM_OPTIONS"}
"""What a unit's own command line takes from its environment."""
TESTS = {"FARM_TEST_MEDIA", "FARM_TEST_CHROMIUM", "FARM_TEST_NODE_MODULES"}


def command_of(name: str) -> click.Command:
    command = farm.get_command(click.Context(farm), name)
    assert command is not None, name
    return command


def below(command: click.Command) -> Iterator[click.Command]:
    yield command
    if isinstance(command, click.Group):
        for one in command.commands.values():
            yield from below(one)


# --- Kubernetes ----------------------------------------------------------------------------------


def objects(name: str) -> dict[str, Any]:
    """Of a file, by kind and name."""
    found = yaml.safe_load_all((KUBERAY / name).read_text(encoding="utf-8"))
    return {f"{one['kind']} {one['metadata']['name']}": one for one in found}


CLUSTER = objects("raycluster.yaml")["RayCluster farm"]["spec"]
SERVICE = objects("service.yaml")
SECRETS = objects("secrets.example.yaml")
PODS: Mapping[str, Any] = {
    "head": CLUSTER["headGroupSpec"]["template"]["spec"],
    "worker": CLUSTER["workerGroupSpecs"][0]["template"]["spec"],
    "service": SERVICE["Deployment farm-service"]["spec"]["template"]["spec"],
}
CONTAINERS = {
    f"{pod} {one['name']}": one
    for pod, spec in PODS.items()
    for one in (*spec.get("initContainers", ()), *spec["containers"])
}


def key_from(container: Mapping[str, Any], name: str) -> Any:
    entry = next(one for one in container["env"] if one["name"] == name)
    return entry.get("value") or entry["valueFrom"]["secretKeyRef"]


def test_the_cluster_asks_for_a_token_and_has_none_by_default() -> None:
    options = CLUSTER["authOptions"]
    assert options["mode"] == "token"
    secret = SECRETS[f"Secret {options['secretName']}"]
    assert secret["stringData"] == {"auth_token": ""}


@pytest.mark.parametrize("name", ["service member", "service serve"])
def test_the_service_joins_with_the_clusters_own_token(name: str) -> None:
    wanted = {"name": CLUSTER["authOptions"]["secretName"], "key": "auth_token"}
    assert key_from(CONTAINERS[name], "RAY_AUTH_MODE") == "token"
    assert key_from(CONTAINERS[name], "RAY_AUTH_TOKEN") == wanted


def test_no_secret_comes_with_a_value() -> None:
    secret = re.compile(r"token|password|passphrase|secret|key_id|ledger", re.I)
    values = [
        (name, value) for one in SECRETS.values() for name, value in one["stringData"].items()
    ]
    assert [name for name, value in values if secret.search(name) and value] == []
    assert any(secret.search(name) for name, _ in values)


def test_every_secret_that_is_referred_to_is_described() -> None:
    wanted = {
        reference["name"]
        for one in CONTAINERS.values()
        for reference in (
            *(source["secretRef"] for source in one.get("envFrom", ())),
            *(
                entry["valueFrom"]["secretKeyRef"]
                for entry in one.get("env", ())
                if "secretKeyRef" in entry.get("valueFrom", {})
            ),
        )
    }
    assert {f"Secret {name}" for name in wanted} == SECRETS.keys()


def test_the_head_does_not_encode_and_workers_as_much_as_they_have() -> None:
    assert CLUSTER["headGroupSpec"]["rayStartParams"]["num-cpus"] == "0"
    group = CLUSTER["workerGroupSpecs"][0]
    limits = CONTAINERS["worker ray-worker"]["resources"]["limits"]
    assert group["rayStartParams"]["num-cpus"] == limits["cpu"]
    assert group["minReplicas"] <= group["replicas"] <= group["maxReplicas"]


def test_ray_is_the_one_of_the_image() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())["project"]
    assert f"ray=={CLUSTER['rayVersion']}" in project["dependencies"]


@pytest.mark.parametrize("name", PODS)
def test_pods_run_as_the_images_user(name: str) -> None:
    user = re.search(r"^USER (\d+):(\d+)$", (ROOT / "Dockerfile").read_text(), re.M)
    assert user
    context = PODS[name]["securityContext"]
    assert context["runAsNonRoot"] is True
    assert (context["runAsUser"], context["runAsGroup"]) == (int(user[1]), int(user[2]))
    assert context["seccompProfile"] == {"type": "RuntimeDefault"}
    assert not {"hostNetwork", "hostPID", "hostIPC"} & PODS[name].keys()
    assert all("hostPath" not in one for one in PODS[name].get("volumes", ()))


@pytest.mark.parametrize("name", CONTAINERS)
def test_containers_have_no_privileges_and_the_same_image(name: str) -> None:
    context = CONTAINERS[name]["securityContext"]
    assert context["allowPrivilegeEscalation"] is False
    assert context.get("privileged", False) is False
    assert context["capabilities"] == {"drop": ["ALL"]}
    assert CONTAINERS[name]["image"] == CLUSTER["autoscalerOptions"]["image"] == "courseware-farm"
    assert {"requests", "limits"} <= CONTAINERS[name]["resources"].keys()


@pytest.mark.parametrize("name", [one for one in CONTAINERS if one != "service member"])
def test_probes_ask_ports_something_listens_on(name: str) -> None:
    """KubeRay's own would ask an agent that is not in the image."""
    container = CONTAINERS[name]
    ports = {one["name"]: one["containerPort"] for one in container["ports"]}
    ray = {
        "head ray-head": 6379,
        "worker ray-worker": int(
            CLUSTER["workerGroupSpecs"][0]["rayStartParams"]["node-manager-port"]
        ),
    }
    for kind in ("startupProbe", "readinessProbe", "livenessProbe"):
        probe = container[kind]
        port = (probe.get("tcpSocket") or probe["httpGet"])["port"]
        assert ports.get(port, port) == ray.get(name, 8080)


def test_the_service_speaks_to_the_cluster_by_its_member() -> None:
    """Which Ray's library finds among the processes, and reaches by its sockets."""
    pod, member = PODS["service"], CONTAINERS["service member"]
    assert pod["shareProcessNamespace"] is True
    assert member["restartPolicy"] == "Always"
    assert member["command"][member["command"].index("--slots") + 1] == "0"
    mounts = [
        {tuple(one.items()) for one in CONTAINERS[f"service {name}"]["volumeMounts"]}
        for name in ("member", "serve")
    ]
    assert mounts[0] <= mounts[1]


def test_files_in_progress_lie_where_workers_have_room() -> None:
    work = key_from(CONTAINERS["service serve"], "FARM_WORK")
    for name in ("service serve", "worker ray-worker"):
        assert work in [one["mountPath"] for one in CONTAINERS[name]["volumeMounts"]]


def test_policies_and_addresses_mean_pods_there_are() -> None:
    network, labels = objects("network.yaml"), {"app": "farm-service"}
    policies = {one["spec"]["podSelector"]["matchLabels"].popitem() for one in network.values()}
    assert policies == {("ray.io/cluster", "farm"), ("app", "farm-service")}
    template = SERVICE["Deployment farm-service"]["spec"]["template"]
    assert template["metadata"]["labels"] == labels
    assert SERVICE["Service farm-service"]["spec"]["selector"] == labels
    rule = objects("ingress.yaml")["Ingress farm"]["spec"]["rules"][0]["http"]["paths"][0]
    assert rule["backend"]["service"] == {"name": "farm-service", "port": {"name": "http"}}


def test_kustomize_puts_one_image_everywhere() -> None:
    kubectl = shutil.which("kubectl")
    if kubectl is None:
        pytest.skip("kubectl is not installed")
    done = subprocess.run(
        [kubectl, "kustomize", KUBERAY], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stderr
    images = re.findall(r"^\s*(?:- )?image: (\S+)$", done.stdout, re.M)
    chosen = yaml.safe_load((KUBERAY / "kustomization.yaml").read_text())["images"][0]
    assert set(images) == {f"{chosen['newName']}:{chosen['newTag']}"}
    assert len(images) == len(CONTAINERS) + 1


def test_the_services_command_lines_are_understood() -> None:
    for name in ("service member", "service serve"):
        program, command, *arguments = CONTAINERS[name]["command"]
        assert program == "farm"
        command_of(command).make_context(command, list(arguments))


def test_prometheus_asks_as_an_operator() -> None:
    (job,) = yaml.safe_load((DEPLOY / "prometheus" / "farm.yml").read_text())["scrape_configs"]
    assert job["metrics_path"] == "/metrics"
    assert job["authorization"]["type"] == "Bearer"
    assert "credentials" not in job["authorization"], "the key itself"


# --- plain machines ------------------------------------------------------------------------------


def settings(unit: Path) -> dict[str, list[str]]:
    found: dict[str, list[str]] = {}
    for line in unit.read_text(encoding="utf-8").splitlines():
        if "=" in line and not line.startswith("#"):
            name, _, value = line.partition("=")
            found.setdefault(name, []).append(value)
    return found


def environment(name: str) -> dict[str, str]:
    lines = (MACHINES / name).read_text(encoding="utf-8").splitlines()
    pairs = (line.partition("=") for line in lines if "=" in line and not line.startswith("#"))
    return {key: value.strip('"') for key, _, value in pairs}


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_units_run_unprivileged_and_with_a_token(unit: Path) -> None:
    said = settings(unit)
    assert said["User"] == ["farm"]
    assert said["NoNewPrivileges"] == ["yes"]
    assert said["CapabilityBoundingSet"] == [""]
    assert "RAY_AUTH_MODE=token" in said["Environment"][0]
    assert said["LoadCredential"] == ["ray-token:/etc/farm/ray-token"]
    assert "RAY_AUTH_TOKEN_PATH=%d/ray-token" in said["Environment"][0]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_what_a_unit_starts_is_understood(unit: Path) -> None:
    known = environment("cluster.env.example") | environment("farm.env.example")
    line = settings(unit)["ExecStart"][0]
    line = re.sub(r"\$\{?(\w+)\}?", lambda match: known[match[1]], line)
    program, command, *arguments = shlex.split(line)
    assert program.endswith("/bin/farm")
    context = command_of(command).make_context(command, arguments)
    if context.params.get("grace"):
        assert float(settings(unit)["TimeoutStopSec"][0]) > context.params["grace"]


@pytest.mark.parametrize("unit", UNITS, ids=lambda unit: unit.name)
def test_systemd_understands_it(unit: Path, tmp_path: Path) -> None:
    program = shutil.which("systemd-analyze")
    if program is None:
        pytest.skip("systemd is not installed")
    text = unit.read_text(encoding="utf-8")
    # it would have to be installed
    copy = tmp_path / unit.name
    copy.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", text, flags=re.M))
    done = subprocess.run([program, "verify", copy], capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (0, "")


def test_examples_hold_no_secret() -> None:
    for name in ("cluster.env.example", "farm.env.example"):
        values = environment(name)
        assert [
            key for key in values if re.search("SECRET|KEY_ID|TOKEN", key) and values[key]
        ] == []


def test_what_a_line_brought_before_it_broke_is_passed_on() -> None:
    text = (MACHINES / "nginx.conf").read_text()
    for line in ("proxy_request_buffering off;", "proxy_buffering off;", "client_max_body_size 0;"):
        assert line in re.sub(r" +", " ", text)


# --- names ---------------------------------------------------------------------------------------


def test_every_variable_that_is_named_is_read() -> None:
    taken = {
        parameter.envvar
        for name in COMMANDS
        for command in below(command_of(name))
        for parameter in command.params
        if parameter.envvar
    }
    pages = [*ROOT.glob("*.md"), *ROOT.glob("docs/*.md"), ROOT / "Dockerfile"]
    pages += [one for one in DEPLOY.rglob("*") if one.is_file()]
    named = {
        name for one in pages for name in re.findall(r"\bFARM_[A-Z_]+\b", one.read_text("utf-8"))
    }
    assert named - TESTS - SYSTEMD == taken | {PASSPHRASE}


def lines(page: Path) -> Iterator[str]:
    """Of a page's examples, whole."""
    text = page.read_text(encoding="utf-8").replace("\\\n", " ")
    for block in re.findall(r"^```\w*\n(.*?)^```", text, re.M | re.S):
        yield from block.splitlines()


@pytest.mark.parametrize("page", TOLD, ids=lambda page: str(page.relative_to(ROOT)))
def test_examples_use_options_there_are(page: Path) -> None:
    wrong = []
    for line in lines(page):
        for name, rest in re.findall(
            r"(?:^|(?<!-[nu])[\s/])farm ([a-z]+)\b([^|&;]*)", line.partition("#")[0]
        ):
            assert name in COMMANDS, line
            known = {
                option
                for command in below(command_of(name))
                for parameter in command.params
                for option in (*parameter.opts, *parameter.secondary_opts)
            }
            asked = set(re.findall(r"(?<=\s)--[a-z-]+", rest))
            wrong += [f"{line}: {option}" for option in asked - known - {"--help"}]
    assert wrong == []


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_pages_lead_somewhere(page: Path) -> None:
    broken = []
    for link in re.findall(r"\]\(([^)\s]+)\)", page.read_text(encoding="utf-8")):
        name, _, anchor = link.partition("#")
        target = page.parent / name if name else page
        if "://" not in link and not (
            target.exists() and (not anchor or anchor in anchors(target))
        ):
            broken.append(link)
    assert broken == []
