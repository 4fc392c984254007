"""Delivery reports as mail servers write them, and what else comes into the same mailbox."""

import base64

from worker import tokens

OURS = 4711  # the mail that the reports speak of
SOPHEA = "sophea.chan@river-watch.example"


def token() -> str:
    return tokens.envid(OURS)


def forged() -> str:
    """As long as a token and naming the same mail, but signed by nobody."""
    return token()[:8] + "a" * 16


def signed_for_something_else() -> str:
    """Our key and the same mail, signed under another purpose."""
    named = OURS.to_bytes(tokens.MAIL_ID, "big")
    return base64.b32encode(named + tokens._mac("link sign", named)[: tokens.MAIL_MAC]).decode().lower()


POSTFIX = """\
Return-Path: <>
Delivered-To: bounces+{token}@letters.example
Received: by mx.river-watch.example (Postfix) id 4XyZ1; Tue, 24 Nov 2026 13:05:11 +0000 (UTC)
Date: Tue, 24 Nov 2026 13:05:11 +0000 (UTC)
From: MAILER-DAEMON@mx.river-watch.example (Mail Delivery System)
Subject: Undelivered Mail Returned to Sender
To: bounces+{token}@letters.example
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="4XyZ0.1764000000/mx.river-watch.example"
Message-Id: <20261124130511.4XyZ1@mx.river-watch.example>

This is a MIME-encapsulated message.

--4XyZ0.1764000000/mx.river-watch.example
Content-Description: Notification
Content-Type: text/plain; charset=us-ascii

This is the mail system at host mx.river-watch.example.

I'm sorry to have to inform you that your message could not
be delivered to one or more recipients. It's attached below.

<{recipient}>: {said}

--4XyZ0.1764000000/mx.river-watch.example
Content-Description: Delivery report
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.river-watch.example
X-Postfix-Queue-ID: 4XyZ0
X-Postfix-Sender: rfc822; bounces+{token}@letters.example
Arrival-Date: Tue, 24 Nov 2026 13:05:10 +0000 (UTC)

Final-Recipient: rfc822; {recipient}
Original-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Diagnostic-Code: {said}

--4XyZ0.1764000000/mx.river-watch.example
Content-Description: Undelivered Message Headers
Content-Type: text/rfc822-headers

Return-Path: <bounces+{token}@letters.example>
From: "Joint letters" <letters@letters.example>
To: {recipient}
Subject: Your invitation

--4XyZ0.1764000000/mx.river-watch.example--
"""

EXCHANGE = """\
Received: from DB9PR01.eurprd01.prod.outlook.example (2603:10a6::1) by mail.letters.example
X-Original-To: bounces+{token}@letters.example
MIME-Version: 1.0
From: <postmaster@river-watch.example>
To: <bounces+{token}@letters.example>
Date: Tue, 24 Nov 2026 13:05:11 +0000
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="eed69a52-9c5a-4a4f-a9ab-1d1fd2c1c1f0"
Content-Language: en-US
Message-ID: <eed69a52@DB9PR01.eurprd01.prod.outlook.example>
In-Reply-To: <0123456789abcdef@letters.example>
Subject: Undeliverable: Your invitation
Auto-Submitted: auto-replied

--eed69a52-9c5a-4a4f-a9ab-1d1fd2c1c1f0
Content-Type: multipart/alternative; differences=Content-Type;
\tboundary="b2c1d3e4-0000-4a4f-a9ab-1d1fd2c1c1f0"

--b2c1d3e4-0000-4a4f-a9ab-1d1fd2c1c1f0
Content-Type: text/plain; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

Your message to {recipient} couldn't be delivered.
{recipient} wasn't found at river-watch.example.

--b2c1d3e4-0000-4a4f-a9ab-1d1fd2c1c1f0
Content-Type: text/html; charset="us-ascii"
Content-Transfer-Encoding: quoted-printable

<html><body><p>Your message to <b>{recipient}</b> couldn't be delivered.</p></body></html>

--b2c1d3e4-0000-4a4f-a9ab-1d1fd2c1c1f0--

--eed69a52-9c5a-4a4f-a9ab-1d1fd2c1c1f0
Content-Type: message/delivery-status

Reporting-MTA: dns;DB9PR01.eurprd01.prod.outlook.example
Received-From-MTA: dns;relay.letters.example
Arrival-Date: Tue, 24 Nov 2026 13:05:10 +0000

Final-Recipient: rfc822;{recipient}
Action: {action}
Status: {status}
Diagnostic-Code: {said}
X-Display-Name: Sophea Chan

--eed69a52-9c5a-4a4f-a9ab-1d1fd2c1c1f0
Content-Type: message/rfc822

From: "Joint letters" <letters@letters.example>
To: {recipient}
Subject: Your invitation
Content-Type: text/plain

Dear friends,
--eed69a52-9c5a-4a4f-a9ab-1d1fd2c1c1f0--
"""

