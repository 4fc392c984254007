"""Many mails over one connection, each in one round trip (RFC 2920)."""

from collections.abc import Callable

from worker.mail.outcomes import Outcome, Phase
from worker.mail.relay_answers import answered, broken_off, outcome_unknown
from worker.mail.smtp_wire import DATA, LONE_DOT, RSET, Broken, Offer, PreparedMail, Timeouts, Wire


class Pipeline:
    """Mails one behind the other, each in one round trip, where the relay offers PIPELINING (RFC 2920).

        one write of ours                         the relay's answers to it
        MAIL RCPT DATA                            250 250 354
        body, dot, and MAIL RCPT DATA             250, and 250 250 354
        body, dot                                 250

    The envelope of the next mail rides behind whatever ends the one before: its body and dot; a lone dot, if DATA
    was opened though the envelope was refused (section 3.1); RSET, if DATA was refused too. A body is written only
    after the three answers to its own envelope were read, were good, and nothing came behind them.

    What happens to the connection happens to the mail whose answer is awaited. Of the one that rides behind
    it, nothing was told and nothing has travelled but its envelope: its giver will not hear of it.
    """

    def __init__(
        self,
        wire: "Wire",
        timeouts: Timeouts,
        prepare: Callable[[Offer], PreparedMail | Outcome],
        take: Callable[[], Offer | None],
        done: Callable[[Offer, Outcome], None],
    ) -> None:
        self._wire, self._timeouts = wire, timeouts
        self._prepare, self._take, self._done = prepare, take, done
        self._under_way: Offer | None = None  # whose answers are awaited, until its outcome is known
        self._unfit: list[tuple[Offer, Outcome]] = []  # taken behind it and not to be offered: they wait their turn
        self._no_more: Exception | None = None  # an error of `take`, kept until the mail under way is done
        self._phase = Phase.MAIL

    async def run(self) -> None:
        try:
            mail = self._next_mail()
            if mail is not None:
                self._write_envelope_behind(b"", mail)
            while mail is not None:
                mail = await self._finish(mail)
        except Broken as broken:
            if self._under_way is not None:
                self._tell(broken_off(self._phase, broken.reason))
        except BaseException:
            self._wire.hang_up()
            if self._under_way is not None and self._phase is Phase.END_OF_DATA:
                self._tell(outcome_unknown())
            raise
        if self._no_more is not None:
            raise self._no_more

    async def _finish(self, mail: PreparedMail) -> PreparedMail | None:
        """Lead a mail, whose envelope was written, to its end; returns the next, whose envelope then is."""
        self._under_way = mail.offer
        opened = await self._hear_envelope(mail)
        if self._under_way is None:
            return await self._clear_away(opened)
        following = self._next_mail()
        self._write_envelope_behind(mail.body, following)
        self._phase = Phase.END_OF_DATA
        answer = await self._wire.answer(self._timeouts.end_of_data)
        self._tell(answered(Phase.END_OF_DATA, answer, mail.offer.recipient))
        return following if answer.code != 421 else None

    async def _hear_envelope(self, mail: PreparedMail) -> bool:
        """Read the answers to MAIL, RCPT and DATA, tell of the first refusal; returns whether DATA was opened."""
        opened = False
        for phase, wanted in ((Phase.MAIL, 2), (Phase.RCPT, 2), (Phase.DATA, 3)):
            self._phase = phase
            answer = await self._wire.answer(self._timeouts.command, wanted)
            opened = answer.code // 100 == wanted
            if not opened and self._under_way is not None:
                self._tell(answered(phase, answer, mail.offer.recipient))
            elif opened and phase is Phase.RCPT and self._under_way is None:
                # A dot would now send this recipient an empty mail.
                raise self._wire.confused("a recipient was taken, and no sender")
        return opened

    async def _clear_away(self, opened: bool) -> PreparedMail | None:
        """Leave nothing of a refused mail behind; returns the next, whose envelope rides along."""
        following = self._next_mail()
        self._write_envelope_behind(LONE_DOT if opened else RSET, following)
        answer = await self._wire.answer(self._timeouts.reset)
        if not opened and answer.code // 100 != 2:
            raise self._wire.confused("the envelope was not cleared")
        return following if answer.code != 421 else None

    def _next_mail(self) -> PreparedMail | None:
        try:
            while self._no_more is None and (offer := self._take()) is not None:
                mail = self._prepare(offer)
                if isinstance(mail, PreparedMail):
                    return mail
                self._unfit.append((offer, mail))
                if self._under_way is None:
                    self._tell_unfit()
        except Exception as error:
            self._no_more = error
        return None

    def _write_envelope_behind(self, ending: bytes, mail: PreparedMail | None) -> None:
        commands = (ending,) if mail is None else (ending, mail.mail, mail.rcpt, DATA)
        self._wire.write(b"".join(commands), answers=bool(ending) + (3 if mail else 0))

    def _tell(self, outcome: Outcome) -> None:
        offer, self._under_way = self._under_way, None
        if offer is not None:
            self._done(offer, outcome)
        self._tell_unfit()

    def _tell_unfit(self) -> None:
        while self._unfit:
            self._done(*self._unfit.pop(0))
