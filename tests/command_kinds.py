"""Of which kind each command is: what it asks, and which options it takes."""

ASKS = "asks before it changes or mails: takes --yes and --dry-run"
ACTS = "changes or writes without a question: takes --dry-run, and --yes for scripts"
LOOKS = "changes nothing: takes --yes for scripts"
RUNS = "runs until it is ended, or plays with nobody real: takes --yes for scripts"
KINDS = {
    **dict.fromkeys(["launch", "remind", "extend", "amend", "resume", "sign", "decline", "withdraw", "contacts"], ASKS),
    **dict.fromkeys(["launch", "remind", "extend", "amend", "change", "resume", "sign", "withdraw", "contacts"], ASKS),
    **dict.fromkeys(["launch", "remind", "extend", "amend", "panic", "resume", "sign", "withdraw", "contacts"], ASKS),
    **dict.fromkeys(["silence", "admit", "merge", "close", "dispatch", "resend", "cancel", "erase"], ASKS),
    **dict.fromkeys(["backup", "restore", "members", "words", "digest", "reply", "notice"], ASKS),
    **dict.fromkeys(["launch", "remind", "extend", "amend", "resume", "sign", "withdraw", "contacts"], ASKS),
    **dict.fromkeys(
        ["add", "remove", "silence", "admit", "merge", "close", "dispatch", "resend", "cancel", "erase"], ASKS
    ),
    **dict.fromkeys(["backup", "restore", "members", "words", "digest"], ASKS),
    **dict.fromkeys(["backup", "restore", "members", "words", "digest", "panic", "two-persons"], ASKS),
    **dict.fromkeys(["new", "preview", "hold", "carry", "export", "doctor", "migrate", "rekey", "organizer"], ACTS),
    **dict.fromkeys(["check", "todo", "status", "log", "mails"], LOOKS),
    "notes": ACTS,
    **dict.fromkeys(["check", "todo", "status", "log", "notice", "mails"], LOOKS),
    **dict.fromkeys(["demo", "up", "web", "worker", "beat"], RUNS),
}
DATA = {
    *("todo", "status", "log", "contacts", "carry", "mails", "notice", "check", "preview", "export"),
    *("doctor", "resume", "members", "words", "digest", "organizer", "notes"),
}
TYPES_ITS_NAME = {"close", "cancel", "dispatch", "merge", "erase"}