GMAIL = """\
Delivered-To: bounces+{token}@letters.example
Return-Path: <>
MIME-Version: 1.0
From: Mail Delivery Subsystem <mailer-daemon@googlemail.example>
To: bounces+{token}@letters.example
Auto-Submitted: auto-replied
Subject: Delivery Status Notification (Failure)
References: <0123456789abcdef@letters.example>
X-Failed-Recipients: {recipient}
Message-ID: <6921.aa.1@mx.googlemail.example>
Date: Tue, 24 Nov 2026 05:05:11 -0800 (PST)
Content-Type: multipart/report; boundary="00000000000011ab22062a"; report-type=delivery-status

--00000000000011ab22062a
Content-Type: multipart/related; boundary="00000000000011b0c2062b"

--00000000000011b0c2062b
Content-Type: text/plain; charset="UTF-8"

** Address not found **

Your message wasn't delivered to {recipient} because the address couldn't be found.
--00000000000011b0c2062b
Content-Type: image/png; name="icon.png"
Content-Transfer-Encoding: base64

iVBORw0KGgo=
--00000000000011b0c2062b--
--00000000000011ab22062a
Content-Type: message/delivery-status

Reporting-MTA: dns; googlemail.example
Arrival-Date: Tue, 24 Nov 2026 05:05:11 -0800 (PST)
X-Original-Message-ID: <0123456789abcdef@letters.example>

Final-Recipient: rfc822; {recipient}
Action: {action}
Status: {status}
Remote-MTA: dns; aspmx.river-watch.example. (192.0.2.27, the server for the domain.)
Diagnostic-Code: {said}
Last-Attempt-Date: Tue, 24 Nov 2026 05:05:11 -0800 (PST)

--00000000000011ab22062a
Content-Type: message/rfc822

To: {recipient}
Subject: Your invitation

Dear friends,
--00000000000011ab22062a--
"""

EXIM = """\
Return-path: <>
Envelope-to: bounces+{token}@letters.example
X-Failed-Recipients: {recipient}
Auto-Submitted: auto-replied
From: Mail Delivery System <Mailer-Daemon@host.river-watch.example>
To: bounces+{token}@letters.example
References: <0123456789abcdef@letters.example>
Content-Type: multipart/report; report-type=delivery-status; boundary=1764000000-eximdsn-1804289383
MIME-Version: 1.0
Subject: Mail delivery failed: returning message to sender
Message-Id: <E1vNabc-000000-1x@host.river-watch.example>
Date: Tue, 24 Nov 2026 13:05:11 +0000

--1764000000-eximdsn-1804289383
Content-type: text/plain; charset=us-ascii

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  {recipient}
    host mx.river-watch.example [192.0.2.25]
    {said}

--1764000000-eximdsn-1804289383
Content-type: message/delivery-status

Reporting-MTA: dns; host.river-watch.example

Action: {action}
Final-Recipient: rfc822;{recipient}
Status: {status}
Remote-MTA: dns; mx.river-watch.example
Diagnostic-Code: {said}

--1764000000-eximdsn-1804289383
Content-type: message/rfc822

Return-path: <bounces+{token}@letters.example>
To: {recipient}

Dear friends,

--1764000000-eximdsn-1804289383--
"""

