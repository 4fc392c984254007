"""What `undersigned doctor` tries of the mail: the relay, a test mail, the sender's domain, the mailbox of bounces."""

import asyncio
import contextlib
import re
import smtplib
import ssl
from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from email.parser import BytesHeaderParser
from email.utils import parseaddr
from functools import partial

import dns.exception
import dns.resolver

from worker import settings, tokens
from worker.cli import console
from worker.cli.doctor.finding import TIMEOUT_S, Note, days_left, failed, of_certificate, ok, warning
from worker.mail import bounce_mailbox, mime
from worker.mail.mime import Envelope, compose
from worker.mail.outcomes import Kind, Outcome, Phase
from worker.mail.relay_url import Relay
from worker.mail.server_url import ascii_domain, tls_context
from worker.mail.smtp import Connection
from worker.mail.smtp_wire import Offer, Timeouts
from worker.text import html, markdown, plain_text

DNS_TIMEOUT_S = 3.0
LETTER_NEEDS = 2 * 1024**2  # octets on the wire: a letter with its PDF
RESERVED = (".example", ".test", ".invalid", ".localhost")  # RFC 6761: nobody is there
AUTHENTICATION = {  # what a receiving server tries, and the fix if that fails
    "spf": "publish the SPF record that the relay's provider gives you",
    "dkim": "ask the relay's provider to sign for your domain, and publish its key",
    "dmarc": "SPF or DKIM must pass for the domain in From",
}
UNSURE = {"none", "neutral", "policy", "temperror"}  # results of RFC 8601 that are neither a pass nor a fail


def relay() -> Iterator[Note]:
    """Whether the relay lets us in as it will let a worker in, and what it offers."""
    conf = settings.current()
    if not conf.smtp_url:
        yield _without_a_relay(conf)
        return
    try:
        there = Relay.parse(conf.smtp_url)
    except ValueError as error:  # a sentence that repeats nothing of the URL
        yield failed(str(error), "correct UNDERSIGNED_SMTP_URL")
        return
    if (outcome := asyncio.run(_log_in(there))) is not None:
        yield failed(f"{there.host}:{there.port}: {outcome.reply}", _fix_of(outcome))
        return
    yield ok(f"{there.host}:{there.port} " + ("accepts our login" if there.username else "needs no login"))
    try:
        yield from _what_it_offers(there)
    except (smtplib.SMTPException, OSError) as error:
        said = f"it did not answer a second time ({type(error).__name__})"
        yield warning(said, "try again; if it fails again, ask the relay's provider how many connections it allows")


def _without_a_relay(conf: settings.Settings) -> Note:
    if conf.embedded:
        return ok("the built-in mail catcher: no email leaves this machine")
    return failed("UNDERSIGNED_SMTP_URL is not set here", "set it, or run this where `undersigned worker` runs")


async def _log_in(relay: Relay) -> Outcome | None:
    connection = _connection(relay)
    try:
        return await connection.open()
    finally:
        await connection.close()


def _connection(relay: Relay) -> Connection:
    timeouts = Timeouts(connect=TIMEOUT_S, command=TIMEOUT_S, end_of_data=2 * TIMEOUT_S, reset=1)
    return Connection(relay, helo_name=settings.current().mail_domain, timeouts=timeouts)


def _fix_of(outcome: Outcome) -> str:
    if outcome.phase is Phase.AUTH:
        return "check user and password in UNDERSIGNED_SMTP_URL; ask the relay's provider"
    if outcome.phase is Phase.MAIL:
        return "ask the relay's provider to let you send as UNDERSIGNED_MAIL_FROM"
    if outcome.phase in {Phase.RCPT, Phase.DATA, Phase.END_OF_DATA}:
        return "check the address after --to; ask the relay's provider"
    if outcome.phase is Phase.STARTTLS or "TLS" in outcome.reply:
        return "use the host name in its certificate, or smtps://; ask the relay's provider"
    return "check host and port in UNDERSIGNED_SMTP_URL, and whether a firewall blocks them"


def _what_it_offers(relay: Relay) -> Iterator[Note]:
    """Read the certificate and EHLO on a second connection without a login, for ours shows neither."""
    with _introduced(relay) as line:
        if isinstance(line.sock, ssl.SSLSocket):
            yield of_certificate(days_left(line.sock), f"{line.sock.version()}, its certificate")
        elif relay.host not in settings.LOOPBACK:
            yield warning("no TLS: emails and password can be read on the way", "use smtps:// or smtp://")
        yield of_size(line.esmtp_features.get("size") if line.has_extn("size") else None)
        known = ("pipelining", "dsn", "smtputf8")
        noted = [f"{'offers' if line.has_extn(name) else 'no'} {name.upper()}" for name in known]
        yield ok(", ".join(noted))


@contextlib.contextmanager
def _introduced(relay: Relay) -> Iterator[smtplib.SMTP]:
    name = ascii_domain(settings.current().mail_domain) or "localhost.localdomain"
    implicit = partial(smtplib.SMTP_SSL, context=tls_context())
    client = implicit if relay.security == "tls" else smtplib.SMTP
    with client(relay.host, relay.port, local_hostname=name, timeout=TIMEOUT_S) as line:
        line.ehlo()
        if relay.security == "starttls":
            line.starttls(context=tls_context())
            line.ehlo()
        yield line


