"""What new settings of a campaign would do."""

from collections.abc import Mapping
from typing import Any

from worker.models import Campaign
from worker.text import dates
from worker.wording.acts import Before
from worker.wording.organizers import O_, catalogue
from worker.wording.settings import LABELS, value


def change_of(campaign: Campaign, before: Mapping[str, Any], after: Mapping[str, Any], language: str = "en") -> Before:
    """What stood and what stands, by key; `campaign` is set so."""
    words, leaves_at = catalogue(language), campaign.review_ends_at
    lines = []
    for key, stood in before.items():
        label = words.gettext(LABELS[key])
        said = words.gettext(O_("%(setting)s: %(new)s. Until now: %(old)s.")) % {
            "setting": label[:1].upper() + label[1:],
            "new": value(key, after[key], language),
            "old": value(key, stood, language),
        }
        lines.append(said)
    if leaves_at is not None and "review" in before:
        moment = dates.day_and_time(leaves_at, campaign.zone, language)
        lines.append(words.gettext(O_("The letter leaves on %(moment)s at the earliest.")) % {"moment": moment})
    if "reply_to" in before:
        lines.append(
            words.gettext(
                O_(
                    "Your own emails about this campaign go to the new address too. Answers to emails that have left "
                    "already still come to the old one: keep reading it."
                )
            )
        )
    if {"public_page", "show_signers"} & before.keys():
        lines.append(words.gettext(O_("It cannot be made to show more again: partners would need to be asked anew.")))
    takes_voices = campaign.members != "closed" and campaign.voices_stopped_at is None
    if "public_page" in before and takes_voices and not campaign.is_public:
        lines.append(words.gettext(O_("Nobody can add a voice from now on. Those that are there still count.")))
    if "reply_to" in before:
        lines.append(
            words.gettext(
                O_(
                    "Emails tell this to the old address, and to each owner who has an email address. No other email "
                    "leaves for it."
                )
            )
        )
    else:
        lines.append(words.gettext(O_("No email leaves for it.")))
    return Before(words.gettext(O_("Change these settings?")), lines, words.gettext(O_("Change these settings")))
