"""nodemailer's pool, used as its page says: a transport that is kept, and each mail built for its recipient."""

import json
import shutil
import subprocess
from email import message_from_bytes, policy
from pathlib import Path

from tests.bench import fetched
from worker.mail.mime import Envelope

HERE = Path(__file__).parent / "node"
PINNED = ("package.json", "package-lock.json")  # with the hash of what is installed
TIMEOUT_S = 120  # seconds for one run


class Nodemailer:
    def __init__(self, folder: Path) -> None:
        self._folder = folder
        if shutil.which("node") is None:
            raise fetched.NotHere("there is no node on this machine")

    def send(self, port: int, mails: int, like: Envelope) -> float:
        """Seconds for each mail, without the start of node and a few mails to warm up; they say what `like` says."""
        job = {"port": port, "mails": mails, "sender": like.sender, **_words(like.content)}
        done = subprocess.run(
            ["node", str(HERE / "send.mjs")],
            cwd=self._folder,
            input=json.dumps(job),
            check=True,
            timeout=TIMEOUT_S,
            capture_output=True,
            text=True,
        )
        return float(done.stdout)


def installed(*, may_fetch: bool) -> Nodemailer:
    """The pinned version, its hash checked by npm, and no script of it run. Raises NotHere."""
    version = json.loads((HERE / "package.json").read_text())["dependencies"]["nodemailer"]
    return Nodemailer(fetched.once(f"nodemailer-{version}", _install, may_fetch=may_fetch))


def _install(folder: Path) -> None:
    for name in PINNED:
        shutil.copy(HERE / name, folder)
    fetched.run("npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", into=folder)


def _words(content: bytes) -> dict[str, str]:
    mail = message_from_bytes(content, policy=policy.SMTP)
    bodies = {kind: mail.get_body((kind,)) for kind in ("plain", "html")}
    return {kind: str(body.get_content()) for kind, body in bodies.items() if body is not None}
