"""What an organizer types to tell an addressee who stepped back."""

from worker.cli import console
from worker.cli.options import Json, Name


def notice(name: Name, as_json: Json = False) -> None:
    """Print what to tell each addressee about organizations that withdrew after the letter was sent. Sends nothing.

    Example: `undersigned notice cambodia-2023`
    """
    from worker.cli import lookup
    from worker.state.disclosures import copies, load_notices
    from worker.state.letters import load_letters
    from worker.wording.notice import as_text

    with lookup.looking(name) as (session, campaign):
        letters = load_letters(session, campaign)
        found = load_notices(session, campaign, letters)
        texts = [as_text(campaign, one) for one in found]
        data = [
            {"addressee": one.addressee.name, "email": one.addressee.email or None, "text": text}
            for one, text in zip(found, texts, strict=True)
        ]
        reached = [one.addressee for one in copies(campaign, letters)]
        lacking = [one.name for one in campaign.letter.addressees if one not in reached]
    if as_json:
        console.give(data)
        return
    if not texts:
        console.nothing_to_do("No organization has withdrawn since the letter was sent: there is nothing to tell.")
    console.in_utf8()
    print("\n".join(texts), end="")
    if lacking:
        console.say(f"{console.some(lacking)} will get a letter that does not name them any more.")
    console.say(
        "Read it, and send it from your own email account. It names organizations: do not pass it on to anybody else."
    )
