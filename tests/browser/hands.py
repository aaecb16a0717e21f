"""How somebody uses a page: with the mouse, or with nothing but the keyboard."""

from datetime import date

from playwright.sync_api import Locator, Page, expect

MOST_TABS = 400
# In one round trip: whether the element has the focus (of a radio button: its group), and if so,
# whether the focus can be seen.
FOCUS = """element => {
    const active = document.activeElement;
    const there = element.type === "radio"
        ? active.type === "radio" && active.name === element.name && active.form === element.form
        : active === element;
    if (!there) return "elsewhere";
    const style = getComputedStyle(active);
    const seen = style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2;
    return seen ? "seen" : "unseen";
}"""


class Mouse:
    """Clicks what it wants and types into what it clicked."""

    def __init__(self, page: Page) -> None:
        self.page = page

    def press(self, control: Locator) -> None:
        """A link or a button."""
        control.click()

    def fill(self, field: Locator, text: str) -> None:
        field.fill(text)

    def fill_day(self, field: Locator, day: date) -> None:
        field.fill(day.isoformat())

    def choose(self, field: Locator, option: str) -> None:
        """An option of a list, by its words."""
        field.select_option(label=option)

    def tick(self, box: Locator) -> None:
        """A checkbox or a radio button."""
        box.check()


class Keyboard(Mouse):
    """Reaches everything by Tab, sees where it is, and uses Enter, Space and the arrows."""

    def press(self, control: Locator) -> None:
        self._reach(control)
        self.page.keyboard.press("Enter")

    def fill(self, field: Locator, text: str) -> None:
        self._reach(field)
        self.page.keyboard.press("Control+A")
        self.page.keyboard.insert_text(text)
        expect(field).to_have_value(text)

    def fill_day(self, field: Locator, day: date) -> None:
        self._reach(field)
        self.page.keyboard.type(f"{day:%m%d%Y}")  # the order of a page in "en"
        expect(field).to_have_value(day.isoformat())

    def choose(self, field: Locator, option: str) -> None:
        self._reach(field)
        self.page.keyboard.type(option)
        expect(field.locator("option:checked")).to_have_text(option)

    def tick(self, box: Locator) -> None:
        self._reach(box)
        if box.get_attribute("type") == "radio":
            self._arrow_to(box)
        self.page.keyboard.press("Space")
        expect(box).to_be_checked()

    def _reach(self, control: Locator) -> None:
        """Tab on until the control has the focus, and see that one can see it."""
        expect(control).to_be_visible()
        element = control.element_handle()  # found once: to find it by its name takes longest
        for _ in range(MOST_TABS):
            match element.evaluate(FOCUS):
                case "seen":
                    return
                case "unseen":
                    raise AssertionError(f"the focus on {control} cannot be seen")
            self.page.keyboard.press("Tab")
        raise AssertionError(f"{MOST_TABS} times Tab do not reach {control}")

    def _arrow_to(self, button: Locator) -> None:
        """Tab stops once in a group of radio buttons; the arrows move within it."""
        for _ in range(20):
            if button.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press("ArrowDown")
        raise AssertionError(f"the arrows do not reach {button}")