def of_size(limit: str | None) -> Note:
    """Judge the largest mail that EHLO announces, in octets; 0 is no fixed limit (RFC 1870)."""
    if limit is None or not limit.isdecimal() or int(limit) == 0:
        return ok("no limit on the size of an email")
    said = f"accepts emails of up to {int(limit) / 1024**2:.1f} MB"
    if int(limit) < LETTER_NEEDS:
        return failed(f"{said}; a letter with its PDF needs 2 MB", "ask the relay's provider for a higher limit")
    return ok(said)


def a_test_mail(to: str, *, relay_is_ready: bool) -> Iterator[Note]:
    """Whether the relay takes a mail of ours for the organizer's own address."""
    conf = settings.current()
    if not conf.smtp_url:
        yield ok("none needed: there is no relay")
    elif not relay_is_ready:
        yield warning("no test email sent: the relay is not ready", "repair the relay first")
    elif not to:
        yield warning("no test email sent", f"`{console.command('doctor', '--to', 'you@your.org')}`")
    else:
        outcome = asyncio.run(send_now(_worded(to)))
        yield _of_test_mail(outcome)


def _worded(to: str) -> Envelope:
    conf = settings.current()
    words = (
        "This email was sent by `undersigned doctor`. If you can read it, email from this program reaches you.\n\n"
        "If it was in the spam folder, or to be sure: save it as a file with all its headers (*Show original*, "
        "*Download*). The program then reads in it what your mail server thinks of it:\n\n"
        "`undersigned doctor --headers test-mail.eml`\n"
    )
    tree = markdown.blocks(words)
    subject = "Test email from Undersigned"
    page = f'<!doctype html>\n<html lang="en">\n<title>{subject}</title>\n{html.to_html(tree)}</html>\n'
    message = mime.Message(
        to=to,
        subject=subject,
        text=plain_text.to_text(tree),
        html=page,
        from_name="Undersigned",
        reply_to=conf.mail_from,
    )
    # The envelope sender is as in every other mail, and names a mail that never exists.
    return compose(message, tokens.message_id(), datetime.now(UTC), tokens.return_path(0))


async def send_now(envelope: Envelope) -> Outcome:
    """Hand one mail to the relay, beside the outbox."""
    connection = _connection(Relay.parse(settings.current().smtp_url))
    try:
        failure = await connection.open()
        return failure or await connection.send(Offer(envelope.sender, envelope.recipient, envelope.content))
    finally:
        await connection.close()


def _of_test_mail(outcome: Outcome) -> Note:
    if outcome.kind is Kind.SENT:
        return ok(f"the relay accepted it ({outcome.reply}): check whether it arrives, and read it with --headers")
    if outcome.kind is Kind.UNCERTAIN:
        return warning(f"it may have been sent: {outcome.reply}", "check whether it arrives, and try again")
    if outcome.kind is Kind.DEFERRED:
        return warning(f"not now: {outcome.reply}", "try again in ten minutes; then ask the relay's provider")
    return failed(outcome.reply, _fix_of(outcome))


def sender() -> Iterator[Note]:
    """What the DNS tells receivers of the domain that mails come from (RFC 7208, 6376, 7489)."""
    conf = settings.current()
    domain, envelopes = _domain_of(conf.mail_from), _domain_of(conf.bounces_to or conf.mail_from)
    if not conf.smtp_url:
        yield ok(f"{domain} is not checked: there is no relay")
    elif domain.endswith(RESERVED):
        yield warning(f"{domain} only exists in examples", "set UNDERSIGNED_MAIL_FROM to your own address")
    else:
        try:
            yield from _what_the_dns_tells(domain, envelopes)
        except dns.exception.DNSException as error:
            fix = "try again where the DNS can be asked"
            yield warning(f"could not ask the DNS about {domain} ({type(error).__name__})", fix)


def _domain_of(address: str) -> str:
    domain = address.rpartition("@")[2].lower()
    return ascii_domain(domain) or domain


def _what_the_dns_tells(domain: str, envelopes: str) -> Iterator[Note]:
    """SPF is asked of the domain in the envelope, the others of the one in From."""
    if _texts(domain) is None:
        yield failed(f"there is no domain {domain}", "check UNDERSIGNED_MAIL_FROM")
        return
    yield of_spf(envelopes, _texts(envelopes) or [])
    if _texts(f"_domainkey.{domain}") is None:
        yield warning("no DKIM keys found", "publish the key that the relay's provider gives you")
    else:
        yield ok("there may be DKIM keys (a received email shows it: --headers)")
    yield of_dmarc(domain)


def of_spf(domain: str, texts: list[str]) -> Note:
    """Judge the records that say which servers may send for the domain."""
    records = [found for found in texts if found.lower().split(" ")[0] == "v=spf1"]
    if not records:
        return warning(f"{domain} has no SPF record", "publish the one that the relay's provider gives you")
    if len(records) > 1:
        return warning(f"{domain} has {len(records)} SPF records: none of them counts", "combine them into one record")
    if {"+all", "all"} & set(records[0].lower().split()):
        return warning(f"the SPF record of {domain} allows everybody to send", "end it in ~all or -all")
    return ok(f"{domain} has an SPF record")


