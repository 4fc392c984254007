"""Undersigned: a joint letter from the first invitation to the addressee's mailbox.

Read `tasks.py` first: it is the life of a campaign in the order in which it happens. Each task opens a
transaction, lets one act write rows, and rings for the next. Then follow one mail and one answer:

    cli/launch.py launch        definition/campaign.py reads a folder; acts/launch.py makes it rows
    tasks.invite                acts/invite.py puts a mail into mail/outbox.py for every partner
    tasks.deliver               mail/delivery.py claims, mail/messages.py words, mail/mime.py sets as bytes,
                                mail/smtp.py sends, mail/outbox.py marks, mail/circuit_breaker.py knows whether the
                                relay is
                                at fault
    web/partner_page.py         the page behind tokens.link(), which web/link_auth.py looks up and web/page_cache.py
                                shows
                                to the many who only look; web/code_page.py is what every page behind a link and a
                                code does; web/batching.py gathers what comes at the same time;
                                acts/answer.py records what was said, as far as acts/stages.py allows it;
                                web/disown.py that somebody else said it, web/listing_page.py how it is printed,
                                web/pass_on.py that another person answers; web/public_page.py is what everybody reads
                                (acts/public_letters.py knows which letters are before and after it),
                                web/join.py where others ask to sign
    tasks.record, remind        a receipt for each answer; a reminder for the silent
    tasks.close                 acts/close.py locks the campaign and seals: state/signatories.py decides who is
                                named, acts/sheets.py words the letter, wording/letter_{text,html,pdf,docx}.py
                                set it
    tasks.dispatch, report      acts/dispatch.py sends the seal, acts/report.py copies to who signed
    tasks.bounces               mail/bounce_mailbox.py reads what came back, acts/bounces.py writes it down
    cli/amending.py             acts/reword.py changes the letter meanwhile, and asks again whom it concerns
    tasks.erase                 acts/erase.py forgets contacts and withheld names, when their time has come
    tasks.sweep                 acts/calendar.py knows what is due and nobody rang for

The rooms, and what each may import (arrows go down and never return; tests/test_arrows.py keeps them true):

    settings log registry prose         what an operator sets; tables by name; Markdown as a tree
    text/                               words without rows: languages, characters
    countries changes choices models    what can be answered, and what we remember
    tokens db render                    links and codes; transactions, clock and locks; templates
    definition/ mail/ migrations/       what is asked and said; they know nothing of each other
    state/                              what holds now: reads only
    wording/                            the letter in its formats
    acts/                               one module an act: gets a session, writes rows, sends nothing
    startup.py                          what is looked at before a process begins: nothing is registered by half
    tasks.py                            the queue: a doorbell, the truth is in the rows
    web/ cli/ embedded.py               what partners, organizers and operators touch

Celery is imported in `tasks` and `embedded` only, network clients in `mail/smtp` and `mail/bounce_mailbox` (and in
`cli/demo/partner`, which plays the partners of the demo, and in the checks of
`cli/doctor`, which tries everything), the web framework in `web/`. Nothing connects at import.
"""
