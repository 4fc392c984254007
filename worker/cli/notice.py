"""What an organizer types to tell an addressee who stepped back."""

from worker.cli import console
from worker.cli.options import Name


def notice(name: Name) -> None:
    """Print what to tell each addressee about those who stepped back after the letter had left; nothing is sent.

    Example: `undersigned notice cambodia-2023`
    """
    from worker.cli import lookup
    from worker.state.disclosures import load_notices
    from worker.state.letters import load_letters
    from worker.wording.notice import as_text

    with lookup.looking(name) as (session, campaign):
        found = load_notices(session, campaign, load_letters(session, campaign))
        texts = [as_text(campaign, one) for one in found]
    if not texts:
        console.fail("Nobody has stepped back after the letter left: there is nothing to tell.")
    console.in_utf8()
    print("\n".join(texts), end="")
    console.say("Read it, and send it from your own mail. It names organizations: pass it on to nobody else.")
