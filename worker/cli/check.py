"""What an organizer types to find every problem of a folder."""

from worker.cli import console
from worker.cli.options import Deadline, Folder, Reminders, Review


def check(folder: Folder, deadline: Deadline = None, reminders: Reminders = None, review: Review = None) -> None:
    """Find every problem of a campaign's folder at once; changes nothing.

    Example: `undersigned check campaigns/cambodia-2023 --deadline "in 2 weeks"`
    """
    from worker.cli import campaign_folder, lookup
    from worker.definition.encodings import Doubt
    from worker.definition.letters import Pasted

    definition = campaign_folder.read_folder(folder, deadline, reminders, review)
    campaign_folder.say_who_gets_no_mail(lookup.suppressed(definition))
    campaign_folder.say_who_could_be_guessed(definition)
    console.say(campaign_folder.summary(definition))
    found = "No problems."
    if any(isinstance(remark, Doubt) for remark in definition.remarks):
        found = "No problems, but letters that may be wrong: look at the cells above first."
    elif any(isinstance(remark, Pasted) for remark in definition.remarks):
        found = "No problems, but a letter that may print otherwise than you mean: look at its lines above first."
    console.say(f"\n{found} Next: {campaign_folder.with_options('preview', folder, deadline, reminders, review)}")
