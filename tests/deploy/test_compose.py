"""docker-compose.yml without an engine: what the schema cannot see."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml

BIN = Path(sys.executable).parent
ROOT = Path(__file__).resolve().parents[2]
COMPOSE = ROOT / "docker-compose.yml"
TEXT = COMPOSE.read_text("utf-8")
FILE: dict[str, Any] = yaml.safe_load(TEXT)
SERVICES: dict[str, dict[str, Any]] = FILE["services"]
ONE_OFF = {"migrate"}
SECRET = re.compile(r"KEY|PASSWORD|SECRET|TOKEN")
REQUIRED = {
    "SECRET_KEY": "x",
    "ALLOWED_HOSTS": "x",
    "PORTAL_URL": "https://x",
    "POSTGRES_PASSWORD": "x",
    "REDIS_PASSWORD": "x",
}

SCHEMA = (str(BIN / "check-jsonschema"), "-q", "--builtin-schema", "vendor.compose-spec", COMPOSE.name)
# Compose 1 sees more than the schema does; it is asked where it is installed.
CHECKERS = [
    SCHEMA,
    *([("docker-compose", "-f", COMPOSE.name, "config", "-q")] if shutil.which("docker-compose") else []),
]

each_service = pytest.mark.parametrize("name", SERVICES)


@pytest.mark.parametrize("checker", CHECKERS, ids=lambda checker: Path(checker[0]).name)
def test_the_file_is_understood(checker: tuple[str, ...]):
    done = subprocess.run(checker, env=os.environ | REQUIRED, cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stdout + done.stderr


def test_it_is_written_for_compose_1_too():
    assert "name" not in FILE
    assert not [name for name, service in SERVICES.items() if "env_file" in service or "develop" in service]


def test_every_part_of_the_issue_is_there():
    assert set(SERVICES) == {"nginx", "web", "worker", "beat", "migrate", "db", "redis"}


@each_service
def test_what_a_service_waits_for_exists_and_can_reach_that_state(name: str):
    for other, how in SERVICES[name].get("depends_on", {}).items():
        condition = how["condition"]
        if condition == "service_completed_successfully":
            assert other in ONE_OFF
        else:
            assert (condition, "healthcheck" in SERVICES[other]) == ("service_healthy", True)


def test_nobody_waits_in_a_circle():
    def behind(name: str, path: tuple[str, ...]) -> None:
        assert name not in path, f"circle: {path}"
        for other in SERVICES[name].get("depends_on", {}):
            behind(other, (*path, name))

    for name in SERVICES:
        behind(name, ())


@each_service
def test_volumes_and_networks_resolve(name: str):
    for volume in SERVICES[name].get("volumes", []):
        source = re.sub(r"\$\{[A-Z_]+:-([^}]*)\}", r"\1", volume).split(":")[0]
        if source.startswith("./deploy/"):
            assert (ROOT / source).exists(), source
        elif not source.startswith("."):
            assert source in FILE["volumes"], source
    assert SERVICES[name]["networks"], "a service without networks is on none of ours"
    assert set(SERVICES[name]["networks"]) <= set(FILE["networks"])


def test_every_named_volume_and_network_is_used():
    volumes = {volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])}
    networks = {network for service in SERVICES.values() for network in service["networks"]}
    assert set(FILE["volumes"]) <= volumes
    assert set(FILE["networks"]) == networks


@each_service
def test_a_service_is_watched_or_runs_once(name: str):
    service = SERVICES[name]
    if name in ONE_OFF:
        assert service["restart"] == "no"
    else:
        assert service["restart"] == "unless-stopped"
        assert {"test", "interval", "timeout", "retries", "start_period"} == set(service["healthcheck"])


@each_service
def test_durations_are_understood(name: str):
    check = SERVICES[name].get("healthcheck", {})
    durations = [check.get(key, "1s") for key in ("interval", "timeout", "start_period")]
    durations.append(SERVICES[name].get("stop_grace_period", "10s"))
    assert all(re.fullmatch(r"\d+(ms|s|m|h)", duration) for duration in durations), durations


@each_service
def test_a_container_gets_no_more_than_it_needs(name: str):
    service = SERVICES[name]
    assert re.fullmatch(r"[1-9]\d*:[1-9]\d*", service["user"]), "a numeric user other than root"
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service["security_opt"] == ["no-new-privileges:true"]
    assert "/tmp" in service["tmpfs"]
    assert not {"privileged", "cap_add", "network_mode", "pid", "devices"} & set(service)


@each_service
def test_images_are_pinned(name: str):
    image = SERVICES[name]["image"]
    tag = image.rpartition(":")[2]
    assert image == "${PORTAL_IMAGE:-fenghua-portal:latest}" or re.match(r"\d+(\.\d+)?", tag), image


def test_only_nginx_is_reached_from_outside():
    assert [name for name, service in SERVICES.items() if "ports" in service] == ["nginx"]
    assert FILE["networks"]["back"]["internal"] is True
    assert [name for name, service in SERVICES.items() if service["networks"] == ["back"]] == [
        "beat",
        "migrate",
        "db",
        "redis",
    ]


def test_no_secret_is_written_down():
    for name, service in SERVICES.items():
        for key, value in service.get("environment", {}).items():
            if SECRET.search(key):
                assert re.fullmatch(r"\$\{[A-Z_]+:\?[^}]+\}", value), f"{name}: {key}"
    for line in TEXT.splitlines():
        for address in re.findall(r"\w+://[^@\s]*@", line):
            assert re.search(r":\$\{[A-Z_]+:\?[^}]+\}@$", address), line


def test_a_missing_secret_is_named():
    wanted = {"SECRET_KEY", "POSTGRES_PASSWORD", "REDIS_PASSWORD", "ALLOWED_HOSTS", "PORTAL_URL"}
    assert set(re.findall(r"\$\{([A-Z_]+):\?", TEXT)) == wanted == set(REQUIRED)


def test_redis_keeps_its_queue_and_refuses_rather_than_forgets():
    assert "--appendonly yes --maxmemory-policy noeviction" in SERVICES["redis"]["command"][2]


def test_whoever_holds_work_gets_a_minute_to_stop():
    for name in ("web", "worker", "beat", "db", "redis"):
        assert SERVICES[name]["stop_grace_period"] == "60s"


def test_beat_writes_where_it_may():
    command = SERVICES["beat"]["command"]
    schedule = command[command.index("--schedule") + 1]
    assert "beat:" + str(Path(schedule).parent) in SERVICES["beat"]["volumes"]