SENDMAIL = """\
Return-Path: <MAILER-DAEMON@mail.river-watch.example>
Received: from localhost (localhost) by mail.river-watch.example (8.18.1) id 5AOD5B; Tue, 24 Nov 2026 13:05:11 GMT
Date: Tue, 24 Nov 2026 13:05:11 GMT
From: Mail Delivery Subsystem <MAILER-DAEMON@mail.river-watch.example>
To: <{to}>
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status;
\tboundary="5AOD5B.1764000000/mail.river-watch.example"
Subject: Returned mail: see transcript for details
Auto-Submitted: auto-generated (failure)

This is a MIME-encapsulated message

--5AOD5B.1764000000/mail.river-watch.example

The original message was received at Tue, 24 Nov 2026 13:05:10 GMT

   ----- The following addresses had permanent fatal errors -----
<{recipient}>
    (reason: {said})

--5AOD5B.1764000000/mail.river-watch.example
Content-Type: message/delivery-status

Original-Envelope-Id: {token}
Reporting-MTA: dns; mail.river-watch.example
Received-From-MTA: DNS; relay.letters.example
Arrival-Date: Tue, 24 Nov 2026 13:05:10 GMT

Final-Recipient: RFC822; {recipient}
Action: {action}
Status: {status}
Diagnostic-Code: {said}
Last-Attempt-Date: Tue, 24 Nov 2026 13:05:11 GMT

--5AOD5B.1764000000/mail.river-watch.example
Content-Type: text/rfc822-headers

To: {recipient}

--5AOD5B.1764000000/mail.river-watch.example--
"""

QMAIL = """\
Return-Path: <>
Delivered-To: bounces+{token}@letters.example
Received: (qmail 12345 invoked for bounce); 24 Nov 2026 13:05:11 -0000
Date: 24 Nov 2026 13:05:11 -0000
From: MAILER-DAEMON@mail.river-watch.example
To: bounces+{token}@letters.example
Subject: failure notice

Hi. This is the qmail-send program at mail.river-watch.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<{recipient}>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

Return-Path: <bounces+{token}@letters.example>
To: {recipient}
"""

OUT_OF_OFFICE = """\
Return-Path: <>
Delivered-To: bounces+{token}@letters.example
From: Sophea Chan <{recipient}>
To: bounces+{token}@letters.example
Subject: =?utf-8?q?R=C3=A9ponse_automatique=3A_Your_invitation?=
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: text/plain; charset=utf-8
Content-Transfer-Encoding: 8bit

Je suis absente jusqu'au 1er d\u00e9cembre. Tel. 550 12 34 56. In urgent cases: office@river-watch.example
"""

READ_RECEIPT = """\
Delivered-To: bounces+{token}@letters.example
From: Sophea Chan <{recipient}>
To: bounces+{token}@letters.example
Subject: Read: Your invitation
MIME-Version: 1.0
Content-Type: multipart/report; report-type=disposition-notification; boundary="mdn"

--mdn
Content-Type: text/plain

Your message was deleted without being read. 550 5.1.1 failed
--mdn
Content-Type: message/disposition-notification

Final-Recipient: rfc822; {recipient}
Action: failed
Status: 5.1.1
Disposition: automatic-action/MDN-sent-automatically; deleted

--mdn--
"""

A_PERSON = """\
Return-Path: <{recipient}>
Delivered-To: bounces+{token}@letters.example
From: Sophea Chan <{recipient}>
To: bounces+{token}@letters.example
Subject: Your invitation

Our server said 550 5.1.1 user unknown when I answered you. Which address is right?
"""

NO_SUCH_USER = f"smtp; 550 5.1.1 <{SOPHEA}>: Recipient address rejected: User unknown in virtual mailbox table"

FULL = f"smtp; 552 5.2.2 <{SOPHEA}>: mailbox is full"

SPAM = "smtp; 554 5.7.1 rejected as spam, see https://rbl.example/?ip=192.0.2.1"

