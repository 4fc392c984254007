"""What an organizer types to find every problem of a folder."""

from worker.cli import console
from worker.cli.options import Deadline, Folder, Reminders, Review


def check(folder: Folder, deadline: Deadline = None, reminders: Reminders = None, review: Review = None) -> None:
    """Find every problem of a campaign's folder at once; changes nothing.

    Example: `undersigned check campaigns/cambodia-2023 --deadline "in 2 weeks"`
    """
    from worker.cli import folder as folders
    from worker.cli import lookup

    definition = folders.read(folder, deadline, reminders, review)
    folders.say_who_gets_no_mail(lookup.suppressed(definition))
    console.say(folders.summary(definition))
    console.say(f"\nNo problems. Next: {folders.with_options('preview', folder, deadline, reminders, review)}")