def of_dmarc(domain: str) -> Note:
    """Judge what receivers shall do with what fails; asked of the domain, then of each parent."""
    labels = domain.split(".")
    for parent in [".".join(labels[n:]) for n in range(max(1, len(labels) - 1))]:
        for record in _texts(f"_dmarc.{parent}") or []:
            tags = dict(tag.strip().partition("=")[::2] for tag in record.split(";"))
            if tags.get("v") == "DMARC1":
                return ok(f"DMARC policy {tags.get('p', 'none')}")
    return warning("no DMARC record", f"publish at _dmarc.{domain}: v=DMARC1; p=none")


def _texts(name: str) -> list[str] | None:
    """The TXT records of a name; None where there is no such name."""
    try:
        answer = dns.resolver.resolve(name, "TXT", lifetime=DNS_TIMEOUT_S)
    except dns.resolver.NXDOMAIN:
        return None
    except dns.resolver.NoAnswer:
        return []
    return [b"".join(record.strings).decode("utf-8", "replace") for record in answer]


def received_mail(mail: bytes) -> Iterator[Note]:
    """What the receiving server wrote into a mail of ours: whether it believed that it comes from us (RFC 8601)."""
    headers = BytesHeaderParser().parsebytes(mail)
    theirs = _domain_of(parseaddr(str(headers.get("From", "")))[1])
    ours = _domain_of(settings.current().mail_from)
    if theirs != ours:
        yield warning(f"it comes from {theirs or 'nobody'}, but our emails come from {ours}", "save the test email")
    results = authentication_results(str(found) for found in headers.get_all("Authentication-Results", []))
    if not results:
        yield warning(
            "no Authentication-Results in it", "save it with all its headers, from the mailbox that received it"
        )
        return
    for method in AUTHENTICATION:
        yield of_result(method, results.get(method, "none"), dmarc=results.get("dmarc"))


def of_result(method: str, result: str, *, dmarc: str | None) -> Note:
    """Judge one result; what failed beside a DMARC that passed did not matter to that server."""
    said, fix = f"{method.upper()} {result}", AUTHENTICATION[method]
    if result == "pass":
        return ok(said)
    return (warning if result in UNSURE or dmarc == "pass" else failed)(said, fix)


_RESULT = re.compile(r"\s*([a-z0-9-]+)\s*(?:/\s*\d+\s*)?=\s*([a-z]+)\b", re.IGNORECASE)


def authentication_results(headers: Iterable[str]) -> dict[str, str]:
    """`{"spf": "pass", …}` out of Authentication-Results, the topmost first; methods that were not tried are left out.

    Only the server that wrote the topmost one is believed: what stands below may be anybody's. Of several
    signatures one that passes is enough.
    """
    found: dict[str, str] = {}
    believed = None
    for header in headers:
        server, *statements = _without_comments(header).split(";")
        if _RESULT.match(server):  # Microsoft leaves the server's name out
            server, statements = "", [server, *statements]
        server = server.strip().partition(" ")[0].lower()
        believed = server if believed is None else believed
        for method, result in (said.groups() for said in map(_RESULT.match, statements) if said):
            if server == believed and method.lower() in AUTHENTICATION and found.get(method.lower()) != "pass":
                found[method.lower()] = result.lower()
    return found


def _without_comments(header: str) -> str:
    """Leave out comments, which nest, and make quoted text harmless: a `;` or `=` in it means nothing."""
    kept = []
    depth, quoted, escaped = 0, False, False
    for character in header:
        if escaped:
            escaped = False
        elif character == "\\":
            escaped = True
        elif character == '"' and not depth:
            quoted = not quoted
        elif character == "(" and not quoted:
            depth += 1
        elif character == ")" and depth:
            depth -= 1
        elif not depth:
            kept.append(character if not quoted or character.isalnum() or character in ".-" else "_")
    return "".join(kept)


def mailbox() -> Iterator[Note]:
    """Whether we get into the mailbox and the folder to which bounces come; no message is touched."""
    conf = settings.current()
    if not conf.imap_url:
        yield ok("none: you read bounces yourself")
        return
    try:
        there = bounce_mailbox.Mailbox.parse(conf.imap_url)
        bounce_mailbox.collect(there, handle=lambda _: False, stopping=lambda: True)
    except ValueError as error:  # a sentence that repeats nothing of the URL
        yield failed(str(error), "correct UNDERSIGNED_IMAP_URL")
    except bounce_mailbox.CannotCollect as error:
        yield failed(str(error), "check UNDERSIGNED_IMAP_URL; ask the mailbox's provider")
    else:
        yield ok(f"{there.host}:{there.port} accepts our login and has the folder {there.folder}")
    if not conf.bounces_to:
        yield warning("bounces go to MAIL_FROM, without a token", "set UNDERSIGNED_BOUNCES_TO to this mailbox")
