"""A letter as the HTML part of a mail: one column, no picture, no script, nothing fetched from anywhere.

Mail programs know little: tables and inline styles carry the form everywhere, the style sheet adds the dark scheme and
the width of a telephone where it is understood. Nothing is said by colour alone.
"""

from collections.abc import Iterable
from typing import Final

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import get_language
from django.utils.translation import gettext as _

from oncall.letters import Entry, Figure, Letter, Section, left_out
from oncall.text import one_line, plain

FIGURES_IN_A_ROW: Final = 2
LONGEST_WHOLE: Final = 20

_STYLE: Final = """
:root { color-scheme: light dark; supported-color-schemes: light dark; }
a { color: #1d4ed8; }
@media (max-width: 480px) { .sheet { padding: 20px 16px !important; } .paper { padding: 0 !important; } }
@media (prefers-color-scheme: dark) {
  .paper { background: #0b1220 !important; }
  .sheet { background: #111827 !important; }
  .ink, .ink a { color: #f3f4f6 !important; }
  .quiet, .quiet a { color: #b6bdc9 !important; }
  .grave, .grave a { color: #fca5a5 !important; }
  .line { border-color: #374151 !important; }
  .bar { border-left-color: #f87171 !important; }
  .second { color: #93c5fd !important; border-color: #60a5fa !important; }
  a { color: #93c5fd; }
}
"""
_FONT: Final = "font-family:system-ui,-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"
_PAGE: Final = (
    '<!doctype html><html lang="{}"><head><meta charset="utf-8">'
    '<meta name="viewport" content="width=device-width,initial-scale=1">'
    '<meta name="color-scheme" content="light dark"><meta name="supported-color-schemes" content="light dark">'
    "<title>{}</title><style>{}</style></head>"
    '<body class="paper" style="margin:0;padding:0;background:#f3f4f6">'
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>'
    '<td class="paper" align="center" style="padding:24px 8px;background:#f3f4f6">'
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px"><tr>'
    '<td class="sheet ink" align="left" style="padding:28px 32px;background:#ffffff;border-radius:8px;'
    'color:#111827;font-size:16px;line-height:24px;{}">{}</td></tr></table></td></tr></table></body></html>'
)
_BUTTON: Final = (
    '<table role="presentation" cellpadding="0" cellspacing="0" border="0" style="margin:24px 0 0"><tr>'
    '<td style="border-radius:6px;background:#1d4ed8"><a href="{}" style="display:inline-block;padding:13px 22px;'
    'color:#ffffff;font-weight:600;text-decoration:none">{}</a></td></tr></table>'
)
_ACT: Final = (
    '<div style="margin:10px 0 0"><a class="second" href="{}" style="display:inline-block;padding:9px 18px;'
    'border:2px solid #1d4ed8;border-radius:6px;color:#1d4ed8;font-weight:600;text-decoration:none">{}</a></div>'
)
_ENTRY: Final = (
    '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr>'
    '<td class="line {}" style="padding:12px 0 14px {}px;border-top:1px solid #e5e7eb;{}overflow-wrap:anywhere">'
    '<div class="ink" style="font-weight:600">{}</div>'
    '<div class="quiet" style="color:#4b5563;font-size:15px;line-height:22px">{}</div>{}</td></tr></table>'
)
_FIGURE: Final = (
    '<td class="line" width="50%" valign="top" style="padding:10px 8px 12px 0;border-top:1px solid #e5e7eb">'
    '<div class="{}" style="font-size:24px;line-height:30px;font-weight:700{}">{}</div>'
    '<div class="quiet" style="color:#4b5563;font-size:15px;line-height:20px">{}</div></td>'
)


def page(letter: Letter) -> SafeString:
    """The whole document; every word of the letter is escaped, and only addresses of the web become links."""
    body = [
        format_html('<h1 style="margin:0;font-size:22px;line-height:29px;font-weight:700">{}</h1>', letter.heading),
        _paragraph(letter.lead),
        *(_section(section) for section in letter.sections),
        _linked(letter.link, _BUTTON, letter.button or _("Open the page")),
        _foot(letter.foot),
    ]
    style = mark_safe(_STYLE)  # noqa: S308 — our own
    return format_html(_PAGE, get_language() or "en", letter.heading, style, mark_safe(_FONT), _joined(body))  # noqa: S308


def _paragraph(text: str) -> SafeString:
    if not text:
        return SafeString()
    return format_html('<p class="ink" style="margin:12px 0 0;white-space:pre-line">{}</p>', plain(text))


def _foot(text: str) -> SafeString:
    if not text:
        return SafeString()
    return format_html(
        '<p class="quiet line" style="margin:28px 0 0;padding:14px 0 0;border-top:1px solid #e5e7eb;color:#4b5563;'
        'font-size:14px;line-height:20px;white-space:pre-line">{}</p>',
        plain(text),
    )


def _section(section: Section) -> SafeString:
    heading = (
        format_html('<h2 style="margin:26px 0 8px;font-size:17px;line-height:24px">{}</h2>', section.heading)
        if section.heading
        else mark_safe('<div style="height:18px;line-height:18px">&nbsp;</div>')
    )
    more = (
        format_html('<p class="quiet" style="margin:8px 0 0;color:#4b5563">{}</p>', left_out(section.more))
        if section.more
        else SafeString()
    )
    return _joined([heading, _figures(section.figures), *(_entry(entry) for entry in section.entries), more])


def _figures(figures: Iterable[Figure]) -> SafeString:
    cells = [_figure(figure) for figure in figures]
    if not cells:
        return SafeString()
    if len(cells) % FIGURES_IN_A_ROW:
        cells.append(mark_safe("<td></td>"))
    rows = [(_joined(cells[at : at + FIGURES_IN_A_ROW]),) for at in range(0, len(cells), FIGURES_IN_A_ROW)]
    return format_html(
        '<table role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0">{}</table>',
        format_html_join("", "<tr>{}</tr>", rows),
    )


def _figure(figure: Figure) -> SafeString:
    value = _word(figure.value, figure.link)
    kind, colour = ("grave", mark_safe(";color:#b91c1c")) if figure.grave else ("ink", SafeString())
    return format_html(_FIGURE, kind, colour, value, figure.words)


def _entry(entry: Entry) -> SafeString:
    facts = format_html_join(
        mark_safe("&nbsp;&middot; "), "{}", ((_whole(one_line(fact, 300)),) for fact in entry.facts)
    )
    bar = mark_safe("border-left:4px solid #b91c1c;") if entry.grave else SafeString()
    kind, indent = ("bar", 14) if entry.grave else ("", 0)
    act = _linked(entry.act_link, _ACT, entry.act)
    return format_html(_ENTRY, kind, indent, bar, _word(entry.title, entry.link), facts, act)


def _whole(fact: str) -> SafeString:
    """A short one is not broken at the line's end."""
    if len(fact) > LONGEST_WHOLE:
        return format_html("{}", fact)
    return format_html('<span style="white-space:nowrap">{}</span>', fact)


def _word(text: str, link: str) -> SafeString:
    text = one_line(text, 300)
    if not _on_the_web(link):
        return format_html("{}", text)
    return format_html('<a href="{}" style="color:inherit;text-decoration:underline">{}</a>', link, text)


def _linked(link: str, form: str, words: str) -> SafeString:
    return format_html(form, link, words) if _on_the_web(link) else SafeString()


def _on_the_web(link: str) -> bool:
    return link.startswith(("https://", "http://"))


def _joined(parts: Iterable[SafeString]) -> SafeString:
    return format_html_join("", "{}", ((part,) for part in parts))
