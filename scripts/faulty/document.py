"""Puts the table of a run into the pages that show it."""

from pathlib import Path
import re

from .result import Result

_DOCS = Path(__file__).parents[2] / "docs"
_MARKED = re.compile(r"(<!-- run -->\n).*?(<!-- /run -->)", re.DOTALL)
_MEGABYTE = 1024 * 1024

_ENGLISH_SUMMARY = """\
Home Assistant {home_assistant}, Python {python}, aiohttp {aiohttp}, on {system}, {date}: {seconds:.0f} s.
Left in the end: {tasks} tasks, {timers} timers, {listeners} listeners, {sockets} sockets, {files} files;
the memory was {rise} MB above the start at the most."""
_PERSIAN_SUMMARY = """\
<p dir="rtl">اجرا با Home Assistant <bdi dir="ltr">{home_assistant}</bdi>، Python <bdi dir="ltr">{python}</bdi> و aiohttp <bdi dir="ltr">{aiohttp}</bdi> روی <bdi dir="ltr">{system}</bdi> در تاریخ <bdi dir="ltr">{date}</bdi>، در {seconds:.0f} ثانیه. در پایان {tasks} وظیفه، {timers} زمان‌سنج، {listeners} شنونده، {sockets} سوکت و {files} پرونده باقی ماند و حافظه حداکثر {rise} مگابایت بالاتر از آغاز رفت.</p>"""
_PERSIAN_HEADS = {
    "Family": "دسته",
    "Faults": "خرابی",
    "Actions": "عملیات",
    "Originates": "درخواست تماس",
    "Requests": "درخواست وب‌هوک",
    "Twice": "دوباره",
    "Denied": "انکار",
    "Invented": "ساختگی",
    "Other": "دیگر",
    "States": "وضعیت",
    "Tracebacks": "ردِ خطا",
    "Unhandled": "رهاشده",
    "Secrets": "راز",
}
PERSIAN_FAMILIES = {
    "Slow and endless": "کند و بی‌پایان",
    "Resets and half-open connections": "قطع ناگهانی و اتصال نیمه‌باز",
    "TLS": "TLS",
    "Names": "نام میزبان",
    "Wrong lengths": "طول نادرست",
    "Strange HTTP and huge headers": "HTTP عجیب و سرآیند بسیار بزرگ",
    "Compressed replies and bombs": "پاسخ فشرده و بمب فشرده",
    "Redirects": "تغییر مسیر",
    "Captive portals": "صفحه‌ی ورود شبکه",
    "Statuses": "کد وضعیت",
    "JSON of every shape": "JSON به هر شکل",
    "Credentials that come back": "رمزهایی که برمی‌گردند",
    "Cookies": "کوکی",
    "A clock that jumps": "ساعتی که می‌پرد",
    "Rows and ids of calls": "ردیف‌ها و شناسه‌های تماس",
    "An entry that goes meanwhile": "ورودی‌ای که در این میان می‌رود",
    "Webhook: slow, endless, broken": "وب‌هوک: کند، بی‌پایان، خراب",
    "Webhook: methods and headers": "وب‌هوک: متد و سرآیند",
    "Webhook: events that say nothing": "وب‌هوک: رویدادهای بی‌محتوا",
    "Webhook: numbers in every writing": "وب‌هوک: شماره به هر نگارش",
    "Webhook: what takes long to read": "وب‌هوک: آنچه خواندنش طول می‌کشد",
    "Webhook: JSON of every shape": "وب‌هوک: JSON به هر شکل",
    "Webhook: thousands of requests": "وب‌هوک: هزاران درخواست",
    "Webhook: wrong credentials": "وب‌هوک: رمز نادرست",
    "Total": "جمع",
}


def write_documents(result: Result) -> None:
    """Put the table into both pages, in place of the one before."""
    rows = result.tally.rows()
    heads, *body = rows
    persian = [
        tuple(_PERSIAN_HEADS[head] for head in heads),
        *((PERSIAN_FAMILIES.get(family, family), *rest) for family, *rest in body),
    ]
    facts = {
        **result.plain()["machine"],
        **result.plain()["left"],
        "seconds": result.seconds,
        "rise": round(result.rise / _MEGABYTE),
    }
    _write("faults.md", rows, _ENGLISH_SUMMARY.format(**facts))
    _write("faults.fa.md", persian, _PERSIAN_SUMMARY.format(**facts))


def _write(name: str, rows: list[tuple[str, ...]], summary: str) -> None:
    heads, *body = rows
    rule = ("---", *("--:" for _ in heads[1:]))
    table = "\n".join(f"| {' | '.join(row)} |" for row in (heads, rule, *body))
    path = _DOCS / name
    page = path.read_text(encoding="utf-8")
    marked, count = _MARKED.subn(
        lambda found: f"{found[1]}{summary}\n\n{table}\n{found[2]}", page
    )
    if count != 1:
        raise ValueError(f"{name} has no place for the table")
    path.write_text(marked, encoding="utf-8")