# Who wrote it: the form, action, status and words of it, and what it is to us.
REPORTS = {
    "Postfix, no such user": (POSTFIX, "failed", "5.1.1", NO_SUCH_USER, "hard 5.1.1"),
    "Postfix, no such local user": (POSTFIX, "failed", "5.1.1", 'X-Postfix; unknown user: "sophea.chan"', "hard 5.1.1"),
    "Postfix, no such domain": (POSTFIX, "failed", "5.4.4", "X-Postfix; Host not found, try again", "hard 5.4.4"),
    "Postfix, full": (POSTFIX, "failed", "5.2.2", FULL, "soft 5.2.2"),
    "Postfix, five days": (POSTFIX, "failed", "4.4.1", "X-Postfix; connect: Connection timed out", "soft 4.4.1"),
    "Postfix, spam": (POSTFIX, "failed", "5.7.1", SPAM, "soft 5.7.1"),
    "Postfix, no TLS": (POSTFIX, "failed", "5.7.4", "X-Postfix; TLS is required", "soft 5.7.4"),
    "Postfix, delayed": (POSTFIX, "delayed", "4.4.1", "X-Postfix; connect: Connection timed out", "delayed 4.4.1"),
    "Postfix, delivered": (POSTFIX, "delivered", "2.0.0", "smtp; 250 2.0.0 Ok: queued", "none None"),
    "Postfix, relayed": (POSTFIX, "relayed", "2.1.5", "smtp; 250 2.1.5 Ok", "none None"),
    "Postfix, expanded": (POSTFIX, "expanded", "2.0.0", "X-Postfix; alias expanded", "none None"),
    "Exchange, not found": (
        EXCHANGE,
        "failed",
        "5.1.10",
        f"smtp;550 5.1.10 RESOLVER.ADR.RecipientNotFound; Recipient {SOPHEA} not found by SMTP address lookup",
        "hard 5.1.10",
    ),
    "Exchange, at the edge": (
        EXCHANGE,
        "failed",
        "5.4.1",
        "smtp;550 5.4.1 Recipient address rejected: Access denied. [DB9PR01]",
        "hard 5.4.1",
    ),
    "Exchange, no answer": (EXCHANGE, "failed", "5.4.1", "smtp;550 5.4.1 no answer from host", "soft 5.4.1"),
    "Exchange, full": (EXCHANGE, "failed", "5.2.2", "smtp;554 5.2.2 mailbox full; STOREDRV", "soft 5.2.2"),
    "Exchange, forbidden": (EXCHANGE, "failed", "5.7.124", "smtp;550 5.7.124 RESOLVER.RST.NotAuth", "soft 5.7.124"),
    "Gmail, not found": (
        GMAIL,
        "failed",
        "5.1.1",
        "smtp; 550-5.1.1 The email account that you tried to reach does not exist.\n"
        " 550-5.1.1 Please try double-checking the recipient's email address\n"
        " 550 5.1.1 https://support.example/answer?p=NoSuchUser 41be03 - gsmtp",
        "hard 5.1.1",
    ),
    "Gmail, inactive": (GMAIL, "failed", "5.2.1", "smtp; 550 5.2.1 The email account is inactive.", "hard 5.2.1"),
    "Gmail, delayed": (GMAIL, "delayed", "4.4.1", "smtp; The recipient server did not respond", "delayed 4.4.1"),
    "Exim, no such user": (EXIM, "failed", "5.0.0", "smtp; 550 No such user here", "hard 5.0.0"),
    "Exim, with a finer status": (EXIM, "failed", "5.0.0", "smtp; 550 5.1.1 User unknown", "hard 5.1.1"),
    "Exim, spam": (EXIM, "failed", "5.0.0", "smtp; 550 Message rejected as spam by content filter", "soft 5.0.0"),
    "Exim, spam about users": (EXIM, "failed", "5.0.0", "smtp; 550 5.7.1 unknown user agent", "soft 5.7.1"),
    "Exim, later": (EXIM, "failed", "4.0.0", "smtp; 451 No such user here yet", "soft 4.0.0"),
    "Sendmail, no such user": (
        SENDMAIL,
        "failed",
        "5.1.1",
        f"SMTP; 550 5.1.1 <{SOPHEA}>... User unknown",
        "hard 5.1.1",
    ),
    "Sendmail, no such host": (SENDMAIL, "failed", "5.1.2", "SMTP; 550 Host unknown", "hard 5.1.2"),
    "Sendmail, warning": (SENDMAIL, "delayed", "4.4.7", "SMTP; 451 will retry", "delayed 4.4.7"),
    "qmail": (QMAIL, "", "", "", "soft 5.1.1"),
    "an out-of-office reply": (OUT_OF_OFFICE, "", "", "", "response None"),
    "a read receipt": (READ_RECEIPT, "", "", "", "response None"),
    "a person": (A_PERSON, "", "", "", "response None"),
}


def report(name: str, token: str, recipient: str = SOPHEA, to: str = "letters@letters.example") -> bytes:
    form, action, status, said, _ = REPORTS[name]
    text = form.format(
        token=token, recipient=recipient, action=action, status=status, said=said.replace(SOPHEA, recipient), to=to
    )
    return text.replace("\n", "\r\n").encode()
