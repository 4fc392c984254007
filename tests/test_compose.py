"""What runs for real, checked without a docker engine: the compose file, the image, Caddy's file, .env.example."""

import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import typer
import yaml
from compose_spec import PyCompose

from worker import settings
from worker.cli import processes
from worker.settings import CHECKOUT, PREFIX, Settings

COMPOSE = (CHECKOUT / "docker-compose.yml").read_text()
EXAMPLE = (CHECKOUT / ".env.example").read_text()
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()

SERVICES: dict[str, dict[str, Any]] = yaml.safe_load(COMPOSE)["services"]
OURS = ["web", "worker", "migrate"]
OUTSIDE = "outside"  # the only network from which the world can be reached

FILLED_IN = {
    "DOMAIN": "letters.example.org",
    "POSTGRES_PASSWORD": "0123abcd",
    "UNDERSIGNED_SECRET_KEY": "0123456789abcdef0123456789abcdef",
    "UNDERSIGNED_SMTP_URL": "smtps://user:password@mail.example.org",
    "UNDERSIGNED_MAIL_FROM": "letters@example.org",
}

every_service = pytest.mark.parametrize("name", SERVICES)
each_of_ours = pytest.mark.parametrize("name", OURS)


def validated(text: str) -> None:
    """Read a compose file as the specification has it, its anchors resolved; raises ValueError."""
    PyCompose.from_json(json.dumps(yaml.safe_load(text))).validate()


def test_the_compose_file_keeps_to_the_specification():
    validated(COMPOSE)


@pytest.mark.parametrize(
    ("right", "wrong", "told"),
    [("stop_grace_period", "stop_grace", "stop_grace"), ("[inside]", "[in]", "`in`")],
)
def test_a_compose_file_that_does_not_is_refused(right, wrong, told):
    with pytest.raises(ValueError, match=told):
        validated(COMPOSE.replace(right, wrong))


def test_all_the_parts_are_there():
    assert set(SERVICES) == {"caddy", "web", "worker", "migrate", "db", "redis", "mailpit"}


@every_service
def test_what_a_service_waits_for_exists_and_can_come_true(name):
    for target, wait in SERVICES[name].get("depends_on", {}).items():
        awaited = SERVICES[target]
        if wait["condition"] == "service_healthy":
            assert "test" in awaited["healthcheck"]
        else:
            assert wait["condition"] == "service_completed_successfully"
            assert awaited["restart"] == "no"


@pytest.mark.parametrize("name", ["web", "worker"])
def test_whoever_uses_the_database_waits_for_its_migration(name):
    assert SERVICES[name]["depends_on"]["migrate"]["condition"] == "service_completed_successfully"


def test_the_database_is_migrated_once():
    migrating = [name for name, service in SERVICES.items() if "migrate" in service.get("command", [])]
    assert migrating == ["migrate"]
    assert SERVICES["migrate"]["restart"] == "no"


@each_of_ours
def test_each_command_is_one_that_the_program_knows(name):
    program, command, *options = SERVICES[name]["command"]
    assert program == "undersigned"
    _parses(command, options)


def test_the_command_of_the_image_is_one_that_the_program_knows():
    [line] = re.findall(r"^CMD (.*)$", DOCKERFILE, re.MULTILINE)
    program, command, *options = yaml.safe_load(line)
    assert program == "undersigned"
    _parses(command, options)


def test_only_caddy_can_be_reached_from_outside_and_what_is_for_trying_from_this_machine():
    published = {name: service["ports"] for name, service in SERVICES.items() if "ports" in service}
    assert published.pop("caddy") == ["80:80", "443:443", "443:443/udp"]
    for name, ports in published.items():
        assert SERVICES[name]["profiles"] == ["trying"]
        assert all(port.startswith("127.0.0.1:") for port in ports)


@pytest.mark.parametrize("name", ["db", "redis"])
def test_database_and_redis_are_on_a_network_without_a_way_out_and_without_caddy(name):
    networks = yaml.safe_load(COMPOSE)["networks"]
    assert all(networks[network]["internal"] for network in SERVICES[name]["networks"])
    assert not set(SERVICES[name]["networks"]) & set(SERVICES["caddy"]["networks"])


