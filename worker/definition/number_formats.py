"""Numbers as a spreadsheet shows them: `0612345678`, `12.5%`, `1,234`."""

import re
from decimal import ROUND_HALF_UP, Decimal, InvalidOperation

_SECTION = re.compile(r'(?:"[^"]*"|\\.|\[[^\]]*\]|[^;"\\\[])*')
_TOKEN = re.compile(
    r'"(?P<quoted>[^"]*)"|\\(?P<escaped>.)|\[\$(?P<currency>[^\]-]*)(?:-[^\]]*)?\]|\[[^\]]*\]|_.|\*.|(?P<sign>.)'
)
_CONDITION = re.compile(r"\[(<=|>=|<>|<|>|=)(-?\d+(?:\.\d+)?)\]")
_MAX_CODE = 300  # characters


def number_text(value: int | float, code: str = "General") -> str:
    """Write a number under a format's code; one that is too special is ignored."""
    if value != value or value in (float("inf"), float("-inf")) or len(code) > _MAX_CODE:
        return _general(value)
    section, value_shown, minus = _section(value, code)
    try:
        shown = _under(value_shown, section)
    except (InvalidOperation, ValueError, OverflowError):
        shown = None
    if shown is None or not any(map(str.isdigit, shown)):
        return _general(value)
    return f"{'-' if minus else ''}{shown}".strip()


def _general(value: int | float) -> str:
    if isinstance(value, int):
        return str(value)
    if value.is_integer() and abs(value) < 1e15:
        return str(int(value))
    return f"{value:.15g}".upper() if value == value else ""


def _section(value: int | float, code: str) -> tuple[str, int | float, bool]:
    """The part of the code that is for this number, what it shows, and whether a minus stands before."""
    sections = [match[0] for match in _SECTION.finditer(code) if match[0] or match.start() == 0]
    if not sections:
        return "General", value, False
    if condition := _CONDITION.search(sections[0]):
        met = _holds(value, condition[1], float(condition[2]))
        section = sections[0] if met or len(sections) == 1 else sections[1]
        return section, abs(value), value < 0
    if value < 0 and len(sections) > 1:
        return sections[1], -value, False
    if value == 0 and len(sections) > 2:
        return sections[2], value, False
    return sections[0], abs(value), value < 0


def _holds(value: int | float, sign: str, bound: float) -> bool:
    return {
        "<=": value <= bound,
        ">=": value >= bound,
        "<>": value != bound,
        "<": value < bound,
        ">": value > bound,
        "=": value == bound,
    }[sign]


def _under(value: int | float, section: str) -> str | None:
    """Write a number that is not negative; None where the section is none of the plain kinds."""
    if "general" in section.lower() or "@" in section:
        return None
    signs: list[tuple[str, str]] = []  # literal text, or a sign of the format
    for match in _TOKEN.finditer(section):
        literal = match["quoted"] or match["escaped"] or match["currency"]
        if literal:
            signs.append(("", literal))
        elif sign := match["sign"]:
            signs.append((sign, "") if sign in "0#?.,%" else ("", sign))
            if sign in "/Ee":
                return None
    places = [place for place, (sign, _) in enumerate(signs) if sign in ("0", "#", "?")]
    if not places:
        return None
    first, last = places[0], places[-1]
    if any(sign == "," for sign, _ in signs[last:]):
        return None  # thousands are left out
    return _filled(value, signs, first, last)


def _filled(value: int | float, signs: list[tuple[str, str]], first: int, last: int) -> str:
    point = next((place for place, (sign, _) in enumerate(signs) if sign == "."), last + 1)
    percent = sum(sign == "%" for sign, _ in signs)
    decimals = [sign for sign, _ in signs[point:] if sign in ("0", "#", "?")]
    scaled = Decimal(repr(value)) * 100**percent
    rounded = scaled.quantize(Decimal(1).scaleb(-len(decimals)), rounding=ROUND_HALF_UP)
    whole, _, fraction = f"{rounded:f}".partition(".")
    whole = whole.lstrip("0")
    thousands = any(sign == "," for sign, _ in signs[first:point])
    before = _whole_part(whole, signs[: min(point, len(signs))], thousands=thousands)
    needed = len("".join(decimals).rstrip("#?"))
    fraction = fraction[:needed] + fraction[needed:].rstrip("0")
    after = "".join(literal or ("%" if sign == "%" else "") for sign, literal in signs[point:])
    return before + (f".{fraction}" if fraction else "") + after


def _whole_part(digits: str, signs: list[tuple[str, str]], *, thousands: bool) -> str:
    """Put the digits into their places from the right; those that have none stand before the first place."""
    places = [place for place, (sign, _) in enumerate(signs) if sign in ("0", "#", "?")]
    if thousands:
        least = sum(sign == "0" for sign, _ in signs)
        padded = digits.rjust(least, "0")
        grouped = re.sub(r"(?<=\d)(?=(?:\d{3})+$)", ",", padded)
        return "".join(
            grouped if places and place == places[0] else literal or ("%" if sign == "%" else "")
            for place, (sign, literal) in enumerate(signs)
        )
    left = list(digits)
    written: list[str] = []
    for place in range(len(signs) - 1, -1, -1):
        sign, literal = signs[place]
        if sign in ("0", "#", "?"):
            written.append(left.pop() if left else "0" if sign == "0" else "")
            if places and place == places[0]:
                written.extend(reversed(left))
                left = []
        else:
            written.append((literal or ("%" if sign == "%" else ""))[::-1])
    return "".join(written)[::-1]
