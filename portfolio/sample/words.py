"""What invented portfolios are made of. Any likeness to a real programme is chance."""

# ruff: noqa: SIM905 (a column of eighty names reads worse)

FIRST = tuple(
    "Ada Amir Bea Bruno Carla Chen Dana Dev Elif Emil Farah Felix Gita Goran Hana Hugo Ines "
    "Ivo Jana Jonas Kaya Kofi Lea Liam Mara Milo Nadia Noor Olga Omar Petra Priya Quinn Rafa "
    "Rosa Samir Selma Tariq Tessa Uma Viktor Wanda Yara Yusuf Zoe".split()
)
LAST = tuple(
    "Abara Becker Castro Dimitrov Eklund Fischer Garza Hansen Iyer Jansen Kimura Larsen Mbeki "
    "Novak Okoro Pereira Quist Rossi Sato Tanaka Ueda Vargas Weiss Xu Yilmaz Zamora".split()
)
AGENCIES = (
    "Harbour Authority",
    "Land Registry",
    "Pension Service",
    "Rail Administration",
    "Public Health Agency",
    "Weather Office",
    "Revenue Service",
    "Forest Service",
    "Road Administration",
    "Employment Service",
    "Food Safety Agency",
    "Statistics Office",
)
BUREAUS = (
    "Operations",
    "Customer Care",
    "Inspections",
    "Records",
    "Field Offices",
    "Research",
    "Claims",
    "Procurement",
    "Digital Services",
    "Legal",
)
SUBJECTS = (
    "Claims",
    "Permit",
    "Invoice",
    "Complaint",
    "Appointment",
    "Inspection",
    "Timetable",
    "Grant",
    "Tariff",
    "Casework",
    "Maintenance",
    "Enquiry",
    "Archive",
    "Translation",
    "Shift",
    "Vehicle",
)
TASKS = (
    "triage",
    "summaries",
    "forecast",
    "matching",
    "drafting assistant",
    "duplicate finder",
    "risk screening",
    "routing",
    "search",
    "quality check",
    "transcription",
    "classification",
)