def test_only_caddy_and_those_who_send_mail_reach_the_world():
    assert {name for name, service in SERVICES.items() if OUTSIDE in service["networks"]} == {
        "caddy",
        "worker",
        "mailpit",
    }


@every_service
def test_every_service_is_shut_in(name):
    service = SERVICES[name]
    assert service["read_only"] is True
    assert service["cap_drop"] == ["ALL"]
    assert service.get("cap_add", []) == (["NET_BIND_SERVICE"] if name == "caddy" else [])
    assert "no-new-privileges:true" in service["security_opt"]
    assert "privileged" not in service


@every_service
def test_nobody_but_caddy_runs_as_root(name):
    assert name == "caddy" or SERVICES[name]["user"] in {"10001:10001", "postgres", "valkey"}


@every_service
def test_every_service_that_goes_on_tells_its_health_and_comes_back(name):
    if name != "migrate":
        assert SERVICES[name]["healthcheck"]["test"][0] == "CMD"
        assert SERVICES[name]["restart"] == "unless-stopped"


def test_campaigns_can_be_read_where_organizers_type_and_written_nowhere():
    mounted = {name: volumes for name in OURS if (volumes := SERVICES[name].get("volumes"))}
    assert mounted == {"worker": ["./campaigns:/app/campaigns:ro"]}


def test_only_who_sends_mail_knows_the_relay_and_its_password():
    assert [name for name in SERVICES if "UNDERSIGNED_SMTP_URL" in SERVICES[name].get("environment", {})] == ["worker"]


def test_what_is_mounted_from_this_folder_exists():
    mounted = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    assert all((CHECKOUT / path).exists() for path in mounted if path.startswith("./"))


def test_every_volume_is_declared_and_used():
    mounted = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    assert {path for path in mounted if not path.startswith("./")} == set(yaml.safe_load(COMPOSE)["volumes"])


def test_redis_loses_nothing_without_a_word():
    command = " ".join(SERVICES["redis"]["command"])
    assert "--maxmemory-policy noeviction" in command
    assert "--appendonly yes --appendfsync everysec" in command


def test_every_variable_is_in_the_example_and_what_must_be_set_says_so():
    for variable, required in re.findall(r"\$\{(\w+)(:\?[^}]*)?\}", COMPOSE):
        assert re.search(rf"^{variable}=$", EXAMPLE, re.MULTILINE), f"{variable} is not left to be filled in"
        assert len(required.split()) > 3, f"{variable} has no sentence"


def test_the_example_asks_for_nothing_that_is_not_used():
    asked = set(re.findall(r"^(\w+)=$", EXAMPLE, re.MULTILINE))
    assert asked == set(re.findall(r"\$\{(\w+)", COMPOSE)) == set(FILLED_IN)


@each_of_ours
def test_with_the_example_filled_in_the_settings_are_accepted(name, monkeypatch):
    for variable, value in _environment(name).items():
        monkeypatch.setenv(variable, value)
    settings.current.cache_clear()
    conf = settings.current()
    assert not conf.embedded
    assert conf.public_url == "https://letters.example.org"
    assert conf.database == "postgresql+psycopg://undersigned:0123abcd@db/undersigned"


@each_of_ours
def test_each_process_starts_on_what_it_is_told(name, monkeypatch):
    for variable, value in _environment(name).items():
        monkeypatch.setenv(variable, value)
    settings.current.cache_clear()
    processes._check_settings(queue=name == "worker", relay=name == "worker")


@each_of_ours
def test_only_settings_are_passed_on(name):
    passed = {variable.removeprefix(PREFIX).lower() for variable in SERVICES[name]["environment"]}
    assert passed <= {*Settings.model_fields, *(["forwarded_allow_ips"] if name == "web" else [])}


def test_what_the_example_leaves_open_is_passed_on():
    section = EXAMPLE.split("# What docker-compose.yml passes on", 1)[1].split("\n# What docker-compose.yml sets", 1)[0]
    offered = set(re.findall(r"^# (UNDERSIGNED_\w+)=", section, re.MULTILINE))
    assert offered == {variable for variable, value in SERVICES["worker"]["environment"].items() if value is None}


