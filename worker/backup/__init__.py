"""Backups as files that only the holder of a passphrase opens: made while everything runs, and put back.

A backup is a tar of two files that the plain `age` tool opens too: `identity.age`, a key under the passphrase, and
`data.age`, a tar under that key. `archive.py` says what is in it, `rows.py` how rows are written so that each
database reads what the other wrote, `identity.py` whose key it is, `folder.py` which backups are kept for how long.
`make.py` writes one, `restore.py` puts one back.
"""

PARTIAL = ".partial"  # how the name of a file ends that is not written to its end


class BackupError(Exception):
    """No backup can be made or put back as things are; each kind says why, and nothing was changed."""


class NoIdentity(BackupError):
    """There is no key yet under which a backup could be made: `backup --init` makes one."""


class DamagedIdentity(BackupError):
    """The key and its public half do not belong together, so that nobody could open a backup."""


class WrongPassphrase(BackupError):
    """The passphrase is not the one under which the backup's key was written."""


class TooMuchWork(BackupError):
    """The key was made on a machine that is so much faster that this one would take minutes to open it."""


class NotABackup(BackupError):
    """The file is no backup of ours."""


class Damaged(BackupError):
    """The backup was cut or changed."""


class NewerBackup(BackupError):
    """A newer version made it; the message is the version."""


class NotEmpty(BackupError):
    """There is something already where the backup should be put."""


class OtherKey(BackupError):
    """SECRET_KEY is set, and is not the key that belongs to the rows of the backup."""


class BeingMade(BackupError):
    """Another process makes a backup in this folder just now."""


class NoFolder(BackupError):
    """No file was named, and BACKUP_DIR is not set."""
