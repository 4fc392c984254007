"""Of which kind each command is: what it asks, and which options it takes."""

ASKS = "asks before it changes or mails: takes --yes and --dry-run"
ACTS = "changes or writes without a question: takes --dry-run, and --yes for scripts"
LOOKS = "changes nothing: takes --yes for scripts"
RUNS = "runs until it is ended, or plays with nobody real: takes --yes for scripts"
KINDS = {
    **dict.fromkeys(["launch", "remind", "extend", "amend", "change", "panic", "resume", "contacts"], ASKS),
    **dict.fromkeys(["sign", "decline", "withdraw", "add", "remove", "silence", "admit", "merge"], ASKS),
    **dict.fromkeys(["close", "dispatch", "resend", "cancel", "reply", "notice", "erase", "two-persons"], ASKS),
    **dict.fromkeys(["backup", "restore", "members", "words", "digest"], ASKS),
    **dict.fromkeys(["new", "preview", "hold", "carry", "export", "doctor", "migrate", "rekey", "organizer"], ACTS),
    "notes": ACTS,
    **dict.fromkeys(["check", "todo", "status", "log", "mails"], LOOKS),
    **dict.fromkeys(["demo", "up", "web", "worker", "beat"], RUNS),
}
DATA = {
    *("todo", "status", "log", "contacts", "carry", "mails", "notice", "check", "preview", "export"),
    *("doctor", "resume", "members", "words", "digest", "organizer", "notes"),
}
TYPES_ITS_NAME = {"close", "cancel", "dispatch", "merge", "erase"}