@pytest.mark.parametrize("name", Settings.model_fields)
def test_every_setting_is_in_the_example_with_its_sentence_and_its_default(name):
    field = Settings.model_fields[name]
    value = str(field.default).removeprefix(f"{CHECKOUT}/")
    variable = f"{PREFIX}{name.upper()}"
    offered = f"# {field.description}\n# {variable}={value}\n"
    asked = f"# {field.description}\n{variable}=\n"
    assert offered in EXAMPLE or (variable in FILLED_IN and asked in EXAMPLE)


def test_every_variable_of_the_example_is_a_setting_or_used_by_compose_alone():
    named = re.findall(r"^(?:# )?(\w+)=", EXAMPLE, re.MULTILINE)
    ours = [name.removeprefix(PREFIX).lower() for name in named if name.startswith(PREFIX)]
    assert sorted(ours) == sorted(Settings.model_fields)
    assert {name for name in named if not name.startswith(PREFIX)} == {"DOMAIN", "POSTGRES_PASSWORD"}


def test_the_dockerfile_passes_hadolint():
    hadolint = Path(sys.executable).with_name("hadolint")
    linted = subprocess.run([hadolint, CHECKOUT / "Dockerfile"], capture_output=True, text=True, check=False)
    assert (linted.returncode, linted.stdout) == (0, "")


def test_what_the_image_copies_exists_and_is_let_in():
    copied = [
        source.rstrip("/")
        for line in re.findall(r"^COPY (?!--from)(.*)$", DOCKERFILE, re.MULTILINE)
        for source in line.split()[:-1]
    ]
    assert all((CHECKOUT / source).exists() for source in copied)
    assert set(copied) == _let_in()


def test_the_image_holds_no_secret_and_nothing_of_a_campaign():
    assert not _let_in() & {".env", "secrets", "out", "var", "campaigns", ".git", "tests"}
    first = next(line for line in (CHECKOUT / ".dockerignore").read_text().splitlines() if not line.startswith("#"))
    assert first == "*"


def test_the_final_image_is_without_tools_and_without_root():
    final = DOCKERFILE.split("\nFROM ")[-1]
    assert "pip" not in final
    assert "apt" not in final
    assert "venv --without-pip" in DOCKERFILE
    user = re.findall(r"^USER (.*)$", final, re.MULTILINE)[-1]
    assert {user} == {SERVICES[name]["user"] for name in OURS}
    assert "HEALTHCHECK" in final


def test_what_is_installed_is_pinned_and_hashed():
    assert "--require-hashes --requirement requirements.txt" in DOCKERFILE
    assert "--require-hashes --requirement requirements-build.txt" in DOCKERFILE
    assert "--no-index dist/*.whl" in DOCKERFILE


def test_caddy_keeps_no_path_sends_hsts_and_limits_what_is_posted():
    caddyfile = (CHECKOUT / "Caddyfile").read_text()
    assert caddyfile.count("\tlog {") == 1  # the one that tells errors, without their request
    assert re.search(r"fields \{\s+request delete\s+\}", caddyfile)
    assert "Strict-Transport-Security" in caddyfile
    assert "max_size 64KB" in caddyfile
    assert set(re.findall(r"\{\$(\w+)\}", caddyfile)) == set(SERVICES["caddy"]["environment"])
    assert re.findall(r"reverse_proxy (.*)", caddyfile) == ["web:8000"]


def test_how_long_mail_has_waited_is_not_told_outside():
    caddyfile = (CHECKOUT / "Caddyfile").read_text()
    assert re.search(r"^\trespond /readyz\* 404$", caddyfile, re.MULTILINE)


def test_no_dotenv_lies_in_the_repository():
    tracked = subprocess.run(["git", "ls-files", ".env"], cwd=CHECKOUT, capture_output=True, text=True, check=False)
    assert tracked.stdout == ""


def _parses(command: str, options: list[str]) -> None:
    """Let the command line read these words, without running anything; raises what a person would be told."""
    from worker.cli.commands import app

    group = typer.main.get_command(app)
    known = group.commands[command]  # type: ignore[attr-defined]
    known.make_context(command, options).close()


def _environment(service: str) -> dict[str, str]:
    """A service's environment as compose makes it out of .env."""
    return {
        variable: re.sub(r"\$\{(\w+)[^}]*\}", lambda found: FILLED_IN[found[1]], value)
        for variable, value in SERVICES[service]["environment"].items()
        if value is not None
    }


def _let_in() -> set[str]:
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    return {line.removeprefix("!") for line in lines if line.startswith("!")}
