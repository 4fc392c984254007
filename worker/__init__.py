"""Undersigned: a joint letter from the first invitation to the addressee's mailbox.

Read `tasks.py` first: it is the life of a campaign in the order in which it happens. Each task opens a
transaction, lets one act write rows, and notifies the next. Then follow one mail, one answer and one deadline:

    cli/new.py                  definition/partners.py takes a list over (workbook.py: out of a spreadsheet) and
                                definition/letter_files.py a letter (word.py: out of Word). What strangers made is read
                                in a process of its own (child_process.py).
                                What is wrong is said in phrases (text/phrases.py): English for commands, and for the
                                desk in its reader's language (wording/organizers.py)
    cli/check.py                definition/letters.py asks text/markdown_lint.py what is lost, and text/pasted_text.py
                                what was pasted as plain lines
    cli/launch.py               definition/campaign.py reads a folder; acts/launch.py makes it rows
    tasks.invite                acts/invite.py puts a mail into mail/outbox.py for every partner
    cli/undo.py                 acts/undo.py takes back the organizers' last act while its mails wait, which
                                mail/undo_minutes.py starts anew after a sleep; mail/holds.py says what a hold keeps
    tasks.deliver               mail/delivery.py claims (mail/claims.py) and sends (mail/smtp.py); what composes is
                                passed in: wording/composing.py words it (wording/mails.py, and for each audience
                                partner_mails.py, person_mails.py, organizer_mails.py and addressee_mails.py) and sets
                                it as bytes (mail/mime.py). mail/results.py records what became of it, and when the
                                next retry is; mail/circuit_breaker.py whether the relay is at fault
    cli/status.py               state/status.py reads where things stand, state/mail_status.py what became of a mail
    cli/todo.py                 state/todo.py reads what waits for a person in all campaigns; wording/todo.py words it
    cli/notes.py                acts/partner_notes.py keeps what organizers note about a partner, acts/look_after.py who
                                looks after it; state/notes.py knows what is due
    cli/log.py                  state/log.py reads the lines that acts left by acts/audit.py; wording/log.py words them

    web/paths.py                what a path is made of; a bent link leads to its one spelling
    web/partner_page.py         the page behind a link; whose it is asks web/link_auth.py (state/links.py), and
                                state/positions.py reads where its partner stands. web/code_page.py is what all pages
                                with a mail code share, and acts/check_code.py compares it; web/page_cache.py is the
                                page for the many who only look (state/looks.py), web/batching.py serves together
                                what comes at the same time. Of those who sign it shows the first (state/public_list.py)
                                and leads to web/names_page.py, which has all of them
    web/public_page.py          the letter for everyone, with a long list over several pages; it and the files of
                                web/static.py leave compressed (web/compression.py), and nothing that holds a secret
    web/join.py                 an organization that nobody asked asks to sign: acts/join.py puts its mail, later when
                                many ask (acts/third_party_limits.py; web/origins.py counts from where)
    web/voice.py                a person adds its voice: acts/add_voice.py puts a mail (acts/voice_limits.py), and who
                                reads that mailbox confirms or changes it at web/member_page.py, or takes it back
                                (acts/take_back_voice.py; acts/after_member_left.py voids a seal that counts it)
    web/serving.py              uvicorn, and for how long it waits for the rest of a request (web/forms.py: of a form)
    acts/answer.py              acts/locking.py locks campaign and partner and reads what decides; state/lifecycle.py
                                says what may be done at that stage; state/refusals.py why something is not
    tasks.record                acts/receipts.py puts a receipt for each answer
    acts/amend_letter.py        a letter that changes; state/last_read.py knows which version each reader read last, and
                                wording/changes.py shows it what changed since; acts/ask_members_again.py asks persons
    cli/add.py                  more are asked after the launch: acts/add_partners.py makes partners of a list that was
                                taken over (definition/additions.py), of those that are none yet (state/newcomers.py).
                                acts/take_out.py takes one out that should not have been asked, and puts it back
    acts/extend.py              the deadline, later or earlier; acts/change_settings.py what may be set anew while a
                                campaign runs (definition/new_settings.py); what is shown only ever becomes less, and
                                acts/tell_owners.py tells where replies or the letter go to another address
    acts/contacts.py            who else may answer for a partner, each by a link of its own. acts/disown.py takes back
                                what somebody else did by one, acts/correct_listing.py how it was printed before;
                                acts/merge.py makes one of two partners that were one

    web/desk/table.py           what organizers can do in a browser, and who may; web/desk/door.py asks before each
                                acts/login.py lets in by a code (tasks.login mails it) or a link, and
                                acts/second_factor.py asks for an app's; cli/organizer.py says who may
    web/desk/home.py            what waits for a person (state/home.py), and where something can be done about it
                                (web/desk/ways_out.py); campaign_page.py and log_page.py are of one campaign
    web/desk/board_page.py      the partners as a table (state/board.py), each in a line of wording/partners.py;
                                partner_page.py is all about one (state/partner_card.py)
    web/desk/members_page.py    voices, own words and the next digest (wording/digest_status.py)
    web/desk/doing.py           an act at the desk: its form, what it would do (wording/acts/), and its button;
                                web/desk/registry.py has all of them, and the pages above offer them. Each does what a
                                command does, by the same act and in the same sentences; web/desk/fields.py reads what
                                several forms ask for
    web/desk/partner_acts.py    what is done for one partner, with by_hand_acts.py and merge_act.py;
                                state/partner_changes.py has what such an act came to
    web/desk/letter_page.py     all about one letter (state/letter_card.py), and its files; web/desk/letter_acts.py
                                sends it, notes that it was brought, what was replied (acts/note_reply.py) and that an
                                addressee was told who stepped back (acts/note_told.py)
    acts/two_persons.py         asked by each act that needs a second person; state/approvals.py knows what waits,
                                acts/agree.py does it with the yes, web/desk/approvals.py is where that is said
    acts/panic.py               shows nothing of a campaign and sends nothing: state/links.py sees it at each look and
                                web/not_now.py is what links say then; acts/locking.py refuses what exposes or sends

    cli/members.py              persons who add their voices, as numbers (state/member_counts.py) and named nowhere;
                                acts/door_for_voices.py lets no more come, acts/voices_by_hand.py takes back what is not
                                to count. acts/alert_words.py tells the organizers of own words that wait, cli/words.py
                                shows them, and acts/own_words.py says yes or no to them as they were read

    tasks.sweep                 state/due.py knows what is due and nobody notified; state/overdue.py which letter is
                                late all the same, and state/relay_status.py whether anything runs that would see to it
    tasks.close                 acts/close.py locks the campaign and seals: state/signatories.py decides who is
                                named, wording/letter.py words the letter, wording/letter_formats.py sets it; a large
                                PDF is set in a process of its own (wording/typesetting.py)
    tasks.dispatch              acts/dispatch.py loads the facts once (state/facts.py), asks state/blockers.py what
                                stands in the way, and puts the seal for each addressee
    tasks.report                acts/report.py copies to who signed
    tasks.digest                acts/draw_digests.py draws what the addressee is told of members, which state/digests.py
                                reads; mail/digests.py asks as it enters DATA whether it still holds; acts/digests.py
                                is what a person decides about it, by cli/digest.py or by web/digest_page.py, and
                                acts/leave_out.py leaves out a name that is none
    tasks.bounces               mail/bounce_mailbox.py fetches what came back, mail/bounce_reports.py reads what it says
                                of a mail and mail/responses.py what a person or a machine answers; acts/bounce.py
                                records both, acts/alert_unreached.py tells the organizers
    tasks.erase                 acts/erase.py forgets partners, acts/erase_members.py persons; their links say so for a
                                while (acts/ended_links.py)
    tasks.backup                backup/folder.py knows when the next is due, backup/make.py writes one snapshot of all
                                rows (backup/rows.py) into a tar (backup/archive.py) under a key (backup/identity.py)
    cli/backup.py               backup/restore.py reads it again and puts it back, on either database
    cli/cancel.py               acts/cancel.py: the letter never leaves, and whoever was asked is told
    cli/go_on.py                state/since_backup.py says where each campaign stands by a database that was put back
                                from a backup; acts/go_on.py lets it go on. installation.py noticed that it was, by
                                what mirror.py keeps in the data folder; web/restored.py stands before the pages
    journal.py                  what is taken away is kept beside the database, too; acts/apply_journal.py takes it
                                away again from one that was put back (acts/replay_voices.py: from persons);
                                acts/ask_again.py asks for lost answers

The packages, and what each may import (arrows go down and never return; tests/test_arrows.py keeps them true):

    settings log registry               what an operator sets; tables in which a thing is declared once; a function
    child_process                       called in a process of its own
    celery_config                       how the queue is set up
    text/ column_types choices          words without rows: Markdown, languages, dates, names; the choices of an answer
    models journal                      what we remember; what was taken away, beside the database
    tokens db vacuum key_check          links and codes; transactions, clock and locks; whose key it is; whether the
    mirror installation                 database is an older one that was put back, and so stands still
    definition/ mail/ migrations/       a folder becomes a Definition; outbox and transport, which know no rule of a
                                        campaign but three (whether its letter or a digest may leave, and what is
                                        held); the schema.
                                        They know nothing of each other
    backup/                             the whole of it in a file that only a passphrase opens, and back
    state/                              what holds now: one function a question, reads only, one clock
    wording/                            what we say: the letter, every mail, every refusal, made from state
    acts/                               one verb a module: gets a session, writes rows, sends nothing
    startup task_notifier               whether all that is registered is there; a thread that tells the workers
    broker                              what they are told, in Celery's own message
    tasks.py                            the queue: it says where to look, the truth is in the rows
    web/ cli/ embedded.py               what partners, organizers and operators touch
    process.py                          what `web` and `worker` become once their command has looked around

Celery is imported in `tasks` and `embedded` only, kombu in `broker` and `task_notifier`, network clients in
`mail/smtp`, `mail/smtp_wire`, `mail/relay_answers` (its errors) and `mail/bounce_mailbox` (and in `cli/demo/partner`,
which plays the partners of the demo, and in the checks of `cli/doctor`, which tries everything), the web framework in
`web/`.
Nothing connects at import.
"""
