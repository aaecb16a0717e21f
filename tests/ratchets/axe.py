"""Looking at a page as the accessibility rules do, in every appearance."""

from base64 import b64encode
from dataclasses import dataclass
from typing import Any

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, ViewportSize

# In an order in which the window is seldom made wider or narrower.
EVERY_LOOK = (("light", 1280), ("dark", 1280), ("dark", 320), ("light", 320))
# Two looks that between them have both themes and both widths.
TWO_LOOKS = (("light", 1280), ("dark", 320))

# Style follows at once; whatever a script does when a fold opens has its turn.
JUDGE = """async ([theme, unfolded]) => {
    document.documentElement.dataset.theme = theme;
    for (const fold of document.querySelectorAll("details")) fold.open = unfolded;
    await new Promise(done => setTimeout(done));
    const found = (await axe.run(document, {resultTypes: ["violations"]})).violations.flatMap(
        rule => rule.nodes.map(node => `${rule.id}: ${node.html} ${node.failureSummary}`));
    const page = document.scrollingElement;
    if (page.scrollWidth > innerWidth)
        found.push(`scrolls sideways: ${page.scrollWidth} px wide`);
    return found;
}"""

# axe parses the colours of every element anew, which takes it half of its time. The same text is
# the same colour: it is parsed once a page.
REMEMBER_COLOURS = """() => {
    const { prototype } = axe.commons.color.Color;
    const parse = prototype.parseString;
    const known = new Map();
    prototype.parseString = function (text) {
        if (known.has(text)) return Object.assign(this, known.get(text));
        const { r, g, b, alpha } = parse.call(this, text);
        known.set(text, { r, g, b, alpha });
        return this;
    };
}"""


@dataclass(frozen=True)
class Answer:
    """A page as the server answered it."""

    path: str
    status: int
    headers: dict[str, str]
    body: bytes


class Window:
    """A window that stays open: a new one for each page takes as long as to judge it.

    Answers are given by the browser's own protocol. ``page.route`` would do it in a line, and would
    have the browser ask for the style and the scripts again for each page.
    """

    def __init__(self, page: Page, address: str) -> None:
        self.page, self.address = page, address
        page.add_init_script(f"{AXE_SCRIPT}; ({REMEMBER_COLOURS})()")
        self.network = page.context.new_cdp_session(page)
        self.network.on("Fetch.requestPaused", self._give)
        self.network.send("Fetch.enable", {"patterns": [{"resourceType": "Document"}]})

    def show(self, answer: Answer) -> None:
        """Open the page at its address, with the style and scripts of the server."""
        self.answer = answer
        self.page.goto(f"{self.address}{answer.path}")

    def _give(self, request: dict[str, Any]) -> None:
        answer = {
            "requestId": request["requestId"],
            "responseCode": self.answer.status,
            "responseHeaders": [
                {"name": name, "value": value} for name, value in self.answer.headers.items()
            ],
            "body": b64encode(self.answer.body).decode(),
        }
        self.network.send("Fetch.fulfillRequest", answer)

    def faults(self, looks: tuple[tuple[str, int], ...]) -> list[str]:
        """What breaks a rule in any of the looks; in the dark, with every menu and fold open."""
        found = []
        for theme, width in looks:
            if self.page.viewport_size != (size := ViewportSize(width=width, height=900)):
                self.page.set_viewport_size(size)
            judged = self.page.evaluate(JUDGE, [theme, theme == "dark"])
            found += [f"{theme}, {width} px: {fault}" for fault in judged]
        return found
