"""What people do with Clearway, in the words of its pages."""

import re
from dataclasses import dataclass
from datetime import date

from django.utils import timezone
from playwright.sync_api import Locator, Page, expect

from tests.browser.hands import Mouse

EVIDENCE_LINK = "https://reports.example.org/baseline"


@dataclass
class Someone:
    """A person at a browser."""

    page: Page
    hands: Mouse

    def open(self, path: str) -> None:
        self.page.goto(path)

    def link(self, name: str, within: Locator | None = None) -> None:
        self.hands.press((within or self.page).get_by_role("link", name=name).first)

    def button(self, name: str, within: Locator | None = None) -> None:
        self.hands.press((within or self.page).get_by_role("button", name=name, exact=True).first)

    def field(self, label: str, within: Locator | None = None) -> Locator:
        """The field whose label begins so; a label ends in “(optional)” where it is."""
        return (within or self.page).get_by_label(re.compile(f"^{re.escape(label)}"))

    def fill(self, **texts: str) -> None:
        for label, text in texts.items():
            self.hands.fill(self.field(label.replace("_", " ")), text)

    def choose(self, **options: str) -> None:
        for label, option in options.items():
            self.hands.choose(self.field(label.replace("_", " ")), option)

    def pick(self, choice: str) -> None:
        """One of several radio buttons, whose words begin so."""
        name = re.compile(f"^{re.escape(choice)}")
        self.hands.tick(self.page.get_by_role("radio", name=name).first)

    def sees(self, text: str) -> None:
        expect(self.page.get_by_role("main")).to_contain_text(text)

    def sees_heading(self, text: str) -> None:
        expect(self.page.get_by_role("heading", name=text).first).to_be_visible()

    # What the program office does

    def adds_an_initiative(self, name: str, *, owner: str, sponsor: str) -> None:
        self.open("/")
        self.link("Portfolio", self.page.get_by_role("banner"))
        self.link("Add the first")
        self.fill(
            Name=name,
            Or_a_new_unit="Department of Examples › Claims",
            Problem="Claims wait nine days for a first look.",
            Production_owner="Claims operations",
            Production_funder="Benefits administration",
            Funding_mechanism="Operations line FY27",
            Intended_production_population="6400",
        )
        self.choose(Owner=owner, Sponsor=sponsor)
        self.button("Add it at intake")
        self.sees("Added as AI-")

    # What owners do

    def answers_area(self, name: str) -> None:
        """Settles every question of one area of the design assessment."""
        self.link(name, self.page.locator("#design"))
        self.sees_heading(name)
        for question in self.page.locator("section.question").all():
            self.hands.fill(question.get_by_role("textbox"), "Known, and written down in the plan.")
            self.hands.tick(question.get_by_role("checkbox"))
        self.button("Save the answers")
        self.sees("answers saved.")

    def judges(self, criterion: str, *, evidence: str, new: bool) -> None:
        """Judges a criterion as met, with new evidence or some that is there."""
        self.link(criterion, self.page.locator("#criterion"))
        self.sees_heading(criterion)
        self.pick("Met")
        self.fill(What_was_found="Measured over four weeks; the figure is in the report.")
        self._proves(evidence, new)
        self.button("Save the judgement")
        self.sees("Saved: ")

    def measures(self, criterion: str, metric: str, *, baseline: float, latest: float) -> None:
        """Names what a computed criterion is told by, with its figures, and sees it met."""
        self.link(criterion, self.page.locator("#criterion"))
        self.sees("No business outcome metric is named.")
        back = self.page.url
        self.link("Name it")
        self.fill(Metric=metric, What_records_it="Case system", Latest_figure=str(latest))
        self.pick("Business outcome")
        self.pick("Lower is better")
        self.hands.fill(self.page.locator("#id_baseline"), str(baseline))
        self.hands.fill(self.page.locator("#id_target"), "5")
        today = timezone.now().date()
        self.hands.fill_day(self.field("Baseline measured on"), today)
        self.hands.fill_day(self.field("Measured on"), today)
        self.button("Add it")
        self.open(back)
        self.sees(f"{metric}: {latest:g}, needs less than {baseline:g}")

    def _proves(self, evidence: str, new: bool) -> None:
        if new:
            self.fill(What_it_shows=evidence, Link=EVIDENCE_LINK)
            return
        field = self.field("Evidence on the initiative")
        option = field.locator("option", has_text=evidence).first
        self.hands.choose(field, option.inner_text())

    def open_tasks(self, section: str) -> list[str]:
        """The names of what is still open in a section of the review's list."""
        rows = self.page.locator(f"#{section} > ul > li").filter(
            has_not=self.page.locator(".status.met, .st.met")
        )
        return [row.get_by_role("heading").inner_text() for row in rows.all()]

    def assumes(self, text: str, *, tested_by: str) -> None:
        """States something that production rests on, and how the pilot tests it."""
        self.link("Production assumptions", self.page.locator("#premise"))
        self.fill(Assumption=text, How_the_pilot_tests_it=tested_by)
        self.button("State it")
        self.sees("Assumption stated.")

    def agrees_to_end(self, text: str, *, shown_by: str) -> None:
        """Agrees on something that would end it, and on what shows it."""
        self.link("Kill criteria", self.page.locator("#premise"))
        self.fill(What_would_end_it=text, Figure_or_event_that_shows_it=shown_by)
        self.button("Agree on it")
        self.sees("Kill criterion stated.")

    def assesses(self, mode: str, *, impact: int = 2) -> None:
        """Judges a failure mode to be unlikely, with its response built in."""
        self.link(mode, self.page.locator("#failure_mode"))
        self.sees_heading(mode)
        self.pick("2 ")
        self.hands.tick(self.page.get_by_role("group", name="Impact").get_by_label(f"{impact} "))
        self.pick("In place")
        self.fill(What_is_done_about_it="Built in from the start.")
        self.button("Save the assessment")
        self.sees(f"{mode}: rated")

    def takes_every_check(self, assignee: str) -> None:
        self.link("The whole ladder")
        self.sees_heading("Minimum Viable Production")
        for box in self.page.locator("input[name=checks]").all():
            self.hands.tick(box)
        self.choose(Who_answers_for_the_ticked_checks=assignee)
        self.button("Assign the ticked checks")
        self.sees("for 20 checks.")

    def plans(self, check: str, *, solution: str, due: date) -> None:
        self.link(check, self.page.locator("#rung"))
        self.sees_heading(check)
        self.hands.fill_day(self.field("Met by"), due)
        self.fill(Solution_path=solution)
        self.button("Save the plan")
        self.sees(f"{check}: planned.")

    def meets(self, check: str, *, evidence: str) -> None:
        self.link(check, self.page.locator("#rung"))
        self.sees_heading(check)
        self._proves(evidence, new=True)
        self.button("Mark as met")
        self.sees(f"{check}: evidence attached.")

    def submits(self, *, refused: bool = False) -> None:
        self.link("Read it through")
        if refused:
            self.sees("It cannot be submitted yet.")
            assert self.page.get_by_role("button", name="Submit the review").count() == 0
            return
        self.button("Submit the review")
        self.sees("review submitted.")

    # What reviewers and deciders do

    def signs(self, remit: str, *, objects: str = "") -> None:
        """Finds the review in the inbox and says their word for one remit."""
        self.open("/inbox/")
        name = re.compile(rf"^{re.escape(remit)}.*: sign off")
        self.hands.press(self.page.get_by_role("link", name=name).first)
        self.pick("I object" if objects else "I sign off")
        if objects:
            self.fill(Remarks=objects)
        self.button("Record my word")
        self.sees("objection recorded" if objects else "signed off.")

    def changes_word(self, remit: str, review: str) -> None:
        """Signs what they objected to before."""
        self.open(review)
        self.link(remit, self.page.locator("#sign_off"))
        self.pick("I sign off")
        self.fill(Remarks="Answered.")
        self.button("Record my word")
        self.sees("signed off.")

    def verifies(self, evidence: str, place: str) -> None:
        self.open(place)
        name = re.compile(f"^Verify.*: {re.escape(evidence)}")
        self.hands.press(self.page.get_by_role("button", name=name))
        row = self.page.get_by_role("row").filter(has_text=evidence)
        expect(row.get_by_role("button", name="Verify")).to_have_count(0)

    def opens_the_decision(self) -> None:
        self.open("/decisions/")
        self.link("Decide Gate")

    def decides(self, outcome: str, reason: str, *, says: str) -> None:
        self.pick(outcome)
        self.fill(Why=reason)
        self.hands.press(self.page.get_by_role("button", name=re.compile("^Sign ")).first)
        self.sees(says)
