"""Looking at a page as the accessibility rules do, in every appearance."""

from dataclasses import dataclass
from itertools import product

from axe_playwright_python.base import AXE_SCRIPT
from playwright.sync_api import Page, Route

THEMES = ("light", "dark")
WIDTHS = (1280, 320)
EVERY_LOOK = tuple(product(THEMES, WIDTHS))
# Two looks that between them have both themes and both widths.
TWO_LOOKS = (("light", 1280), ("dark", 320))

SHOW = """async ([theme, unfolded]) => {
    document.documentElement.dataset.theme = theme;
    for (const fold of document.querySelectorAll("details")) fold.open = unfolded;
    await new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)));
}"""
JUDGE = """async () => {
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


def bring_rules(page: Page) -> None:
    """Have the rules at hand in every page that is opened from now on."""
    page.add_init_script(f"{AXE_SCRIPT}; ({REMEMBER_COLOURS})()")


def show(page: Page, address: str, answer: Answer) -> None:
    """Open the page in the browser at its address, with the style and scripts of the server."""
    url = f"{address}{answer.path}"

    def give(route: Route) -> None:
        route.fulfill(status=answer.status, headers=answer.headers, body=answer.body)

    page.route(url, give)
    page.goto(url)
    page.unroute(url)


def faults(page: Page, looks: tuple[tuple[str, int], ...]) -> list[str]:
    """What breaks a rule in any of the looks; in the dark, with every menu and fold open."""
    found = []
    for theme, width in looks:
        page.set_viewport_size({"width": width, "height": 900})
        page.evaluate(SHOW, [theme, theme == "dark"])
        found += [f"{theme}, {width} px: {fault}" for fault in page.evaluate(JUDGE)]
    return found
